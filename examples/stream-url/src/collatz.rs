//! The computation: which of some numbers has the longest Collatz chain?

use lrt::Error;
use std::ops::Range;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;

/// A number whose chain is longer than that of each number before it.
pub(crate) struct Record {
    pub(crate) start: u64,
    pub(crate) steps: u32,
}

/// Finds the records, one after the other, on a thread of its own: a computation would block the function's.
///
/// It ends when nobody takes its records any more. The handle tells whether these are all.
pub(crate) fn records(starts: Range<u64>) -> (Receiver<Record>, JoinHandle<Result<(), Error>>) {
    let (found, records) = channel(1);
    let computation = tokio::task::spawn_blocking(move || {
        let mut longest = 0;
        for start in starts {
            if found.is_closed() {
                break;
            }
            let too_large = || Error::named("TooLarge", format!("the chain of {start} is not one of 64 bits"));
            let steps = steps(start).ok_or_else(too_large)?;
            if steps > longest {
                longest = steps;
                if found.blocking_send(Record { start, steps }).is_err() {
                    break;
                }
            }
        }
        Ok(())
    });
    (records, computation)
}

fn steps(start: u64) -> Option<u32> {
    let mut number = start;
    let mut steps = 0;
    while number > 1 {
        number = if number.is_multiple_of(2) { number / 2 } else { number.checked_mul(3)?.checked_add(1)? };
        steps += 1;
    }
    Some(steps)
}
