//! In a function's process: the tie to the local Lambda that has started it.

use std::io::Read;
use std::net::TcpStream;
use std::thread;

/// Tells a process that it is one of the local Lambda's, and where its Runtime API is.
pub(super) const VARIABLE: &str = "LRT_LOCAL_RUNTIME_API";

/// How long the loop may take to end by itself.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_secs(1);

/// Has this process end when the local Lambda that started it is gone, whatever the function does: one that sleeps for an
/// hour, or blocks its thread, would not see it. In any other process nothing is done.
pub fn exit_with_parent() {
    let Ok(api) = std::env::var(VARIABLE) else { return };
    // Without a thread the loop still ends by itself, only later.
    _ = thread::Builder::new().name("local Lambda".to_owned()).spawn(move || {
        if let Ok(mut api) = TcpStream::connect(api) {
            // Nothing is ever sent: this waits until the connection is closed, and that the system does.
            _ = api.read(&mut [0]);
        }
        end();
    });
}

fn end() {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        _ = kill_process(getpid(), Signal::TERM);
        thread::sleep(GRACE);
    }
    std::process::exit(1);
}
