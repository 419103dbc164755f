//! A function that the local Lambda serves.

use super::Process;
use std::path::Path;
use std::process::Command;

/// Builds an example, and says where its program is: that of another package is nothing that Cargo has ready for a test.
pub(crate) fn example(name: &str) -> String {
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", name]).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(build.status().unwrap().success(), "the example {name} does not build");
    Path::new(env!("CARGO_BIN_EXE_probe")).with_file_name(name).to_str().unwrap().to_owned()
}

/// Has the local Lambda serve this program's one function, which has this name; and where.
pub(crate) fn serve(program: &str, name: &str) -> (Process, String) {
    let process = Process::start(program, &["--port", "0"], &[]);
    let line = process.stdout_line();
    let address = line.strip_prefix(&format!("`{name}` is served at http://")).and_then(|rest| rest.split(' ').next());
    let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
    process.stdout_line();
    (process, address)
}
