//! Locates real clients, and assigns addresses and packages to them.

use super::TIMEOUT;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Once;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

/// Returns the program that `variable` names, or the program that `.ci/SCRIPT target/clients` installs at `place`.
///
/// If it is not installed, prints that the test is skipped; on CI it panics.
pub(crate) fn find(variable: &str, place: &str, script: &str) -> Option<PathBuf> {
    let mut ancestors = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let workspace = ancestors.find(|folder| folder.join(".ci").is_dir()).unwrap();
    let usual = workspace.join("target/clients").join(place);
    let program = std::env::var_os(variable).map_or(usual, PathBuf::from);
    if program.is_file() {
        return Some(program);
    }
    let get = format!(".ci/{script} target/clients");
    missing(&program.display().to_string(), variable, &get)
}

/// Returns the program that `variable` names, or the program with this name on the PATH. `get` is the command that
/// installs it.
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

/// Prints once that a test is skipped, with the reason.
pub(crate) fn not_tested(want: &str) {
    let line = format!("NOT TESTED for want of {want}");
    // Not `eprintln!`, whose output is hidden for tests that pass.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| _ = writeln!(std::io::stderr(), "{line}"));
}

/// Returns an address that no other test uses. On Linux, all of 127.0.0.0/8 is loopback,
/// so each test process has an IP address of its own, and no other process can take the port.
pub(crate) fn own_address() -> SocketAddr {
    static PORT: AtomicU16 = AtomicU16::new(9000);
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // A process id has 22 bits. Addresses start at 127.64.0.0, far from 127.0.0.1.
    let ip = Ipv4Addr::new(127, 64 | high, middle, low);
    SocketAddr::from((ip, PORT.fetch_add(1, Ordering::Relaxed)))
}

/// Waits until a server listens on an address. Panics if its process exits before.
pub(crate) fn wait_for_listener(address: SocketAddr, server: &mut Child) {
    let start = Instant::now();
    while let Err(error) = TcpStream::connect(address) {
        let exited = server.try_wait().unwrap();
        assert!(exited.is_none(), "no server listens on {address}: its process exited with {exited:?}");
        assert!(start.elapsed() < TIMEOUT, "no server listens on {address}: {error}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A package folder, in which cargo-lambda finds the name of a function. Removed on drop.
pub(crate) struct Package(pub(crate) PathBuf);

impl Package {
    /// Creates the package of the emulator with this address. No other emulator may read it, because cargo-lambda exits if it reads a
    /// manifest that is not completely written.
    pub(crate) fn new(address: SocketAddr, name: &str) -> Package {
        let package = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("cargo-lambda-{address}"));
        std::fs::create_dir_all(package.join("src")).unwrap();
        // The package is its own workspace, in case the target folder is inside another workspace.
        let manifest = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n\n[workspace]\n");
        std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
        std::fs::write(package.join("src/main.rs"), "fn main() {}\n").unwrap();
        Package(package)
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}
