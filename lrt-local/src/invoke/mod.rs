//! `cargo run -- invoke FILE…`: events in, the reply out, or a table of what became of each.
//!
//! `events`: which function is meant, and where its events are; `row`: a line of the table.

mod events;
mod print;
mod table;

use super::function::LocalFunction;
use super::function_name;
use super::http_frontend::origin_of;
use super::lambda::Lambda;
use super::{MISUSE, say};
use events::{Source, Target};
use lrt_testing::{Event, RuntimeApi};
use print::print;
use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Instant;
use table::Row;
use tokio::sync::oneshot;

/// Runs the function that is named on the events that are; or says what is wrong with these.
///
/// One event's reply is printed as it is. Of several each is tried, and a table tells what became of them.
pub(super) fn invoke(functions: &[&dyn LocalFunction], words: &[OsString]) -> Result<ExitCode, String> {
    let Target { function, sources, is_one } = events::find(functions, words)?;
    match &sources[..] {
        [source] if is_one => {
            let event = event(function, source.read()?);
            let is_http = matches!(origin_of(function.kind(), None), Ok(Some(_)));
            let (code, is_whole) = run(function, |api| reply(api, event, is_http))?;
            Ok(if is_whole { code } else { ExitCode::FAILURE })
        }
        _ => {
            let (code, status) = run(function, |api| table(api, function, &sources))?;
            Ok(match status {
                ExitStatus::InvalidInput => ExitCode::from(MISUSE),
                ExitStatus::FunctionError => ExitCode::FAILURE,
                ExitStatus::Success => code,
            })
        }
    }
}

/// Runs the function while `beside` has events answered.
fn run<T: Send, Fut: Future<Output = T> + Send>(
    function: &dyn LocalFunction,
    beside: impl FnOnce(RuntimeApi) -> Fut,
) -> Result<(ExitCode, T), String> {
    let lambda = Lambda::start(1).map_err(|error| format!("the local Lambda cannot start: {error}"))?;
    let (done, stop) = oneshot::channel();
    let api = lambda.apis()[0].clone();
    let answered = beside(api.clone());
    let beside = async {
        let answered = answered.await;
        // Once the loop asks for the next event, `wait_until` work is done too.
        api.next_waiting().await;
        // A loop that has ended by itself needs no word.
        _ = done.send(());
        answered
    };
    let run = |environment| function.run_until(environment, Box::pin(async { stop.await.unwrap_or_default() }));
    Ok(lambda.with_function(function.name(), run, beside))
}

fn event(function: &dyn LocalFunction, payload: Vec<u8>) -> Event {
    Event::new(payload).header("Lambda-Runtime-PendingInvocation-Function-Arn", function_name::arn(function.name()))
}

/// Has one event answered and prints the reply; says whether it is whole.
async fn reply(api: RuntimeApi, event: Event, is_http: bool) -> bool {
    let (parts, answer) = api.send_in_parts(event);
    print(parts, answer, is_http).await
}

/// Exit status of `invoke`: the most severe of its events, in ascending order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum ExitStatus {
    Success,
    FunctionError,
    InvalidInput,
}

/// Has each event answered that can be read, in its turn, and prints a line for each when it is there.
async fn table(api: RuntimeApi, function: &dyn LocalFunction, sources: &[Source]) -> ExitStatus {
    // The cold start is no part of the first event's time. A loop that does not get so far has said why.
    api.next_waiting().await;
    let width = sources.iter().map(|source| source.to_string().chars().count()).max().unwrap_or_default();
    say(Row::head(width).as_bytes());
    let mut status = ExitStatus::Success;
    for source in sources {
        let row = match source.read() {
            Ok(payload) => {
                let begun = Instant::now();
                let answer = api.invoke(event(function, payload)).await;
                Row::of(&answer, function.kind(), begun.elapsed())
            }
            Err(why) => Row::unread(why),
        };
        status = status.max(row.status);
        say(row.line(&source.to_string(), width).as_bytes());
    }
    status
}
