//! Requests for events: each request id that has arrived is answered, or named in the log.

use crate::support::{PAUSE, echo, event, run};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a-1\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\n\"ab\r\n3\r\ncd\"\r\n0\r\n\r\n";
const UNTIL_CLOSE: &str = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a-1\r\n\r\n\"abcd\"";

/// Returns positions within the status line, the id, between head and body, and within the body.
fn splits(response: &str) -> Vec<usize> {
    let body = response.find("\r\n\r\n").unwrap() + 4;
    [3, response.find("a-1").unwrap() + 1, body - 1, body, body + 2, body + 5]
        .into_iter()
        .filter(|at| *at < response.len())
        .collect()
}

#[test]
fn event_that_is_arriving_at_shutdown_is_handled() {
    let with_length = event("a-1", "\"abcd\"");
    for response in [&with_length, CHUNKED, UNTIL_CLOSE] {
        for at in splits(response) {
            let (first, rest) = response.split_at(at);
            let (succeeded, log) = run(1, echo(), async |api, signal| {
                let mut next = api.accept_next().await;
                next.send(first).await;
                tokio::time::sleep(PAUSE).await;
                signal.send(()).unwrap();
                tokio::time::sleep(PAUSE).await;
                next.send(rest).await;
                if response == UNTIL_CLOSE {
                    drop(next);
                    next = api.accept().await;
                }
                assert_eq!(next.accept_answer("a-1", "response").await, "\"abcd\"", "{first:?}");
                next
            });
            assert!(succeeded && log.is_empty(), "{first:?}: {log:?}");
        }
    }
}

#[test]
fn event_that_does_not_arrive_within_the_grace_period_is_answered_with_an_error() {
    let response = event("a-1", "\"abcd\"");
    for at in splits(&response) {
        let first = &response[..at];
        let has_id = first.contains("a-1\r\n");
        let (succeeded, log) = run(1, echo(), async |api, signal| {
            let mut next = api.accept_next().await;
            next.send(first).await;
            tokio::time::sleep(PAUSE).await;
            signal.send(()).unwrap();
            if has_id {
                let error = api.accept().await.accept_answer("a-1", "error").await;
                assert!(error.contains("failed to receive the event: shutting down"), "{error}");
            }
            next
        });
        let id = if has_id { "RequestId: a-1 " } else { "" };
        assert_eq!(log, [format!("WARN {id}failed to get the next event: shutting down")], "{first:?}");
        assert!(succeeded);
    }
}

#[test]
fn shutdown_without_an_event_is_immediate() {
    let (succeeded, log) = run(1, echo(), async |api, signal| {
        let next = api.accept_next().await;
        signal.send(()).unwrap();
        next
    });
    assert!(succeeded && log.is_empty(), "{log:?}");
}

#[test]
fn failed_attempts_are_logged_and_events_that_were_cut_off_are_answered_with_an_error() {
    let complete = event("a-1", "\"abcd\"");
    let body = complete.find("\"abcd\"").unwrap();
    let too_large = complete.replace("Content-Length: 6", "Content-Length: 71303168");
    let chunked = CHUNKED.replace("3\r\ncd", "zz\r\ncd");
    let invalid_length = complete.replace("Content-Length: 6", "Content-Length: x");
    for (response, has_id) in [
        ("", false),
        ("garbage\r\n\r\n", false),
        ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\"ab", false),
        ("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\n\r\nno", false),
        (&complete[..body - 30], false),
        (&complete[..body - 1], true),
        (&complete[..body], true),
        (&complete[..body + 3], true),
        (&too_large, true),
        (&chunked, true),
        (&invalid_length, true),
    ] {
        let (succeeded, log) = run(1, echo(), async |api, signal| {
            let mut next = api.accept_next().await;
            next.send(response).await;
            drop(next);
            let mut connection = api.accept().await;
            if has_id {
                let error = connection.accept_answer("a-1", "error").await;
                assert!(error.starts_with("{\"errorType\":\"Runtime.EventNotReceived\""), "{error}");
            }
            connection.expect_next().await;
            connection.send(&event("b-2", "\"b\"")).await;
            assert_eq!(connection.accept_answer("b-2", "response").await, "\"b\"");
            connection.expect_next().await;
            signal.send(()).unwrap();
            connection
        });
        let id = if has_id { "RequestId: a-1 " } else { "" };
        let [line] = &log[..] else { panic!("{response:?}: {log:?}") };
        assert!(line.starts_with(&format!("WARN {id}failed to get the next event: ")), "{response:?}: {line}");
        assert!(succeeded);
    }
}

#[test]
fn last_attempt_names_its_event_as_well() {
    let complete = event("a-1", "\"abcd\"");
    let (succeeded, log) = run(1, echo(), async |api, signal| {
        for _ in 0..5 {
            drop(api.accept_next().await);
        }
        api.accept_next().await.send(&complete[..complete.len() - 1]).await;
        api.accept().await.accept_answer("a-1", "error").await;
        signal
    });
    assert!(!succeeded);
    assert_eq!(log.len(), 7, "{log:?}");
    assert!(log[5].starts_with("WARN RequestId: a-1 failed to get the next event: "), "{log:?}");
    assert!(log[6].starts_with("ERROR failed to get the next event after 6 attempts: "), "{log:?}");
}

#[test]
fn connection_is_replaced_after_bytes_that_were_not_requested() {
    let accepted = "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n";
    // The last one does not fit into the buffer of a read.
    let large = "1".repeat(100_000);
    for (payload, extra) in [("1", "oops"), ("1", accepted), (&large, accepted)] {
        let (succeeded, log) = run(1, echo(), async |api, signal| {
            let mut next = api.accept_next().await;
            next.send(&(event("a-1", payload) + extra)).await;
            let mut answer = api.accept().await;
            answer.request().await;
            answer.send(&format!("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n{extra}")).await;
            let mut next = api.accept_next().await;
            next.send(&event("b-2", "2")).await;
            assert_eq!(next.accept_answer("b-2", "response").await, "2");
            next.expect_next().await;
            signal.send(()).unwrap();
            next
        });
        assert!(succeeded && log.is_empty(), "{log:?}");
    }
}

#[test]
fn empty_payload_is_an_empty_object() {
    let (succeeded, log) = run(1, echo(), async |api, signal| {
        let mut connection = api.accept_next().await;
        connection.send(&event("a-1", "")).await;
        assert_eq!(connection.accept_answer("a-1", "response").await, "{}");
        connection.expect_next().await;
        signal.send(()).unwrap();
        connection
    });
    assert!(succeeded && log.is_empty(), "{log:?}");
}
