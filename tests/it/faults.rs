//! Faults of the Runtime API: no event is lost or handled twice, and the loop continues or ends as it should.

use crate::support::{Running, run_function};
use lrt::testing::{AnswerKind, Endpoint, Event, Fault, Framing};
use lrt::{Environment, Error, Handler};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The payloads of all calls, in order.
type Calls = Arc<Mutex<Vec<String>>>;

/// Returns a function that records its calls and echoes the payload; `"fail"` is an error.
fn recording() -> (impl Handler, Calls) {
    let calls = Calls::default();
    let noted = calls.clone();
    let function = move |text: String| {
        noted.lock().unwrap().push(text.clone());
        async move { if text == "fail" { Err(Error::named("Failed", "on purpose")) } else { Ok(text) } }
    };
    (lrt::json(function).define(), calls)
}

fn take(calls: &Calls) -> Vec<String> {
    std::mem::take(&mut *calls.lock().unwrap())
}

fn count(running: &Running, endpoint: Endpoint) -> usize {
    running.api.requests().iter().filter(|request| request.endpoint == Some(endpoint)).count()
}

/// Faults after which the client retries.
fn broken() -> Vec<Fault> {
    vec![
        Fault::CloseUnread,
        Fault::Close { taken: true },
        Fault::Close { taken: false },
        Fault::CloseInHead(0),
        Fault::CloseInHead(1),
        Fault::CloseInHead(40),
        Fault::CloseInHead(usize::MAX),
        Fault::CloseAfterHead,
        Fault::CloseInBody(0),
        Fault::CloseInBody(3),
        Fault::CloseInBody(usize::MAX),
        Fault::Raw("garbage\r\n\r\n".into()),
        Fault::Raw("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n".into()),
        Fault::Raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".into()),
        Fault::Raw("\0\u{7f}\0".into()),
    ]
}

/// Unusual responses that are valid.
fn unusual() -> Vec<Fault> {
    vec![
        Fault::CloseAfterAnswer { announced: true },
        Fault::CloseAfterAnswer { announced: false },
        Fault::Delay(Duration::from_millis(20)),
        Fault::ByteByByte,
        Fault::HeadThenBody,
        Fault::LowerCaseNames,
        Fault::UpperCaseNames,
    ]
}

#[test]
fn broken_response_to_next_neither_loses_nor_repeats_an_event() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        let faults = [broken(), unusual(), vec![Fault::Status(204), Fault::Status(403), Fault::Status(502)]].concat();
        for fault in faults {
            running.api.fault(Endpoint::Next, fault.clone());
            let answer = running.invoke("\"a\"").await;
            assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"", "{fault:?}");
            // The service considers an event whose request id was sent as delivered.
            if matches!(fault, Fault::CloseInHead(usize::MAX) | Fault::CloseAfterHead | Fault::CloseInBody(_)) {
                assert_eq!(answer.error_type(), Some("Runtime.EventNotReceived"), "{fault:?}");
                assert_eq!(take(&calls), ["b"], "{fault:?}");
            } else {
                assert_eq!(answer.text(), "\"a\"", "{fault:?}");
                assert_eq!(take(&calls), ["a", "b"], "{fault:?}");
            }
        }
        assert!(running.stop().await);
    });
}

#[test]
fn unanswered_reply_is_sent_again_and_the_function_runs_once() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        for (payload, endpoint) in [("\"a\"", Endpoint::Response), ("\"fail\"", Endpoint::Error)] {
            for fault in broken() {
                running.api.fault(endpoint, fault.clone());
                let answer = running.invoke(payload).await;
                assert_eq!(answer.is_error(), endpoint == Endpoint::Error, "{fault:?}");
                assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"", "{fault:?}");
                assert_eq!(take(&calls), [payload.trim_matches('"'), "b"], "{fault:?}");
            }
            for fault in unusual() {
                running.api.fault(endpoint, fault.clone());
                running.invoke(payload).await;
                assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"", "{fault:?}");
                assert_eq!(take(&calls), [payload.trim_matches('"'), "b"], "{fault:?}");
            }
        }
        // Exactly once more, on a new connection.
        running.api.next_waiting().await;
        let before = count(&running, Endpoint::Response);
        running.api.fault(Endpoint::Response, Fault::Close { taken: false });
        running.invoke("\"a\"").await;
        running.api.next_waiting().await;
        assert_eq!(count(&running, Endpoint::Response), before + 2);
        assert!(running.stop().await);
    });
}

