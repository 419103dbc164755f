//! What is shown: the function's own output on stderr, as it comes, and what the local Lambda has to say on stdout.

use std::io::{Write, stderr, stdout};
use std::sync::{Mutex, PoisonError};

/// Whether the last thing that was shown has ended its line. It is locked while something is shown.
static LINE_HAS_ENDED: Mutex<bool> = Mutex::new(true);

/// Shows what a function has written, which may be a part of a line.
pub(super) fn show(output: &[u8]) {
    let mut ended = LINE_HAS_ENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(last) = output.last() {
        *ended = *last == b'\n';
    }
    // A reader that has gone is no reason to fail.
    _ = stderr().lock().write_all(output);
}

/// Prints to stdout, newline and all.
pub(super) fn say(line: &[u8]) {
    let mut ended = LINE_HAS_ENDED.lock().unwrap_or_else(PoisonError::into_inner);
    if !std::mem::replace(&mut *ended, true) {
        _ = stderr().lock().write_all(b"\n");
    }
    let mut stdout = stdout().lock();
    // A reader that has gone (`| head`) is no reason to fail, as `println!` would.
    _ = stdout.write_all(line).and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush());
}
