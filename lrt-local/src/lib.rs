//! The local Lambda service behind `cargo run`.
//!
//! A debug build that is started outside Lambda calls [`main`], which runs one of the commands of `cli`:
//!
//! | command | modules |
//! |---|---|
//! | serve (no command) | `serve`: listener and shutdown. `invoke_api`: Lambda's Invoke API. `http_frontend`: HTTP requests to HTTP functions, `router`: selects the function. `http_message`: bodies and responses. `page`, `history`, `spans`: the page at `/_lrt`. `recorder`, `redact`: `--record`. `schedules`: `--schedules` |
//! | `invoke FILE…` | `invoke`; the function runs in this process, for debuggers, with the Runtime API of `lambda` |
//! | `sample` | `sample` |
//! | `template` | `template` |
//! | `doctor` | `doctor` |
//! | `help` | `help`, with `suggest` for misspelled words |
//!
//! While serving, each function runs in separate processes: this executable again, which takes the same path through
//! `main` as in Lambda. `pool` holds a function's execution environments; an `environment` is a `process` and its
//! Runtime API; `output` collects the output of the process; `report` describes an invocation that has ended.
//! `parent_watchdog` ends the process when the server has exited.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod authorizer;
mod browser_check;
mod claims;
mod cli;
mod doctor;
mod environment;
mod error_response;
mod event_stream;
mod function;
mod function_error;
mod function_name;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod help;
mod history;
mod http_frontend;
mod http_message;
mod indent;
mod invoke;
mod invoke_api;
mod lambda;
mod operation;
mod output;
mod page;
mod parent_watchdog;
mod pool;
mod process;
mod recorder;
mod redact;
mod report;
mod response_stream;
mod router;
mod sample;
mod schedules;
mod serve;
mod served_function;
mod spans;
mod suggest;
mod template;
mod terminal;
#[cfg(test)]
mod test_util;
mod variables;

use cli::Command;
use std::process::ExitCode;
use terminal::say;

pub use function::LocalFunction;
pub use parent_watchdog::exit_with_parent;

/// Exit code for a command line that cannot be executed.
const USAGE_ERROR: u8 = 2;

/// Runs the command that the command line names.
pub fn main(functions: &[&dyn LocalFunction]) -> ExitCode {
    let result = cli::parse(std::env::args_os().skip(1)).and_then(|command| match command {
        Command::Serve(options) => serve::serve(functions, &options),
        Command::Invoke(args) => invoke::invoke(functions, &args),
        Command::Sample(options) => {
            let function = function::find(functions, options.name.as_deref())?;
            let sample = sample::sample(function, &options)?;
            // Only the event is written to stdout, which may be a pipe.
            eprintln!("{}", sample.note);
            say(&sample.event);
            Ok(ExitCode::SUCCESS)
        }
        Command::Template => {
            say(template::template(functions, &template::Package::read(binary_name()?))?.as_bytes());
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor => doctor::doctor(functions, &binary_name()?),
        Command::Help(command) => {
            let help = command.and_then(|command| help::command_help(&command, functions));
            say(help.unwrap_or_else(|| help::help(functions)).as_bytes());
            Ok(ExitCode::SUCCESS)
        }
    });
    result.unwrap_or_else(|error| {
        eprintln!("ERROR {error}");
        ExitCode::from(USAGE_ERROR)
    })
}

/// Returns cargo's name for this binary.
fn binary_name() -> Result<String, String> {
    let path = std::env::current_exe().map_err(|error| format!("cannot find the path of this executable: {error}"))?;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    name.ok_or_else(|| format!("the executable has no name: {}", path.display()))
}
