//! Ends the process of a function when the local Lambda that started it exits.

use std::io::Read;
use std::net::TcpStream;
use std::thread;

/// Variable that marks a process of a local Lambda, and contains the address of its Runtime API.
pub(super) const VARIABLE: &str = "LRT_LOCAL_RUNTIME_API";

/// Time in which the event loop usually ends without the watchdog.
#[cfg(unix)]
const GRACE_PERIOD: std::time::Duration = std::time::Duration::from_secs(1);

/// Ends this process when the local Lambda that started it has exited, even if the function sleeps or blocks its
/// thread. Does nothing in any other process.
pub fn exit_with_parent() {
    let Ok(api) = std::env::var(VARIABLE) else { return };
    let address = api.split('/').next().unwrap_or_default().to_owned();
    // If the thread cannot be started, the event loop still ends, but later.
    _ = thread::Builder::new().name("local Lambda".to_owned()).spawn(move || {
        if let Ok(mut api) = TcpStream::connect(address) {
            // The Runtime API never sends data without a request, so this returns when the connection is closed.
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
        thread::sleep(GRACE_PERIOD);
    }
    std::process::exit(1);
}
