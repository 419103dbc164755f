use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;

use super::super::{AnswerKind, Endpoint, Event, RuntimeApi};
use super::{Client, run, start};

#[test]
fn invocation_returns_the_reply() {
    run(async {
        let api = start().await;
        let pending = api.send(Event::new("{}").request_id("a-1"));
        assert_eq!(pending.request_id(), "a-1");
        let mut client = Client::new(&api).await;

        let event = client.next().await;
        assert_eq!((event.status, event.text(), event.id()), (200, "{}", "a-1"));
        let accepted = client.post("invocation/a-1/response", "Content-Type: x/y\r\n", "42").await;
        assert_eq!((accepted.status, accepted.text()), (202, "{\"status\":\"OK\"}\n"));
        assert_eq!(accepted.header("Content-Type"), Some("application/json"));

        let answer = pending.await;
        assert_eq!(answer.reply(), Some(&b"42"[..]));
        assert_eq!(answer.headers.get("content-type"), Some("x/y"));
        let requests = api.requests();
        assert_eq!(requests.len(), 2);
        assert_eq!((requests[0].method.as_str(), requests[0].endpoint), ("GET", Some(Endpoint::Next)));
        assert_eq!((requests[1].connection, &requests[1].body), (1, &Bytes::from("42")));
        assert_eq!(api.connections(), 1);
    });
}

#[test]
fn invocation_returns_the_error_with_its_type() {
    run(async {
        let api = start().await;
        let pending = api.send(Event::new("{}").request_id("a"));
        let mut client = Client::new(&api).await;
        client.next().await;
        let header = "Lambda-Runtime-Function-Error-Type: Function.Boom\r\n";
        assert_eq!(client.post("invocation/a/error", header, "{}").await.status, 202);
        let answer = pending.await;
        assert!(answer.is_error() && answer.reply().is_none());
        assert_eq!((answer.error_type(), &*answer.text()), (Some("Function.Boom"), "{}"));
    });
}

#[test]
fn event_has_the_headers_that_lambda_sends() {
    run(async {
        let api = start().await;
        let (one, two) = (api.send(Event::new("1")), api.send(Event::new("2")));
        assert_ne!(one.request_id(), two.request_id());
        let mut client = Client::new(&api).await;
        let event = client.next().await;
        assert_eq!(event.id(), one.request_id());
        let dashes = event.id().bytes().enumerate().filter(|(_, byte)| *byte == b'-').map(|(at, _)| at);
        assert_eq!((event.id().len(), dashes.collect()), (36, vec![8, 13, 18, 23]));
        let trace = event.header("Lambda-Runtime-Trace-Id").expect("a trace id");
        assert!(trace.starts_with("Root=1-") && trace.ends_with(";Sampled=0"), "{trace}");
        assert_eq!(trace.len(), "Root=1-".len() + 8 + 1 + 24 + ";Parent=".len() + 16 + ";Sampled=0".len());
        assert!(event.header("Lambda-Runtime-Invoked-Function-Arn").is_some_and(|arn| arn.starts_with("arn:aws:")));
        assert_eq!(event.header("Lambda-Runtime-Invocation-Id"), None);
        let ms: u64 = event.header("Lambda-Runtime-Deadline-Ms").and_then(|ms| ms.parse().ok()).expect("a deadline");
        let left =
            (UNIX_EPOCH + Duration::from_millis(ms)).duration_since(SystemTime::now()).expect("a future deadline");
        assert!(left > Duration::from_secs(14 * 60) && left <= Duration::from_secs(15 * 60), "{left:?}");
    });
}

#[test]
fn headers_can_be_replaced_and_removed() {
    run(async {
        let api = start().await;
        let past = Event::new("1").deadline(UNIX_EPOCH + Duration::from_millis(600_000)).without_header("content-type");
        let invalid = Event::new("2").header("lambda-runtime-deadline-ms", "soon").header("X-More", "1");
        let none = Event::new("3").without_header("Lambda-Runtime-Deadline-Ms");
        _ = (api.send(past), api.send(invalid), api.send(none.deadline_in(Duration::MAX)));
        let mut client = Client::new(&api).await;

        let event = client.next().await;
        assert_eq!(event.header("Lambda-Runtime-Deadline-Ms"), Some("600000"));
        assert_eq!(event.header("Content-Type"), None);
        client.respond(event.id(), "").await;
        let event = client.next().await;
        assert_eq!(event.header("Lambda-Runtime-Deadline-Ms"), Some("soon"));
        assert_eq!(event.header("X-More"), Some("1"));
        client.respond(event.id(), "").await;
        assert_eq!(client.next().await.status, 200);
    });
}

