//! Starts the local Lambda.

use super::Process;

/// Serves the only function of a program, and returns the address.
pub(crate) fn serve(program: &str, name: &str) -> (Process, String) {
    serve_with(program, name, &[])
}

/// Serves a function with command-line arguments.
pub(crate) fn serve_with(program: &str, name: &str, args: &[&str]) -> (Process, String) {
    let process = Process::start(program, &[&["--port", "0"], args].concat(), &[]);
    let line = process.stdout_line();
    let address = line.strip_prefix(&format!("`{name}` is served at http://")).and_then(|rest| rest.split(' ').next());
    let address = address.unwrap_or_else(|| panic!("no address in {line:?}")).to_owned();
    process.stdout_line();
    (process, address)
}
