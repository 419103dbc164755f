//! Metrics of functions in the harness: which are recorded, and the lines that are written.

use crate::support::emf;
use futures_util::stream::{self, Stream, StreamExt};
use lrt::http::{Body, Request, Response};
use lrt::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use lrt::prelude::*;
use lrt::testing::{Harness, Outcome, TestContext, events, insta};
use serde_json::{Value, json};
use std::time::Duration;

/// Returns the metrics of an outcome, whose lines have to be valid.
fn metrics(outcome: &Outcome) -> Value {
    for line in outcome.metrics().lines() {
        emf::check(&line.to_string()).unwrap_or_else(|error| panic!("{error}"));
    }
    serde_json::to_value(outcome.metrics()).unwrap()
}

/// Returns the names of the metrics in each line.
fn names(outcome: &Outcome) -> Vec<Vec<String>> {
    let lines = metrics(outcome);
    let names = |line: &Value| line["metrics"].as_object().unwrap().keys().cloned().collect();
    lines.as_array().unwrap().iter().map(names).collect()
}

/// `level` is a member of each line, so the metric is called `level_`, as the other one is.
#[tokio::test]
async fn metrics_with_one_name_in_a_line_are_in_two_lines() {
    async fn gauges(_: ()) -> Result<(), Error> {
        gauge!("level").set(1.0);
        gauge!("level_").set(2.0);
        Ok(())
    }
    let outcome = lrt::json(gauges).metrics("Shop").harness().invoke("null").await;
    assert_eq!(names(&outcome).concat().iter().filter(|name| *name == "level_").count(), 2);
    let mut values = outcome.metrics().values("level_");
    values.sort_by(f64::total_cmp);
    assert_eq!(values, [1.0, 2.0]);
}

