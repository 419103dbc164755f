//! `cargo run -- invoke FILE…`: prints the reply to one event, or a table for several.
//!
//! `events`: the function and the events; `print`: the reply; `table`: the lines of the table.

mod events;
mod print;
mod table;

use super::function::LocalFunction;
use super::function_name;
use super::http_frontend::select_origin;
use super::lambda::Lambda;
use super::{USAGE_ERROR, say};
use events::{EventSource, Target};
use lrt_testing::{Event, RuntimeApi};
use print::print;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;
use table::Row;
use tokio::sync::oneshot;

/// Runs a function on events.
pub(super) fn invoke(functions: &[&dyn LocalFunction], args: &[OsString]) -> Result<ExitCode, String> {
    let Target { function, sources, is_single } = events::find(functions, args)?;
    match &sources[..] {
        [source] if is_single => {
            let event = event(function, source.read()?);
            let is_http = matches!(select_origin(function.kind(), None), Ok(Some(_)));
            let (code, is_reply) = run(function, |api| print_reply(api, event, is_http))?;
            Ok(if is_reply { code } else { ExitCode::FAILURE })
        }
        _ => {
            let (code, status) = run(function, |api| print_table(api, function, &sources))?;
            Ok(match status {
                ExitStatus::InvalidInput => ExitCode::from(USAGE_ERROR),
                ExitStatus::FunctionError => ExitCode::FAILURE,
                ExitStatus::Success => code,
            })
        }
    }
}

/// Runs the function while `caller` sends events to it.
fn run<T: Send, Fut: Future<Output = T> + Send>(
    function: &dyn LocalFunction,
    caller: impl FnOnce(RuntimeApi) -> Fut,
) -> Result<(ExitCode, T), String> {
    let lambda = Lambda::start().map_err(|error| format!("failed to start the local Lambda: {error}"))?;
    let (stop, stopped) = oneshot::channel();
    let api = lambda.api().clone();
    let result = caller(api.clone());
    let caller = async {
        let result = result.await;
        // When the event loop requests the next event, the `wait_until` work has finished.
        api.next_waiting().await;
        // The event loop may already have ended.
        _ = stop.send(());
        result
    };
    let run = |environment| function.run_until(environment, Box::pin(async { stopped.await.unwrap_or_default() }));
    Ok(lambda.run(function.name(), run, caller))
}

fn event(function: &dyn LocalFunction, payload: Vec<u8>) -> Event {
    Event::new(payload).header("Lambda-Runtime-Invoked-Function-Arn", function_name::arn(function.name()))
}

/// Sends one event and prints the reply. Returns true if the reply is complete.
async fn print_reply(api: RuntimeApi, event: Event, is_http: bool) -> bool {
    let (parts, answer) = api.send_in_parts(event);
    print(parts, answer, is_http).await
}

/// Exit status of `invoke`, in ascending order of severity.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ExitStatus {
    Success,
    FunctionError,
    InvalidInput,
}

/// Sends the events one after another and prints a line for each.
async fn print_table(api: RuntimeApi, function: &dyn LocalFunction, sources: &[EventSource]) -> ExitStatus {
    // Waits for the cold start, so that it is not part of the first event's duration. If it fails, the event loop logs
    // the error.
    api.next_waiting().await;
    let width = sources.iter().map(|source| source.to_string().chars().count()).max().unwrap_or_default();
    say(Row::head(width).as_bytes());
    let mut status = ExitStatus::Success;
    for source in sources {
        let row = match source.read() {
            Ok(payload) => {
                let start = Instant::now();
                let answer = api.invoke(event(function, payload)).await;
                Row::new(&answer, function.kind(), start.elapsed())
            }
            Err(error) => Row::unreadable(error),
        };
        status = status.max(row.status);
        say(row.line(&source.to_string(), width).as_bytes());
    }
    status
}
