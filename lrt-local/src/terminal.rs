//! Output to the terminal: the function's own output on stderr as it arrives, and the local Lambda's lines on stdout.

use std::io::{Write, stderr, stdout};
use std::sync::{Mutex, PoisonError};

/// True if the last output ended its line. Locked during output.
static LINE_HAS_ENDED: Mutex<bool> = Mutex::new(true);

/// Shows output of a function, which may be an incomplete line.
pub(super) fn show(output: &[u8]) {
    let mut ended = LINE_HAS_ENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = output.last() {
        *ended = *last == b'\n';
    }
    // It is not an error if stderr is closed.
    _ = stderr().lock().write_all(output);
}

/// Prints a line to stdout.
pub(super) fn say(line: &[u8]) {
    let mut ended = LINE_HAS_ENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::replace(&mut *ended, true) {
        _ = stderr().lock().write_all(b"\n");
    }
    let mut stdout = stdout().lock();
    // `println!` would panic if the reader has closed the pipe, as `| head` does.
    _ = stdout.write_all(line).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
}
