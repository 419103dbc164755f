//! Tests of formatted lines.

// In tests, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

use super::filter::Filter;
use super::log_crate::LogBridge;
use super::settings::Format;
use super::subscriber::LambdaSubscriber;
use super::{Level, Span};
use crate::{Context, Error, ErrorReport, EventHeaders};
use log::{Log, Record};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use std::cell::RefCell;
use std::error::Error as StdError;
use std::fmt;
use std::pin::pin;
use tracing::{Dispatch, debug, debug_span, error, info, info_span, trace, warn};
use tracing_core::LevelFilter;

thread_local! {
    static WRITTEN: RefCell<String> = const { RefCell::new(String::new()) };
}

fn write(line: &str) {
    assert_eq!((line.matches('\n').count(), line.ends_with('\n')), (1, true), "{line:?}");
    WRITTEN.with_borrow_mut(|written| written.push_str(line));
}

fn lines(format: Format, level: LevelFilter) -> Dispatch {
    Dispatch::new(LambdaSubscriber::new(format, Filter::from(level), write))
}

/// Returns the lines that are written during `f`. Times in JSON are replaced with `T`.
fn written(format: Format, level: LevelFilter, f: impl FnOnce()) -> Vec<String> {
    tracing_core::dispatcher::with_default(&lines(format, level), f);
    let written = WRITTEN.take();
    written.lines().map(|line| if format == Format::Json { without_time(line) } else { line.to_owned() }).collect()
}

fn text(f: impl FnOnce()) -> Vec<String> {
    written(Format::Text, LevelFilter::TRACE, f)
}

fn json(f: impl FnOnce()) -> Vec<String> {
    written(Format::Json, LevelFilter::TRACE, f)
}

fn without_time(line: &str) -> String {
    let keys = keys(line);
    assert!((1..keys.len()).all(|n| !keys[n..].contains(&keys[n - 1])), "a key twice: {line}");
    let (time, rest) = line.strip_prefix(r#"{"timestamp":""#).unwrap().split_once('"').unwrap();
    assert_eq!((time.len(), &time[10..11], &time[23..]), (24, "T", "Z"), "{time}");
    format!(r#"{{"timestamp":"T"{rest}"#)
}

/// Returns the keys of a JSON object. Panics if the line is not an object.
fn keys(line: &str) -> Vec<String> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
            let mut keys = Vec::new();
            while let Some((key, IgnoredAny)) = map.next_entry()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }
    let mut json = serde_json::Deserializer::from_str(line);
    let keys = json.deserialize_map(Keys).unwrap_or_else(|error| panic!("{error}: {line}"));
    json.end().unwrap();
    keys
}

fn context(id: &str) -> Context {
    let (trace_id, tenant_id) = match id {
        "2" => (Some("Root=1-5e1;Sampled=1"), Some("blue")),
        _ => (Some("Root=1-5e1;Sampled=0"), None),
    };
    Context::new(&EventHeaders { request_id: id, trace_id, tenant_id, ..Default::default() }, Default::default(), false)
}

