//! Replies that the Runtime API does not accept.

use crate::support::{echo, event, run};

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
