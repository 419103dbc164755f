//! The local Lambda: what a debug build does where there is no Lambda around.
//!
//! 1. `cli`: the command line says whether to serve, to invoke, to print a sample or a template, or to `help`; `nearest`:
//!    or what it may have meant; `served`: and which function, where there are several.
//! 2. `serve`: this process is Lambda's side, and listens. A function runs in processes of its own (`process`: this
//!    executable again, which takes the same way through `main` as in Lambda; `parent` ties it to this one). Each is an
//!    `environment` with a Runtime API; `pool`: they are as many as they may be, and what comes meanwhile waits. `output`:
//!    what they write is shown on the `terminal` and kept as the log; `report`: what became of an invocation. `record`: event
//!    and answer as fixtures, without `credentials`; `history` and `page`: both in a browser.
//! 3. Connections, each of whose requests `front` answers as the Lambda service does (`origin`: who may ask;
//!    `operation`: what for; `name`: which function is meant; `refusal`: what never reaches it; `failure`: what it ended in;
//!    `event_stream`: an answer for those who want it as it comes). To functions of HTTP requests `http`
//!    hands on ordinary ones, as the service would that stands in front of them; `paths`: to which of several. An answer
//!    that is streamed is handed on as it comes (`stream`).
//! 4. Or `invoke`: one event from a file, its reply on stdout (`print`); or several, and a table of them. The function runs in
//!    this process, for debuggers; `lambda` is its Runtime API, on a thread of its own.
//! 5. Or `sample`: an event to begin with.
//! 6. Or `template`: how AWS SAM deploys the functions.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod browser_check;
mod cli;
mod environment;
mod error_response;
mod event_stream;
mod first;
mod function;
mod function_error;
mod function_name;
mod help;
mod history;
mod http_frontend;
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
mod serve;
mod suggest;
mod template;
mod terminal;
#[cfg(test)]
mod test_util;

use cli::Command;
use std::process::ExitCode;
use terminal::say;

pub use function::LocalFunction;
pub use parent_watchdog::exit_with_parent;

/// The exit code of a command that cannot be done as it was given.
const MISUSE: u8 = 2;

/// Does what the command line says.
pub fn main(functions: &[&dyn LocalFunction]) -> ExitCode {
    let done = cli::parse(std::env::args_os().skip(1)).and_then(|command| match command {
        Command::Serve(options) => serve::serve(functions, &options),
        Command::Invoke(words) => invoke::invoke(functions, &words),
        Command::Sample(wanted) => {
            let function = function::named(functions, wanted.name.as_deref())?;
            let sample = sample::sample(function, &wanted)?;
            // Not on stdout, which is for the event alone: it may be a pipe.
            eprintln!("{}", sample.note);
            say(&sample.event);
            Ok(ExitCode::SUCCESS)
        }
        Command::Template => {
            say(template::template(functions, &binary()?)?.as_bytes());
            Ok(ExitCode::SUCCESS)
        }
        Command::Help(command) => {
            let of_one = command.and_then(|command| help::usage_of(&command, functions));
            say(of_one.unwrap_or_else(|| help::usage(functions)).as_bytes());
            Ok(ExitCode::SUCCESS)
        }
    });
    done.unwrap_or_else(|why| {
        eprintln!("ERROR {why}");
        ExitCode::from(MISUSE)
    })
}

/// What cargo calls this binary.
fn binary() -> Result<String, String> {
    let path = std::env::current_exe().map_err(|error| format!("this binary has no name: {error}"))?;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    name.ok_or_else(|| format!("this binary has no name: {}", path.display()))
}
