//! Where the real clients are, and where they may listen.

use super::PATIENCE;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// The program that `variable` names, or the one that `.ci/SCRIPT target/clients` puts at `place` there.
///
/// Without it, a line says so and the test has nothing to do; on CI it fails.
pub(crate) fn find(variable: &str, place: &str, script: &str) -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let usual = workspace.join("target/clients").join(place);
    let program = std::env::var_os(variable).map_or(usual, PathBuf::from);
    if program.is_file() {
        return Some(program);
    }
    let get = format!(".ci/{script} target/clients");
    missing(&program.display().to_string(), variable, &get)
}

/// The program that `variable` names, or the one of this name on the PATH; without it, as above. `get` is how to get it.
pub(crate) fn find_program(variable: &str, name: &str, get: &str) -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let on_path = || std::env::split_paths(&paths).map(|folder| folder.join(name)).find(|program| program.is_file());
    let found = std::env::var_os(variable).map_or_else(on_path, |named| Some(named.into()));
    found.filter(|program| program.is_file()).or_else(|| missing(name, variable, get))
}

fn missing(program: &str, variable: &str, get: &str) -> Option<PathBuf> {
    let want = format!("{program} (another place: {variable}=PATH); to get it: {get}");
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "NOT TESTED for want of {want}");
    not_tested(&want);
    None
}

/// Says once that something is not tested, and for want of what.
pub(crate) fn not_tested(want: &str) {
    let line = format!("NOT TESTED for want of {want}");
    // Not `eprintln!`: what a test prints that way is not shown when it passes.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| _ = writeln!(std::io::stderr(), "{line}"));
}

/// An address that no other test listens on, nor any connection's other end: on Linux all of 127.0.0.0/8 is loopback,
/// so each test process has an IP address of its own, and a port that was free a moment ago is not to be hoped for.
pub(crate) fn own_address() -> SocketAddr {
    static PORT: AtomicU16 = AtomicU16::new(9000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // A process id has 22 bits. 64: far from 127.0.0.1.
    let ip = Ipv4Addr::new(127, 64 | high, middle, low);
    SocketAddr::from((ip, PORT.fetch_add(1, Ordering::Relaxed)))
}

/// Waits until somebody listens there.
pub(crate) fn wait_for_listener(address: SocketAddr) {
    let start = Instant::now();
    while let Err(error) = TcpStream::connect(address) {
        assert!(start.elapsed() < PATIENCE, "nobody listens on {address}: {error}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