#[test]
fn event_without_request_id_is_answered_at_the_empty_id() {
    run(async {
        let api = start().await;
        let pending = api.send(Event::new("1").without_header("Lambda-Runtime-Aws-Request-Id"));
        let mut client = Client::new(&api).await;
        client.next().await;
        assert_eq!(client.respond("", "1").await.status, 202);
        assert_eq!(pending.await.kind, AnswerKind::Reply);
    });
}

#[test]
fn unanswered_event_is_delivered_again_on_any_connection() {
    run(async {
        let api = start().await;
        let (one, two) = (api.send(Event::new("1")), api.send(Event::new("2")));
        let (mut a, mut b) = (Client::new(&api).await, Client::new(&api).await);
        let first = a.next().await;
        assert_eq!(a.next().await.head, first.head);
        assert_eq!(b.next().await.head, first.head);
        a.respond(one.request_id(), "").await;
        assert_eq!(b.next().await.id(), two.request_id());
    });
}

#[test]
fn answers_with_wrong_ids_are_rejected() {
    run(async {
        let api = start().await;
        let pending = api.send(Event::new("1").request_id("a").header("Lambda-Runtime-Invocation-Id", "i"));
        let mut client = Client::new(&api).await;
        assert_eq!(client.respond("a", "").await.status, 400, "it was not handed out");
        client.next().await;

        let unknown = client.respond("b", "").await;
        let message = "{\"errorMessage\":\"Invalid request ID\",\"errorType\":\"InvalidRequestID\"}\n";
        assert_eq!((unknown.status, unknown.text()), (400, message));
        let gone = client.post("invocation/a/response", "Lambda-Runtime-Invocation-Id: j\r\n", "").await;
        assert_eq!((gone.status, gone.text().contains("InvokeTimeout")), (410, true));
        let mode = "Lambda-Runtime-Function-Response-Mode: buffered\r\n";
        assert_eq!(client.post("invocation/a/response", mode, "").await.status, 400);

        let echoed = client.post("invocation/a/response", "Lambda-Runtime-Invocation-Id: i\r\n", "").await;
        assert_eq!((echoed.status, pending.await.kind), (202, AnswerKind::Reply));
        let second = client.post("invocation/a/error", "", "").await;
        assert_eq!((second.status, second.text().contains("InvalidStateTransition")), (403, true));
        client.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(client.read().await.status, 404);
    });
}

#[test]
fn with_concurrency_each_connection_has_its_own_event() {
    run(async {
        let api = RuntimeApi::builder().concurrency(2).start().await.expect("a port");
        let [one, two, three] = ["1", "2", "3"].map(|body| api.send(Event::new(body)));
        let (mut a, mut b, mut c) = (Client::new(&api).await, Client::new(&api).await, Client::new(&api).await);
        assert_eq!(a.next().await.id(), one.request_id());
        assert_eq!(b.next().await.id(), two.request_id());
        assert_eq!(a.next().await.id(), one.request_id());
        c.send_next().await;
        api.next_waiting().await;
        drop(a);
        assert_eq!(c.read().await.id(), one.request_id(), "its connection has gone");
        b.respond(two.request_id(), "").await;
        assert_eq!(b.next().await.id(), three.request_id());
    });
}

#[test]
fn disconnected_client_gets_no_event() {
    run(async {
        let api = RuntimeApi::builder().concurrency(2).start().await.expect("a port");
        let (mut a, mut b) = (Client::new(&api).await, Client::new(&api).await);
        a.send_next().await;
        api.next_waiting().await;
        drop(a);
        b.send_next().await;
        let pending = api.send(Event::new("1"));
        assert_eq!(b.read().await.id(), pending.request_id());
    });
}
