//! Computes which numbers have the longest Collatz chains.

use lrt::Error;
use std::ops::Range;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::task::JoinHandle;

/// Number whose chain is longer than those of all smaller numbers.
pub(crate) struct Record {
    pub(crate) start: u64,
    pub(crate) steps: u32,
}

/// Finds the records in order, on a separate thread, so that the computation does not block the function's thread.
///
/// The computation stops when the receiver is dropped. The handle returns its result.
pub(crate) fn records(starts: Range<u64>) -> (Receiver<Record>, JoinHandle<Result<(), Error>>) {
    let (found, records) = channel(1);
    let computation = tokio::task::spawn_blocking(move || {
        let mut longest = 0;
        for start in starts {
            if found.is_closed() {
                break;
            }
            let too_large = || Error::named("TooLarge", format!("the chain of {start} exceeds 64 bits"));
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