#[derive(Debug, thiserror::Error)]
#[error("order {0} failed")]
struct OrderError(u32, #[source] std::num::ParseIntError);

fn order_error() -> OrderError {
    OrderError(7, "x".parse::<u32>().unwrap_err())
}

fn one_of_each_level() {
    trace!("1");
    debug!("2");
    info!("3");
    warn!("4");
    error!("5");
    super::warn("", format_args!("6"));
    super::error("", format_args!("7"));
    super::fatal("", format_args!("8"));
}

#[test]
fn level_filters_less_severe_lines() {
    for (level, expected) in [
        (LevelFilter::TRACE, "12345678"),
        (LevelFilter::DEBUG, "2345678"),
        (LevelFilter::INFO, "345678"),
        (LevelFilter::WARN, "45678"),
        (LevelFilter::ERROR, "578"),
        (LevelFilter::OFF, "8"),
    ] {
        let lines = written(Format::Text, level, one_of_each_level);
        assert_eq!(lines.iter().filter_map(|line| line.chars().last()).collect::<String>(), expected, "{level}");
    }
}

#[test]
fn lines_start_with_the_name_of_the_level() {
    let target = "lrt_core::log::tests";
    assert_eq!(
        text(one_of_each_level),
        [
            format!("TRACE {target}: 1"),
            format!("DEBUG {target}: 2"),
            format!("INFO {target}: 3"),
            format!("WARN {target}: 4"),
            format!("ERROR {target}: 5"),
            "WARN 6".to_owned(),
            "ERROR 7".to_owned(),
            "ERROR 8".to_owned(),
        ]
    );
    let of_json = |level: &str, n: u32, target: &str| {
        format!(r#"{{"timestamp":"T","level":"{level}","message":"{n}","target":"{target}"}}"#)
    };
    assert_eq!(
        json(one_of_each_level),
        [
            of_json("TRACE", 1, target),
            of_json("DEBUG", 2, target),
            of_json("INFO", 3, target),
            of_json("WARN", 4, target),
            of_json("ERROR", 5, target),
            of_json("WARN", 6, "lrt"),
            of_json("ERROR", 7, "lrt"),
            of_json("FATAL", 8, "lrt"),
        ]
    );
}

fn one_of_each_type() {
    let item = Some("tea");
    info!(
        target: "app",
        i64 = -1, u64 = u64::MAX, i128 = i128::MIN, u128 = u128::MAX, bool = true, char = %'c',
        f64 = 1.0, small = 1e-7, large = 1e300, nan = f64::NAN, inf = f64::NEG_INFINITY,
        str = "tea", words = "green tea", empty = "", display = %"green tea", debug = ?item, r#type = "raw",
        missing = tracing::field::Empty,
        "taken {}", 1
    );
}

#[test]
fn fields_of_all_types_are_formatted() {
    assert_eq!(
        json(one_of_each_type),
        [r#"{"timestamp":"T","level":"INFO","message":"taken 1","target":"app","i64":-1,"u64":18446744073709551615,"#
            .to_owned()
            + r#""i128":-170141183460469231731687303715884105728,"u128":340282366920938463463374607431768211455,"#
            + r#""bool":true,"char":"c","f64":1.0,"small":1e-7,"large":1e300,"nan":"NaN","inf":"-inf","#
            + r#""str":"tea","words":"green tea","empty":"","display":"green tea","debug":"Some(\"tea\")","type":"raw"}"#]
    );
    assert_eq!(
        text(one_of_each_type),
        ["INFO app: taken 1 i64=-1 u64=18446744073709551615 i128=-170141183460469231731687303715884105728 \
          u128=340282366920938463463374607431768211455 bool=true char=c f64=1.0 small=1e-7 large=1e300 nan=NaN inf=-inf \
          str=tea words=\"green tea\" empty=\"\" display=green tea debug=Some(\"tea\") type=raw"]
    );
}

#[test]
fn request_id_of_own_messages_is_escaped() {
    let lines = text(|| super::warn("a\u{1b}[0m\u{85}", format_args!("b")));
    assert_eq!(lines, ["WARN RequestId: a\\u{1b}[0m\\u{85} b"]);
}

#[test]
fn line_ends_and_quotes_are_escaped() {
    let special = || {
        let value = "a\r\nb \"c\" \u{1b}[31m";
        info!(target: "app\n", value, debug = ?value, "x\n{value}");
        info!(target: "app", message = "as a\nfield");
        info!(target: "app", only = 1);
        info_span!("user", "of\nspan" = 2).in_scope(|| info!(target: "app", { "of\nevent" = 1 }, "m"));
    };
    assert_eq!(
        json(special),
        [
            r#"{"timestamp":"T","level":"INFO","message":"x\na\r\nb \"c\" \u001b[31m","target":"app\n","#.to_owned()
                + r#""value":"a\r\nb \"c\" \u001b[31m","debug":"\"a\\r\\nb \\\"c\\\" \\u{1b}[31m\""}"#,
            r#"{"timestamp":"T","level":"INFO","message":"as a\nfield","target":"app"}"#.to_owned(),
            r#"{"timestamp":"T","level":"INFO","message":"","target":"app","only":1}"#.to_owned(),
            r#"{"timestamp":"T","level":"INFO","message":"m","target":"app","of\nevent":1,"of\nspan":2}"#.to_owned(),
        ]
    );
    assert_eq!(
        text(special),
        [
            r#"INFO app\n: x\na\r\nb "c" \u{1b}[31m value="a\r\nb \"c\" \u{1b}[31m" debug="a\r\nb \"c\" \u{1b}[31m""#,
            r"INFO app: as a\nfield",
            "INFO app: only=1",
            r"INFO app: m of\nevent=1 of\nspan=2",
        ]
    );
}

#[test]
fn error_fields_have_their_causes() {
    let failed = || {
        let error = order_error();
        let report = ErrorReport::new(order_error());
        error!(target: "app", error = &error as &(dyn StdError + 'static), "failed");
        warn!(target: "app", first = &report as &(dyn StdError + 'static), second = &error as &(dyn StdError + 'static));
        super::error_report(Level::Error, "1", format_args!("failed"), &report.render());
    };
    let members = r#""errorMessage":"order 7 failed","stackTrace":["invalid digit found in string"]"#;
    let message = r#""order 7 failed: invalid digit found in string""#;
    let line = |level, message, target: &str, rest: &str| {
        format!(r#"{{"timestamp":"T","level":"{level}","message":"{message}",{target},"errorType":{rest}}}"#)
    };
    assert_eq!(
        json(failed),
        [
            line("ERROR", "failed", r#""target":"app""#, &format!(r#""Error",{members},"error":{message}"#)),
            line(
                "WARN",
                "",
                r#""target":"app""#,
                &format!(r#""OrderError",{members},"first":{message},"second":{message}"#)
            ),
            line("ERROR", "failed", r#""requestId":"1","target":"lrt""#, &format!(r#""OrderError",{members}"#)),
        ]
    );
    assert_eq!(
        text(failed),
        [
            "ERROR app: failed error=order 7 failed: invalid digit found in string",
            "WARN app: first=order 7 failed: invalid digit found in string \
             second=order 7 failed: invalid digit found in string",
            "ERROR RequestId: 1 failed",
        ]
    );
}

#[test]
fn reserved_field_names_are_changed() {
    let clashes = || {
        let error = order_error();
        Span::invocation(context("2").ids()).enter(|| {
            let user = info_span!("user", requestId = "mine", level = 7, a = 1, errorType = "of the span");
            let _user = user.enter();
            info!(target: "app", timestamp = 1, level = 2, level_ = 3, requestId = 4, target = 5, errorType = "mine", "m");
            error!(target: "app", errorType = "mine", a = 2, error = &error as &(dyn StdError + 'static), "n");
        });
    };
    let ids = r#""requestId":"2","tenantId":"blue","xrayTraceId":"Root=1-5e1;Sampled=1","target":"app""#;
    assert_eq!(
        json(clashes),
        [
            format!(
                r#"{{"timestamp":"T","level":"INFO","message":"m",{ids},"timestamp_":1,"level_":2,"level__":3,"requestId_":4,"#
            ) + r#""target_":5,"errorType":"mine","a":1}"#,
            format!(r#"{{"timestamp":"T","level":"ERROR","message":"n",{ids},"errorType":"Error","errorMessage":"#)
                + r#""order 7 failed","stackTrace":["invalid digit found in string"],"errorType_":"mine","a":2,"#
                + r#""error":"order 7 failed: invalid digit found in string","requestId_":"mine","level_":7}"#,
        ]
    );
    assert_eq!(
        text(clashes)[0],
        "INFO RequestId: 2 TenantId: blue app: m timestamp=1 level=2 level_=3 requestId=4 target=5 errorType=mine a=1 xrayTraceId=Root=1-5e1;Sampled=1"
    );
}

#[test]
fn position_of_a_log_record_does_not_replace_a_field() {
    let clash = || {
        let user = info_span!("user", file = "order.csv");
        let _user = user.enter();
        let mut record = Record::builder();
        LogBridge.log(&record.target("app").file(Some("src/a.rs")).line(Some(3)).args(format_args!("of log")).build());
        info!(target: "app", "of tracing");
    };
    assert_eq!(
        json(clash),
        [
            r#"{"timestamp":"T","level":"INFO","message":"of log","target":"app","file":"src/a.rs:3","file_":"order.csv"}"#,
            r#"{"timestamp":"T","level":"INFO","message":"of tracing","target":"app","file":"order.csv"}"#,
        ]
    );
    assert_eq!(text(clash), ["INFO app: of log file=order.csv", "INFO app: of tracing file=order.csv"]);
}

#[test]
fn ids_are_part_of_every_line_of_a_span() {
    let line = || {
        info!(target: "app", "before");
        let first = Span::invocation(context("1").ids());
        first.enter(|| {
            let record = Span::record(|| "r-1");
            record.enter(|| {
                info!(target: "app", n = 1, "within");
                super::error("1", format_args!("record r-1 failed"));
            });
            info!(target: "app", parent: None, "apart");
            Span::invocation(context("2").ids()).enter(|| super::warn("", format_args!("of another")));
        });
        super::warn("3", format_args!("without a span"));
    };
    let trace = r#""xrayTraceId":"Root=1-5e1;Sampled=0""#;
    assert_eq!(
        json(line),
        [
            r#"{"timestamp":"T","level":"INFO","message":"before","target":"app"}"#.to_owned(),
            r#"{"timestamp":"T","level":"INFO","message":"within","requestId":"1","#.to_owned()
                + &format!(r#"{trace},"recordId":"r-1","target":"app","n":1}}"#),
            r#"{"timestamp":"T","level":"ERROR","message":"record r-1 failed","requestId":"1","#.to_owned()
                + &format!(r#"{trace},"recordId":"r-1","target":"lrt"}}"#),
            r#"{"timestamp":"T","level":"INFO","message":"apart","target":"app"}"#.to_owned(),
            r#"{"timestamp":"T","level":"WARN","message":"of another","requestId":"2","tenantId":"blue","#.to_owned()
                + r#""xrayTraceId":"Root=1-5e1;Sampled=1","target":"lrt"}"#,
            r#"{"timestamp":"T","level":"WARN","message":"without a span","requestId":"3","target":"lrt"}"#.to_owned(),
        ]
    );
    assert_eq!(
        text(line),
        [
            "INFO app: before",
            "INFO RequestId: 1 app: within n=1 recordId=r-1",
            "ERROR RequestId: 1 record r-1 failed",
            "INFO app: apart",
            "WARN RequestId: 2 TenantId: blue of another xrayTraceId=Root=1-5e1;Sampled=1",
            "WARN RequestId: 3 without a span",
        ]
    );
}

#[test]
fn ids_are_part_of_lines_of_any_level() {
    let lines = written(Format::Text, LevelFilter::ERROR, || {
        Span::invocation(context("1").ids()).enter(|| {
            let _info = info_span!("user", a = 1).entered();
            error!(target: "app", "seen");
        });
    });
    assert_eq!(lines, ["ERROR RequestId: 1 app: seen"]);
}

#[test]
fn last_recorded_fields_of_a_span_win() {
    let line = || {
        let outer = info_span!("outer", a = 1, b = 2, c = tracing::field::Empty);
        let inner = outer.in_scope(|| debug_span!("inner", b = 3));
        outer.record("c", "later");
        outer.record("a", 4);
        drop(outer);
        inner.in_scope(|| info!(target: "app", "m"));
        inner.in_scope(|| info!(target: "app", c = 5, "m"));
        drop(inner);
        // Uses the slot of a closed span.
        info_span!("next", d = 6).in_scope(|| info!(target: "app", "m"));
    };
    assert_eq!(text(line), ["INFO app: m b=3 c=later a=4", "INFO app: m c=5 b=3 a=4", "INFO app: m d=6"]);
}

#[test]
fn message_of_a_span_is_a_field() {
    let line = || info_span!("user", a = 1, "of span {}", 7).in_scope(|| info!(target: "app", "m"));
    assert_eq!(text(line), ["INFO app: m message=of span 7 a=1"]);
    assert!(json(line)[0].ends_with(r#""message":"m","target":"app","message_":"of span 7","a":1}"#));
}

#[test]
fn debug_implementations_can_log() {
    struct Chatty;
    impl fmt::Debug for Chatty {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let span = info_span!("within", a = 1);
            span.in_scope(|| f.write_str("chatty"))
        }
    }
    let line = || {
        let span = info_span!("user", chatty = ?Chatty);
        span.record("chatty", tracing::field::debug(Chatty));
        span.in_scope(|| info!(target: "app", value = ?Chatty, "m"));
    };
    assert_eq!(text(line), ["INFO app: m value=chatty chatty=chatty"]);
}

#[tokio::test]
async fn interleaved_futures_keep_their_ids() {
    let _lines = tracing_core::dispatcher::set_default(&lines(Format::Text, LevelFilter::INFO));
    let one = async |id: &str| {
        let span = Span::invocation(context(id).ids());
        let work = async {
            for n in 0..2 {
                info!(target: "app", n, "step");
                tokio::task::yield_now().await;
            }
        };
        span.around(pin!(work)).await;
    };
    tokio::join!(one("1"), one("3"), one("4"));
    let written = WRITTEN.take();
    let mut lines: Vec<&str> = written.lines().collect();
    // The steps alternate. Which future is polled first is up to tokio.
    assert!(lines[..3].iter().all(|line| line.ends_with("n=0")), "{written}");
    lines.sort_unstable();
    let of = |id| [0, 1].map(|n| format!("INFO RequestId: {id} app: step n={n}"));
    assert_eq!(lines, [of("1"), of("3"), of("4")].concat());
}

#[test]
fn span_is_left_after_a_panic() {
    let lines = text(|| {
        let span = Span::invocation(context("1").ids());
        let panic = || span.enter(|| panic!("on purpose"));
        assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(panic)).is_err());
        info!(target: "app", "after");
    });
    assert_eq!(lines, ["INFO app: after"]);
}

#[test]
fn error_of_a_function_has_its_name() {
    let report = ErrorReport::from(Error::named("OutOfStock", "3 \"left\"\nof 7"));
    let lines = json(|| {
        super::error_report(Level::Fatal, "", format_args!("init failed: {}", report.text()), &report.render())
    });
    assert_eq!(
        lines,
        [r#"{"timestamp":"T","level":"FATAL","message":"init failed: OutOfStock: 3 \"left\"\nof 7","target":"lrt","#
            .to_owned()
            + r#""errorType":"OutOfStock","errorMessage":"3 \"left\"\nof 7","stackTrace":[]}"#]
    );
}

#[test]
fn message_without_a_subscriber_is_one_line() {
    let line = super::plain(Level::Fatal, "7", format_args!("OutOfStock: 3 left\r\nof 7"));
    assert_eq!(line, r"ERROR RequestId: 7 OutOfStock: 3 left\r\nof 7");
}
