//! Replies that the Runtime API does not accept.

use crate::support::{PAUSE, TestHandler, echo, event, run};
use lrt_core::{Invocation, Reply};

/// Runs a function whose first reply gets no response, and whose second one gets this response. Returns the log.
fn second_response(status: u16, body: &str) -> Vec<String> {
    let (succeeded, log) = run(1, echo(), async |api, signal| {
        let mut first = api.accept_next().await;
        first.send(&event("a-1", "1")).await;
        first.request().await;
        drop(first);
        let mut second = api.accept().await;
        assert_eq!(second.request().await.0, "POST /2018-06-01/runtime/invocation/a-1/response");
        let length = body.len();
        second.send(&format!("HTTP/1.1 {status} Rejected\r\nContent-Length: {length}\r\n\r\n{body}")).await;
        second.expect_next().await;
        signal.send(()).unwrap();
        second
    });
    assert!(succeeded);
    log
}

#[test]
fn rejected_second_attempt_is_logged_unless_the_first_one_was_accepted() {
    for (status, error_type) in [(403, "InvalidStateTransition"), (400, "InvalidRequestID")] {
        let body = format!(r#"{{"errorMessage":"no","errorType":"{error_type}"}}"#);
        assert!(second_response(status, &body).is_empty(), "{body}");
    }
    for status in [400, 403] {
        for body in ["", "Forbidden", r#"{"errorMessage":"no","errorType":"AccessDenied"}"#] {
            let expected = format!(
                "WARN RequestId: a-1 the reply may be lost: no response to the first attempt, status {status} for the second \
                 one: {body}"
            );
            assert_eq!(second_response(status, body), [expected]);
        }
    }
    let [line] = &second_response(404, "gone")[..] else { panic!("expected one line") };
    assert!(line.ends_with("the Runtime API rejected the reply: status 404: gone"), "{line}");
}

const FAILURE: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n";

#[test]
fn status_500_is_logged_with_the_request_id() {
    let (succeeded, log) = run(1, echo(), async |api, signal| {
        let mut connection = api.accept_next().await;
        connection.send(&event("a-1", "1")).await;
        connection.request().await;
        connection.send(FAILURE).await;
        (connection, signal)
    });
    assert!(!succeeded);
    let expected =
        "ERROR RequestId: a-1 the Runtime API is in a non-recoverable state (status 500 from a reply); exiting";
    assert_eq!(log, [expected]);
}

#[test]
fn status_500_is_logged_with_the_invocations_of_other_workers() {
    let handler = TestHandler(
        |invocation: Invocation| async move {
            if invocation.payload() == b"2" {
                std::future::pending::<()>().await;
            }
            Ok(Reply::from_bytes("1"))
        },
        (),
    );
    let (succeeded, log) = run(2, handler, async |api, signal| {
        let (mut first, mut second) = (api.accept_next().await, api.accept_next().await);
        second.send(&event("b-2", "2")).await;
        tokio::time::sleep(PAUSE).await;
        first.send(&event("a-1", "1")).await;
        first.request().await;
        first.send(FAILURE).await;
        (first, second, signal)
    });
    assert!(!succeeded);
    assert!(log.contains(&"ERROR exiting with invocations still in flight: b-2".to_owned()), "{log:?}");
    assert!(log.last().is_some_and(|line| line.starts_with("ERROR RequestId: a-1 ")), "{log:?}");
}