#[test]
fn reply_without_response_twice_is_dropped_and_the_loop_continues() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        running.api.fault(Endpoint::Response, Fault::Close { taken: true });
        running.api.fault(Endpoint::Response, Fault::Close { taken: true });
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"");
        assert_eq!(take(&calls), ["a", "b"]);
        assert!(running.stop().await);
    });
}

#[test]
fn rejected_reply_is_logged_and_the_loop_continues() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        for status in [400, 403, 404, 410, 429] {
            for (payload, endpoint) in [("\"a\"", Endpoint::Response), ("\"fail\"", Endpoint::Error)] {
                running.api.fault(endpoint, Fault::Status(status));
                assert_eq!(running.invoke(payload).await.kind, AnswerKind::Lost, "{status}");
                assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"", "{status}");
                assert_eq!(take(&calls), [payload.trim_matches('"'), "b"], "{status}");
            }
        }
        assert!(running.stop().await);
    });
}

#[test]
fn oversized_reply_becomes_an_error_of_the_invocation() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        running.api.fault(Endpoint::Response, Fault::Status(413));
        let answer = running.invoke("\"a\"").await;
        assert_eq!(answer.error_type(), Some("Function.ResponseSizeTooLarge"));
        assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"");
        assert_eq!(take(&calls), ["a", "b"]);
        assert!(running.stop().await);
    });
}

#[test]
fn stalled_post_is_sent_again() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        for taken in [true, false] {
            running.api.fault(Endpoint::Response, Fault::NoAnswer { taken });
            assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
            assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"");
            assert_eq!(take(&calls), ["a", "b"]);
        }
        assert!(running.stop().await);
    });
}

#[test]
fn status_500_exits_immediately() {
    for endpoint in [Endpoint::Next, Endpoint::Response] {
        let (handler, calls) = recording();
        run_function(handler, async |running| {
            running.api.fault(endpoint, Fault::Status(500));
            let api = running.api.clone();
            let _pending = api.send(Event::new("\"a\""));
            assert!(!running.ended().await, "{endpoint:?}");
            let asked = api.requests().iter().filter(|request| request.endpoint == Some(endpoint)).count();
            assert_eq!(asked, 1, "{endpoint:?}");
            assert_eq!(take(&calls).len(), usize::from(endpoint == Endpoint::Response));
        });
    }
}

#[test]
fn next_is_retried_five_times_within_two_seconds() {
    let (handler, _) = recording();
    run_function(handler, async |running| {
        for _ in 0..6 {
            running.api.fault(Endpoint::Next, Fault::Close { taken: false });
        }
        let api = running.api.clone();
        let started = Instant::now();
        assert!(!running.ended().await);
        // An upper bound for slow machines, not a measurement.
        assert!(started.elapsed() < Duration::from_secs(10));
        assert_eq!(api.requests().len(), 6);
    });
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        for _ in 0..5 {
            running.api.fault(Endpoint::Next, Fault::Close { taken: false });
        }
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        assert_eq!(take(&calls), ["a"]);
        assert!(running.stop().await);
    });
}

/// cargo-lambda's emulator responds with 204 while it has no event.
#[test]
fn response_without_an_event_starts_a_new_series_of_retries() {
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        for fault in [Fault::Close { taken: false }, Fault::Status(204), Fault::Close { taken: false }] {
            let times = if fault == Fault::Status(204) { 1 } else { 5 };
            (0..times).for_each(|_| running.api.fault(Endpoint::Next, fault.clone()));
        }
        assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
        assert_eq!(take(&calls), ["a"]);
        assert!(running.stop().await);
    });
}

#[test]
fn unreachable_runtime_api_ends_the_process() {
    let (handler, _) = recording();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        // A port that was free a moment ago, so it has no listener.
        let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let environment = Environment::new(&address.to_string(), Default::default()).unwrap();
        let code = lrt_core::serve(&handler, environment, std::future::pending()).await;
        assert_eq!(format!("{code:?}"), format!("{:?}", std::process::ExitCode::FAILURE));
    });
}

