//! `cargo run -- invoke FILE`: one event in, the reply out.

use super::cli::Source;
use super::http::origin_of;
use super::lambda::{Lambda, MAX_PAYLOAD_BYTES};
use super::name;
use super::print::print;
use super::served::Served;
use crate::testing::{Event, RuntimeApi, json};
use std::io::{Read, stdin};
use std::process::ExitCode;
use tokio::sync::oneshot;

/// Runs the function on one event and prints what it answers; or says what is wrong with the event.
pub(super) fn invoke(function: &dyn Served, source: &Source) -> Result<ExitCode, String> {
    let payload = event_from(source)?;
    let lambda = Lambda::start(1).map_err(|error| format!("the local Lambda cannot start: {error}"))?;
    let event = Event::new(payload).header("Lambda-Runtime-Invoked-Function-Arn", name::arn(function.name()));
    let (done, stop) = oneshot::channel();
    let is_http = matches!(origin_of(function.kind(), None), Ok(Some(_)));
    let one = one(lambda.apis()[0].clone(), event, is_http, done);
    let run = |environment| function.run_until(environment, Box::pin(async { stop.await.unwrap_or_default() }));
    let (code, is_whole) = lambda.with_function(function.name(), run, one);
    Ok(if is_whole { code } else { ExitCode::FAILURE })
}

/// Has one event answered, then ends the loop; says whether the answer is whole.
async fn one(api: RuntimeApi, event: Event, is_http: bool, done: oneshot::Sender<()>) -> bool {
    let (parts, answer) = api.send_in_parts(event);
    let is_whole = print(parts, answer, is_http).await;
    // Once the loop asks for the next event, `wait_until` work is done too.
    api.next_waiting().await;
    // A loop that has ended by itself needs no word.
    _ = done.send(());
    is_whole
}

fn event_from(source: &Source) -> Result<Vec<u8>, String> {
    let (name, read) = match source {
        Source::File(path) => (path.display().to_string(), std::fs::read(path)),
        Source::Stdin => {
            let mut payload = Vec::new();
            ("standard input".to_owned(), stdin().lock().read_to_end(&mut payload).map(|_| payload))
        }
    };
    let payload = read.map_err(|error| {
        format!("cannot read {name}: {error}; `invoke` takes an event's file, or - for standard input")
    })?;
    if payload.len() > MAX_PAYLOAD_BYTES {
        return Err(format!("{name} has {} bytes, and Lambda takes at most {MAX_PAYLOAD_BYTES}", payload.len()));
    }
    json::check(&payload).map_err(|why| format!("{name} is no JSON: {why}"))?;
    Ok(payload)
}
