//! Ends the process of a function together with the local Lambda that has started it.

use std::io::Read;
use std::net::TcpStream;
use std::thread;

/// Tells a process that it belongs to a local Lambda, and where its Runtime API is.
pub(super) const VARIABLE: &str = "LRT_LOCAL_RUNTIME_API";

/// Time for the event loop to end by itself.
#[cfg(unix)]
const GRACE_PERIOD: std::time::Duration = std::time::Duration::from_secs(1);

/// Ends this process when the local Lambda that has started it is gone, even if the function sleeps or blocks its thread.
/// Does nothing in any other process.
pub fn exit_with_parent() {
    let Ok(api) = std::env::var(VARIABLE) else { return };
    let address = api.split('/').next().unwrap_or_default().to_owned();
    // Without a thread, the event loop still ends by itself, but later.
    _ = thread::Builder::new().name("local Lambda".to_owned()).spawn(move || {
        if let Ok(mut api) = TcpStream::connect(address) {
            // The Runtime API never sends anything without a request: this returns when the connection is closed.
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
