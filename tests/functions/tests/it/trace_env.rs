//! The environment variable `_X_AMZN_TRACE_ID`, which AWS SDKs read.

// In tests, `unwrap` is an assertion.
use crate::support::{PROBE, Process};
use lrt::testing::{Event, RuntimeApi};
use std::ffi::OsStr;

const HEADER: &str = "Lambda-Runtime-Trace-Id";
const EVENT: &str = r#"{"do":"env","name":"_X_AMZN_TRACE_ID"}"#;

/// Returns the value of the variable in invocations with these traces.
fn variable_of(traces: &[Option<&str>], concurrency: usize, env: &[(&str, &str)]) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let api = RuntimeApi::builder().concurrency(concurrency).start().await.unwrap();
        let concurrency = concurrency.to_string();
        let env = [("AWS_LAMBDA_RUNTIME_API", api.address()), ("AWS_LAMBDA_MAX_CONCURRENCY", &concurrency)]
            .iter()
            .chain(env)
            .map(|(name, value)| (*name, OsStr::new(*value)))
            .collect::<Vec<_>>();
        let _process = Process::start(PROBE, &[], &env);
        let mut seen = Vec::new();
        for trace in traces {
            let event = match trace {
                Some(trace) => Event::new(EVENT).header(HEADER, *trace),
                None => Event::new(EVENT).without_header(HEADER),
            };
            seen.push(api.invoke(event).await.text().into_owned());
        }
        seen
    })
}

#[test]
fn variable_is_the_trace_of_each_invocation() {
    let [a, b] = ["Root=1-5;Parent=53;Sampled=1", "Root=1-6;Parent=54;Sampled=0;Lineage=1:a:0"];
    let traces = [Some(a), Some(a), Some(b), None, None, Some(a)];
    let json = |trace: &Option<&str>| format!("{:?}", trace.unwrap_or_default());
    assert_eq!(variable_of(&traces, 1, &[]), traces.iter().map(json).collect::<Vec<_>>());
}

#[test]
fn trace_env_is_empty_for_events_without_trace_id() {
    assert_eq!(variable_of(&[None], 1, &[("_X_AMZN_TRACE_ID", "old")]), ["\"\""]);
    assert_eq!(variable_of(&[Some("old")], 1, &[("_X_AMZN_TRACE_ID", "old")]), ["\"old\""]);
}

#[test]
fn concurrent_workers_do_not_set_it() {
    assert_eq!(variable_of(&[Some("a"), Some("b")], 2, &[]), ["null", "null"]);
}
