//! The metrics that a function writes as a process: their lines between those of the log, init failures, shutdown and
//! concurrent workers.

use crate::support::{Ended, Process};
use lrt::testing::{Event, RuntimeApi};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;

const METRICS: &str = env!("CARGO_BIN_EXE_metrics");

fn start(api: &RuntimeApi, env: &[(&str, &str)]) -> Process {
    let mut all = vec![("AWS_LAMBDA_RUNTIME_API", OsStr::new(api.address()))];
    all.push(("AWS_LAMBDA_FUNCTION_NAME", OsStr::new("shop")));
    all.extend(env.iter().map(|(name, value)| (*name, OsStr::new(*value))));
    Process::start(METRICS, &[], &all)
}

/// Returns the lines in the Embedded Metric Format.
fn lines(ended: &Ended) -> Vec<Value> {
    let lines = ended.stderr.lines().filter(|line| line.starts_with("{\"_aws\":"));
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// Returns the names of the metrics of a line.
fn names(line: &Value) -> Vec<&str> {
    let metrics = line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap();
    metrics.iter().map(|metric| metric["Name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_invocation_writes_its_lines_and_shutdown_the_rest() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&api, &[("POWERTOOLS_SERVICE_NAME", "checkout")]);
    for (n, id) in [(1, "r-1"), (13, "r-2")] {
        api.invoke(Event::new(format!("{n}")).request_id(id)).await;
    }
    api.next_waiting().await;
    process.terminate();
    let ended = process.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let lines = lines(&ended);
    assert_eq!(
        lines.iter().map(names).collect::<Vec<_>>(),
        [
            &["ColdStart", "InitDuration", "Duration", "Connections", "Sum"][..],
            &["Id"],
            &["Duration", "Errors", "Sum"],
            &["Id"],
            &["Closed"]
        ]
    );
    assert!(lines.iter().all(|line| line["FunctionName"] == "shop" && line["Service"] == "checkout"), "{lines:?}");
    assert_eq!((&lines[0]["requestId"], &lines[2]["requestId"]), (&"r-1".into(), &"r-2".into()));
    assert_eq!((lines[0]["Sum"].as_u64(), lines[2]["Sum"].as_u64()), (Some(2), Some(26)));
    assert!(lines.iter().all(|line| line["level"].is_null()), "{lines:?}");
}

#[tokio::test]
async fn lines_pass_the_log_level_filter_of_the_json_format() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&api, &[("AWS_LAMBDA_LOG_FORMAT", "JSON"), ("AWS_LAMBDA_LOG_LEVEL", "ERROR")]);
    api.invoke(Event::new("1")).await;
    api.next_waiting().await;
    process.terminate();
    let ended = process.ended();
    let lines = lines(&ended);
    assert_eq!(lines.len(), 3, "{ended:?}");
    for line in lines {
        assert_eq!(line["level"], "ERROR");
        let timestamp = line["timestamp"].as_str().unwrap();
        assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
    }
}

#[tokio::test]
async fn warnings_have_the_ids_of_the_invocation() {
    const TRACE: &str = "Root=1-5e1;Parent=53f;Sampled=1";
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&api, &[("AWS_LAMBDA_LOG_FORMAT", "JSON")]);
    let event = Event::new("14").request_id("r-1").header("Lambda-Runtime-Trace-Id", TRACE);
    api.invoke(event.header("Lambda-Runtime-Aws-Tenant-Id", "blue")).await;
    api.next_waiting().await;
    process.terminate();
    let ended = process.ended();
    let warnings = ended.stderr.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let warnings: Vec<_> = warnings.filter(|line| line["level"] == "WARN").collect();
    assert_eq!(warnings.len(), 2, "{ended:?}");
    for (warning, name) in warnings.iter().zip(["Café", "Crème"]) {
        let ids = ["requestId", "tenantId", "xrayTraceId"].map(|id| warning[id].as_str());
        assert_eq!(ids, [Some("r-1"), Some("blue"), Some(TRACE)]);
        assert!(
            warning["message"].as_str().unwrap().starts_with(&format!("metric {name:?}: not written")),
            "{warning}"
        );
    }
}

#[tokio::test]
async fn failed_init_writes_its_metrics() {
    let api = RuntimeApi::start().await.unwrap();
    let process = start(&api, &[("METRICS_INIT", "error")]);
    api.init_error().await;
    let ended = process.ended();
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert_eq!(lines(&ended).iter().map(names).collect::<Vec<_>>(), [["InitDuration", "Errors", "Connections"]]);
}

#[tokio::test]
async fn concurrent_workers_do_not_mix_their_metrics() {
    const INVOCATIONS: u64 = 1000;
    let api = RuntimeApi::builder().concurrency(16).start().await.unwrap();
    let process = start(&api, &[("AWS_LAMBDA_MAX_CONCURRENCY", "16")]);
    let send = |n: u64| api.send(Event::new(n.to_string()).request_id(format!("r-{n}")));
    let pending: Vec<_> = (0..INVOCATIONS).map(send).collect();
    for pending in pending {
        pending.await;
    }
    api.next_waiting().await;
    process.terminate();
    let ended = process.ended();
    let (mut sums, mut ids) = (BTreeMap::new(), BTreeMap::new());
    for line in lines(&ended) {
        let id = line["requestId"].as_str().unwrap_or_default().to_owned();
        if let Some(sum) = line["Sum"].as_u64() {
            assert!(sums.insert(id.clone(), sum).is_none(), "{line}");
        }
        if let Some(n) = line["Id"].as_u64() {
            assert_eq!(line["RequestId"], line["requestId"]);
            assert!(ids.insert(id, n).is_none(), "{line}");
        }
    }
    for n in 0..INVOCATIONS {
        let id = format!("r-{n}");
        assert_eq!((sums.get(&id), ids.get(&id)), (Some(&(2 * n)), Some(&n)), "{id}");
    }
}