async fn divide((a, b): (u32, u32)) -> Result<u32, Error> {
    if b == 7 {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    a.checked_div(b).ok_or_else(|| Error::named("DivisionByZero", "b is 0"))
}

#[tokio::test(start_paused = true)]
async fn automatic_metrics_of_a_json_function() {
    let harness = lrt::json(divide).metrics("Shop").harness();
    let first = harness.invoke("[6, 3]").await;
    insta::assert_json_snapshot!(first.metrics(), @r#"
    [
      {
        "namespace": "Shop",
        "dimensions": {
          "FunctionName": "divide"
        },
        "metrics": {
          "ColdStart": {
            "unit": "Count",
            "value": 1
          },
          "Duration": {
            "unit": "Milliseconds",
            "value": "[time]"
          },
          "InitDuration": {
            "unit": "Milliseconds",
            "value": "[time]"
          }
        }
      }
    ]
    "#);
    assert_eq!(names(&harness.invoke("[6, 3]").await), [["Duration"]]);
    assert_eq!(names(&harness.invoke("[6, 0]").await), [["Duration", "Errors"]]);
    assert_eq!(names(&harness.invoke("no JSON").await), [["Duration", "Errors"]]);
    let slow = harness.context(TestContext::new().deadline_in(Duration::from_secs(3))).invoke("[6, 7]").await;
    assert_eq!(names(&slow), [["Duration", "Errors", "Timeouts"]]);
    assert_eq!((slow.metrics().values("Errors"), slow.metrics().values("Timeouts")), (vec![1.0], vec![1.0]));
    let duration = slow.metrics().values("Duration")[0];
    assert!((2800.0..3000.0).contains(&duration), "{duration}");
}

#[tokio::test]
async fn line_has_the_request_id_and_the_time() {
    let harness = lrt::json(divide).metrics("Shop").harness();
    let outcome = harness.context(TestContext::new().request_id("r-1")).invoke("[6, 3]").await;
    let [line] = outcome.metrics().lines() else { panic!("{:?}", outcome.metrics()) };
    assert_eq!(line["requestId"], "r-1");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    assert!((now - 60_000..=now).contains(&line["_aws"]["Timestamp"].as_u64().unwrap()), "{line}");
}

#[tokio::test]
async fn function_without_a_namespace_writes_no_metrics() {
    async fn count() -> Result<(), Error> {
        counter!("Orders").increment(1);
        Ok(())
    }
    let with_metrics = lrt::json(count).metrics("Shop").harness();
    let outcome = lrt::json(count).harness().invoke("").await;
    assert_eq!(metrics(&outcome), json!([]));
    // They are not attributed to another function in the process.
    assert_eq!(with_metrics.invoke("").await.metrics().values("Orders"), [1.0]);
}

#[tokio::test(start_paused = true)]
async fn automatic_metrics_of_an_http_function() {
    async fn respond(request: Request) -> Result<Response, Error> {
        match request.uri().path() {
            "/ok" => Ok(Response::new(Body::from("ok"))),
            "/error" => Err(Error::msg("on purpose")),
            "/panic" => panic!("on purpose"),
            _ => std::future::pending().await,
        }
    }
    let harness = lrt::http(respond).metrics("Shop").harness();
    harness.invoke(events::http_api().get("/ok")).await;
    for (path, status, expected) in [
        ("/ok", 200, &["Duration"][..]),
        ("/error", 500, &["Duration", "Errors"]),
        ("/slow", 504, &["Duration", "Errors", "Timeouts"]),
    ] {
        let outcome = harness.invoke(events::http_api().get(path)).await;
        assert_eq!(outcome.http().status(), status, "{path}");
        assert_eq!(names(&outcome), [expected], "{path}");
    }
    assert_eq!(names(&harness.invoke(events::http_api().get("/panic")).await), [["Duration", "Errors"]]);
    assert_eq!(names(&harness.invoke(events::sqs().text("not HTTP")).await), [["Duration", "Errors"]]);
}

#[tokio::test(start_paused = true)]
async fn automatic_metrics_of_a_batch_function() {
    async fn process(task: String) -> Result<(), Error> {
        match &*task {
            "ok" => Ok(()),
            "permanent" => Err(Error::permanent(Error::msg("on purpose"))),
            "slow" => std::future::pending().await,
            _ => Err(Error::msg("on purpose")),
        }
    }
    let harness = lrt::sqs(process).concurrency(10).metrics("Shop").harness();
    let message = |task: &'static str| events::sqs().json(&task);
    harness.invoke(message("ok")).await;
    let batch = message("ok").json(&"ok").json(&"fail").json(&"permanent").json(&"slow").json(&"slow").text("[");
    let outcome = harness.invoke(batch).await;
    let values = |name| outcome.metrics().values(name);
    assert_eq!(values("RecordsSucceeded"), [2.0]);
    assert_eq!(values("RecordsFailed"), [2.0]);
    assert_eq!(values("RecordsPermanent"), [1.0]);
    assert_eq!(values("RecordsCutOff"), [2.0]);
    assert_eq!((values("Timeouts"), values("Errors")), (vec![1.0], vec![]));
    assert_eq!(names(&harness.invoke(message("ok")).await), [["Duration", "RecordsSucceeded"]]);
    let outcome = harness.invoke(message("fail")).await;
    assert_eq!(names(&outcome), [["Duration", "Errors", "RecordsFailed"]]);
}

#[tokio::test(start_paused = true)]
async fn automatic_metrics_of_a_function_for_whole_batches() {
    async fn process(batch: Batch<Message<u32>>) -> Result<BatchFailures, Error> {
        let mut failures = BatchFailures::new();
        for message in batch {
            match message {
                Ok(message) if message.body == 7 => std::future::pending().await,
                Ok(_) => {}
                Err(error) => failures.push(&error),
            }
        }
        Ok(failures)
    }
    let harness = lrt::sqs(process).metrics("Shop").harness();
    let outcome = harness.invoke(events::sqs().json(&1).json(&2).text("no number")).await;
    assert_eq!(outcome.metrics().values("RecordsSucceeded"), [2.0]);
    assert_eq!(outcome.metrics().values("RecordsFailed"), [1.0]);
    let outcome = harness.invoke(events::sqs().json(&1).json(&7)).await;
    assert_eq!(names(&outcome), [["Duration", "Errors", "RecordsCutOff", "Timeouts"]]);
    assert_eq!(outcome.metrics().values("RecordsCutOff"), [2.0]);
}

#[tokio::test(start_paused = true)]
async fn stream_that_is_stopped_at_its_deadline_is_a_timeout() {
    async fn tick(times: usize) -> Result<impl Stream<Item = &'static str>, Error> {
        Ok(stream::iter(vec!["tick"; times]).chain(stream::pending()))
    }
    let harness = lrt::json(tick).streaming().metrics("Shop").harness();
    harness.invoke("0").await;
    for times in ["0", "2"] {
        let outcome = harness.invoke(times).await;
        assert_eq!(names(&outcome), [["Duration", "Errors", "Timeouts"]], "after {times} chunks");
        assert_eq!(outcome.metrics().values("Timeouts"), [1.0]);
    }
}

#[tokio::test]
async fn own_metrics_have_values_units_and_dimensions() {
    async fn order() -> Result<(), Error> {
        describe_counter!("Own.Orders", Unit::Count, "");
        describe_gauge!("Own.Stock", Unit::Percent, "");
        describe_histogram!("Own.Size", Unit::Kibibytes, "");
        describe_histogram!("Own.Wait", Unit::Nanoseconds, "");
        for country in ["NZ", "DE", "NZ"] {
            counter!("Own.Orders", "Country" => country, "Channel" => "web").increment(2);
        }
        counter!("Own.Total").absolute(7);
        gauge!("Own.Stock").set(80.0);
        gauge!("Own.Stock").decrement(5.5);
        histogram!("Own.Size").record(1.5);
        histogram!("Own.Size").record(2);
        histogram!("Own.Wait").record(1500);
        histogram!("Own.Score").record_many(3, 2);
        Ok(())
    }
    let harness = lrt::json(order).metrics("Shop").harness();
    let outcome = harness.invoke("").await;
    let lines: Vec<String> = metrics(&outcome).as_array().unwrap().iter().map(Value::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    {"dimensions":{"FunctionName":"order"},"metrics":{"ColdStart":{"unit":"Count","value":1},"Duration":{"unit":"Milliseconds","value":"[time]"},"InitDuration":{"unit":"Milliseconds","value":"[time]"},"Own.Score":{"values":[3,3]},"Own.Size":{"unit":"Bytes","values":[1536,2048]},"Own.Stock":{"unit":"Percent","value":74.5},"Own.Total":{"unit":"Count","value":7},"Own.Wait":{"unit":"Microseconds","value":1.5}},"namespace":"Shop"}
    {"dimensions":{"Channel":"web","Country":"DE","FunctionName":"order"},"metrics":{"Own.Orders":{"unit":"Count","value":2}},"namespace":"Shop"}
    {"dimensions":{"Channel":"web","Country":"NZ","FunctionName":"order"},"metrics":{"Own.Orders":{"unit":"Count","value":4}},"namespace":"Shop"}
    "#);
    // An absolute value is written as its increase, and a gauge keeps its value.
    let second = harness.invoke("").await;
    assert_eq!(second.metrics().values("Own.Total"), [0.0]);
    assert_eq!(second.metrics().values("Own.Stock"), [74.5]);
}

#[tokio::test]
async fn lines_are_split_at_100_metrics_and_100_values() {
    async fn record() -> Result<(), Error> {
        for n in 0..250 {
            counter!(format!("Split.{n}")).increment(n);
        }
        for n in 0..350 {
            histogram!("Split.Values").record(n);
        }
        Ok(())
    }
    let harness = lrt::json(record).metrics("Shop").harness();
    let outcome = harness.invoke("").await;
    let lines = names(&outcome);
    // 253 metrics with up to 100 values, and three times the rest of one.
    assert_eq!(lines.len(), 6, "{lines:?}");
    assert_eq!(lines.iter().map(Vec::len).max(), Some(100));
    for n in 0..250 {
        assert_eq!(outcome.metrics().values(&format!("Split.{n}")), [f64::from(n)]);
    }
    let expected: Vec<f64> = (0..350).map(f64::from).collect();
    assert_eq!(outcome.metrics().values("Split.Values"), expected);
}

#[tokio::test]
async fn long_lines_are_split() {
    async fn record() -> Result<(), Error> {
        let text = "x".repeat(1000);
        for n in 0..100 {
            let labels: Vec<_> = (0..25).map(|label| (format!("Label{label}"), text.clone())).collect();
            let name = format!("Long.{n}.{}", "n".repeat(240));
            (0..100).for_each(|value| histogram!(name.clone(), &labels).record(f64::from(value) + 0.123_456_789_012_3));
        }
        Ok(())
    }
    let outcome = lrt::json(record).metrics("Shop").harness().invoke("").await;
    let lines = names(&outcome);
    assert!(lines.len() > 2, "{} lines", lines.len());
    assert_eq!(lines.iter().flatten().filter(|name| name.starts_with("Long.")).count(), 100);
}

#[tokio::test]
async fn labels_beyond_30_dimensions_are_members() {
    async fn record() -> Result<(), Error> {
        let labels: Vec<_> = (0..300).map(|n| (format!("Label{n:03}"), n.to_string())).collect();
        counter!("Many", &labels).increment(1);
        Ok(())
    }
    let harness = lrt::json(record).metrics("Shop").harness();
    let outcome = harness.invoke("").await;
    let line = &metrics(&outcome)[1];
    assert_eq!(line["dimensions"].as_object().unwrap().len(), 30);
    assert_eq!(line["labels"].as_object().unwrap().len(), 271);
    assert_eq!((&line["dimensions"]["Label028"], &line["labels"]["Label299"]), (&json!("28"), &json!("299")));
    let warning = r#"metric "Many": some labels are not dimensions: CloudWatch accepts 30 dimensions"#;
    assert_eq!(outcome.logs(), [format!("WARN RequestId: {} {warning}", outcome.request_id())]);
    // Each warning is logged once.
    assert!(harness.invoke("").await.logs().is_empty());
}

#[tokio::test]
async fn values_that_cloudwatch_rejects_are_dropped_and_reported() {
    async fn record() -> Result<(), Error> {
        gauge!("Bad.Gauge").set(f64::NAN);
        histogram!("Bad.Histogram").record(1.0);
        histogram!("Bad.Histogram").record(f64::INFINITY);
        histogram!("Bad.Histogram").record(-1e200);
        histogram!("Bad.Histogram").record(1e-200);
        histogram!("Bad.Histogram").record(-0.0);
        histogram!("Bad.Histogram").record(1e100);
        counter!("").increment(1);
        counter!("Bäd").increment(1);
        counter!("x".repeat(256)).increment(1);
        counter!("Bad.Label", "Empty" => "", "Long" => "x".repeat(1025), "Umlaut" => "ä", ":Colon" => "a", "Good" => "1")
            .increment(1);
        Ok(())
    }
    let outcome = lrt::json(record).metrics("Shop").harness().invoke("").await;
    assert_eq!(outcome.metrics().values("Bad.Histogram"), [1.0, 0.0, 1e100]);
    let lines = names(&outcome);
    assert_eq!(lines, [&["Bad.Histogram", "ColdStart", "Duration", "InitDuration"][..], &["Bad.Label"]]);
    assert_eq!(metrics(&outcome)[1]["dimensions"], json!({"FunctionName": "record", "Good": "1"}));
    let log = outcome.logs().join("\n").replace(outcome.request_id(), "r");
    insta::assert_snapshot!(log, @r#"
    WARN RequestId: r metric "": not written: CloudWatch accepts names of 1 to 255 ASCII characters
    WARN RequestId: r metric "Bad.Gauge": dropped a value: CloudWatch accepts numbers from -1e108 to 1e108
    WARN RequestId: r metric "Bad.Histogram": dropped a value: CloudWatch accepts numbers from -1e108 to 1e108
    WARN RequestId: r metric "Bäd": not written: CloudWatch accepts names of 1 to 255 ASCII characters
    WARN RequestId: r metric "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": not written: CloudWatch accepts names of 1 to 255 ASCII characters
    WARN RequestId: r metric "Bad.Label": the label ":Colon" is not a dimension: CloudWatch does not accept its name or value
    WARN RequestId: r metric "Bad.Label": the label "Empty" is not a dimension: CloudWatch does not accept its name or value
    WARN RequestId: r metric "Bad.Label": the label "Long" is not a dimension: CloudWatch does not accept its name or value
    WARN RequestId: r metric "Bad.Label": the label "Umlaut" is not a dimension: CloudWatch does not accept its name or value
    "#);
}

#[tokio::test]
async fn names_of_other_members_get_an_underscore() {
    async fn record() -> Result<(), Error> {
        counter!("Name", "level" => "debug", "requestId" => "own", "FunctionName" => "other", "Name" => "x")
            .increment(1);
        counter!("_aws").increment(1);
        histogram!("Duration").record(7.0);
        Ok(())
    }
    let outcome = lrt::json(record).metrics("Shop").harness().invoke("").await;
    let lines = metrics(&outcome);
    assert_eq!(names(&outcome), [&["ColdStart", "Duration", "InitDuration", "_aws_"][..], &["Duration"], &["Name_"]]);
    assert_eq!(
        lines[2]["dimensions"],
        json!({"FunctionName": "record", "FunctionName_": "other", "Name": "x", "level_": "debug", "requestId_": "own"})
    );
    assert_eq!(outcome.metrics().values("Duration").len(), 2);
}

#[tokio::test]
async fn metrics_of_init_are_in_the_first_line() {
    async fn connect() -> Result<u32, Error> {
        counter!("Init.Connections").increment(3);
        Ok(1)
    }
    async fn work(_: &u32) -> Result<(), Error> {
        Ok(())
    }
    let harness = lrt::json(work).init(connect).metrics("Shop").harness();
    let outcome = harness.invoke("").await;
    assert_eq!(names(&outcome), [["ColdStart", "Duration", "Init.Connections", "InitDuration"]]);
    assert_eq!(outcome.metrics().values("Init.Connections"), [3.0]);
    assert_eq!(names(&harness.invoke("").await), [["Duration"]]);
}

#[tokio::test]
async fn failed_init_writes_its_metrics() {
    async fn connect() -> Result<(), Error> {
        counter!("Init.Attempts").increment(1);
        Err(Error::msg("no database"))
    }
    async fn work() -> Result<(), Error> {
        Ok(())
    }
    let outcome = lrt::json(work).init(connect).metrics("Shop").harness().invoke("").await;
    assert!(!outcome.is_ok());
    assert_eq!(names(&outcome), [["Errors", "Init.Attempts", "InitDuration"]]);
}

#[tokio::test]
async fn metrics_of_background_work_are_in_a_line_of_their_own() {
    async fn work(ctx: Context) -> Result<(), Error> {
        ctx.wait_until(async {
            tokio::task::yield_now().await;
            counter!("Background.Sent").increment(1);
        });
        let task = tokio::spawn(ctx.scope(async { counter!("Background.Task").increment(1) }));
        task.await.unwrap();
        Ok(())
    }
    let harness = lrt::json(work).metrics("Shop").harness();
    harness.invoke("").await;
    assert_eq!(names(&harness.invoke("").await), [&["Background.Task", "Duration"][..], &["Background.Sent"]]);
}

#[tokio::test]
async fn invalid_namespace_fails_the_init() {
    let outcome = lrt::json(divide).metrics("AWS/Shop").harness().invoke("[1, 1]").await;
    let error = outcome.error().unwrap();
    assert_eq!(error.message(), r#"invalid namespace of metrics "AWS/Shop": `AWS/` is reserved for AWS services"#);
    assert_eq!(metrics(&outcome), json!([]));
}

#[test]
fn attribute_and_builder_accept_the_same_namespaces() {
    mod function {
        use lrt::prelude::*;

        #[handler(metrics = "Shop/Orders_2.1-x#y: z")]
        pub(super) async fn order(_: u32) {}
    }
    assert_eq!(lrt::Handler::metrics(&<function::order as lrt::Function>::handler()), Some("Shop/Orders_2.1-x#y: z"));
    let _ = Harness::<function::order>::new();
}

#[tokio::test]
async fn handles_are_attributed_when_they_are_used() {
    let harnesses: Vec<_> = (0..2).map(|_| lrt::json(kept).metrics("Shop").harness()).collect();
    async fn kept(times: u64) -> Result<(), Error> {
        static COUNTER: std::sync::LazyLock<lrt::metrics::Counter> = std::sync::LazyLock::new(|| counter!("Kept"));
        COUNTER.increment(times);
        tokio::task::yield_now().await;
        COUNTER.increment(times);
        Ok(())
    }
    let (first, second) = tokio::join!(harnesses[0].invoke("1"), harnesses[1].invoke("10"));
    assert_eq!((first.metrics().values("Kept"), second.metrics().values("Kept")), (vec![2.0], vec![20.0]));
}
