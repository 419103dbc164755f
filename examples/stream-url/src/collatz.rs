//! The computation: which number below a limit has the longest Collatz chain?

use tokio::sync::mpsc::{Receiver, channel};

/// A number whose chain is longer than that of each number before it.
pub(crate) struct Record {
    pub(crate) start: u64,
    pub(crate) steps: u32,
}

/// Finds the records below `limit`, one after the other, on a thread of its own: a computation would block the function's.
///
/// It ends when nobody takes its records any more.
pub(crate) fn records(limit: u64) -> Receiver<Record> {
    let (found, records) = channel(1);
    tokio::task::spawn_blocking(move || {
        let mut longest = 0;
        for start in 2..limit {
            if found.is_closed() {
                return;
            }
            let steps = steps(start);
            if steps > longest {
                longest = steps;
                if found.blocking_send(Record { start, steps }).is_err() {
                    return;
                }
            }
        }
    });
    records
}

fn steps(start: u64) -> u32 {
    let mut number = start;
    let mut steps = 0;
    while number > 1 {
        number = if number.is_multiple_of(2) { number / 2 } else { 3 * number + 1 };
        steps += 1;
    }
    steps
}