#[test]
fn missing_and_invalid_headers_are_not_fatal() {
    const HEADERS: [&str; 7] = [
        "Lambda-Runtime-Aws-Request-Id",
        "Lambda-Runtime-Deadline-Ms",
        "Lambda-Runtime-Invoked-Function-Arn",
        "Lambda-Runtime-Trace-Id",
        "Lambda-Runtime-Client-Context",
        "Lambda-Runtime-Cognito-Identity",
        "Lambda-Runtime-Aws-Tenant-Id",
    ];
    let (handler, calls) = recording();
    run_function(handler, async |running| {
        for header in &HEADERS[1..] {
            for value in ["", "x", "-1", "600000", "99999999999999999999999999", "é", "a b/c?d=e"] {
                let event = Event::new("\"a\"").header(*header, value);
                assert_eq!(running.api.invoke(event).await.text(), "\"a\"", "{header}: {value}");
            }
            let event = Event::new("\"a\"").without_header(header);
            assert_eq!(running.api.invoke(event).await.text(), "\"a\"", "{header}");
        }
        take(&calls);
        // An event without a request id cannot be answered: the function runs, and the service rejects the reply.
        let _unanswered = running.api.send(Event::new("\"c\"").without_header(HEADERS[0]));
        while take(&calls) != ["c"] {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(running.is_running());
        assert!(running.stop().await);
    });
}

#[test]
fn unusual_request_ids_are_answered() {
    let (handler, _) = recording();
    run_function(handler, async |running| {
        for id in ["8476a536-e9f4-11e8-9739-2dfe598c3fcd", "1", "a_b.c~d", &"x".repeat(2000)] {
            assert_eq!(running.api.invoke(Event::new("\"a\"").request_id(id)).await.text(), "\"a\"", "{id}");
        }
        assert!(running.stop().await);
    });
}

#[test]
fn invocation_id_is_echoed() {
    const HEADER: &str = "Lambda-Runtime-Invocation-Id";
    let (handler, _) = recording();
    run_function(handler, async |running| {
        for payload in ["\"a\"", "\"fail\""] {
            let with = running.api.invoke(Event::new(payload).header(HEADER, "inv-7")).await;
            assert_eq!(with.headers.get(HEADER), Some("inv-7"), "{payload}");
            let without = running.api.invoke(Event::new(payload)).await;
            assert_eq!(without.headers.get(HEADER), None, "{payload}");
        }
        assert!(running.stop().await);
    });
}

#[test]
fn events_of_every_size_and_framing_arrive_complete_over_one_connection() {
    let (handler, _) = recording();
    run_function(handler, async |running| {
        for size in [0, 1, 2_047, 2_048, 2_049, 16_000, 16_384, 100_000, 5_900_000] {
            for framing in [Framing::Length, Framing::Chunked, Framing::OddChunks] {
                if size > 1_000_000 && framing == Framing::OddChunks {
                    continue;
                }
                let payload = format!("\"{}\"", "x".repeat(size));
                let answer = running.api.invoke(Event::new(payload.clone()).framing(framing)).await;
                assert!(answer.body == payload.as_bytes(), "{size} {framing:?}");
            }
        }
        assert_eq!(running.api.connections(), 1);
        let answer = running.api.invoke(Event::new("\"a\"").framing(Framing::UntilClose)).await;
        assert_eq!(answer.text(), "\"a\"");
        assert_eq!(running.invoke("\"b\"").await.text(), "\"b\"");
        assert_eq!(running.api.connections(), 2);
        assert!(running.stop().await);
    });
}

#[test]
fn address_with_scheme_and_path_is_supported() {
    let (handler, _) = recording();
    crate::support::run_function_at(
        handler,
        |address| format!("http://{address}/.rt/_"),
        async |running| {
            assert_eq!(running.invoke("\"a\"").await.text(), "\"a\"");
            assert!(running.api.requests().iter().all(|request| request.path.starts_with("/.rt/_/2018-06-01/")));
            assert!(running.stop().await);
        },
    );
}
