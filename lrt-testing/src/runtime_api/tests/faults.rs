use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;

use super::super::{AnswerKind, Endpoint, Event, Fault, Framing};
use super::{Client, post, run, start};

/// Returns the response to /next with this event, without a fault.
async fn response_without_fault(event: &Event) -> Vec<u8> {
    let api = start().await;
    api.fault(Endpoint::Next, Fault::CloseAfterAnswer { announced: false });
    _ = api.send(event.clone());
    let mut client = Client::new(&api).await;
    client.send_next().await;
    client.rest().await
}

#[test]
fn taken_next_waits_for_an_event_that_is_delivered_again() {
    run(async {
        for framing in [Framing::Length, Framing::Chunked] {
            let deadline = SystemTime::now() + Duration::from_secs(60);
            let event = Event::new("12345").deadline(deadline).framing(framing);
            let complete = response_without_fault(&event).await;
            let head = complete.windows(4).position(|end| end == b"\r\n\r\n").expect("a head") + 4;
            let faults = [
                (Fault::Close { taken: true }, 0),
                (Fault::CloseInHead(0), 0),
                (Fault::CloseInHead(20), 20),
                (Fault::CloseInHead(9999), head - 1),
                (Fault::CloseAfterHead, head),
                (Fault::CloseInBody(2), head + 2),
                (Fault::CloseInBody(9999), complete.len() - 1),
                (Fault::CloseAfterAnswer { announced: false }, complete.len()),
            ];
            for (fault, seen) in faults {
                let api = start().await;
                api.fault(Endpoint::Next, fault.clone());
                let mut client = Client::new(&api).await;
                client.send_next().await;
                api.next_waiting().await;
                let pending = api.send(event.clone());
                assert_eq!(client.rest().await, complete[..seen], "{fault:?}");
                let mut client = Client::new(&api).await;
                assert_eq!(client.next().await.text(), "12345", "{fault:?}");
                client.respond(pending.request_id(), "").await;
                assert_eq!(pending.await.kind, AnswerKind::Reply);
            }
        }
    });
}

#[test]
fn untaken_next_fails_without_an_event() {
    run(async {
        let api = start().await;
        for held in [false, true] {
            for (fault, seen) in [
                (Fault::CloseUnread, ""),
                (Fault::Close { taken: false }, ""),
                (Fault::Raw(Bytes::from("garbage")), "garbage"),
            ] {
                let mut client = Client::new(&api).await;
                if held {
                    client.send_next().await;
                    api.next_waiting().await;
                    api.fault(Endpoint::Next, fault);
                } else {
                    api.fault(Endpoint::Next, fault);
                    client.send_next().await;
                }
                assert_eq!(client.rest().await, seen.as_bytes());
            }
        }
        let mut client = Client::new(&api).await;
        for (status, body) in [(204, ""), (500, "InternalServerError"), (403, "InvalidStateTransition")] {
            api.fault(Endpoint::Next, Fault::Status(status));
            let reply = client.next().await;
            assert_eq!((reply.status, reply.text().contains(body)), (status, true));
        }
        let pending = api.send(Event::new("1"));
        assert_eq!(client.next().await.id(), pending.request_id());
    });
}

#[test]
fn unusual_writes_are_complete_responses() {
    run(async {
        for fault in [
            Fault::Delay(Duration::from_millis(2)),
            Fault::ByteByByte,
            Fault::HeadThenBody,
            Fault::LowerCaseNames,
            Fault::UpperCaseNames,
        ] {
            let api = start().await;
            api.fault(Endpoint::Next, fault.clone());
            api.fault(Endpoint::Response, fault.clone());
            let pending = api.send(Event::new("x".repeat(3000)));
            let mut client = Client::new(&api).await;
            let event = client.next().await;
            assert_eq!(event.body.len(), 3000);
            let name = match fault {
                Fault::LowerCaseNames => "\r\ntransfer-encoding: ",
                Fault::UpperCaseNames => "\r\nTRANSFER-ENCODING: ",
                _ => "\r\nTransfer-Encoding: ",
            };
            assert!(event.head.contains(name), "{fault:?}");
            assert_eq!(client.respond(pending.request_id(), "").await.status, 202);
            client.send_next().await;
            api.next_waiting().await;
        }
    });
}

#[test]
fn post_is_taken_depending_on_the_fault() {
    run(async {
        let raw = Fault::Raw(Bytes::from("HTTP/1.1 999"));
        for (fault, taken) in [
            (Fault::CloseUnread, false),
            (Fault::Close { taken: false }, false),
            (Fault::Close { taken: true }, true),
            (Fault::CloseInHead(5), true),
            (Fault::CloseAfterHead, true),
            (Fault::CloseInBody(5), true),
            (Fault::CloseAfterAnswer { announced: false }, true),
            (Fault::CloseAfterAnswer { announced: true }, true),
            (raw, false),
        ] {
            let api = start().await;
            api.fault(Endpoint::Response, fault.clone());
            let pending = api.send(Event::new("1"));
            let mut client = Client::new(&api).await;
            client.next().await;
            client.send(post(&format!("invocation/{}/response", pending.request_id()), "", "first")).await;
            let seen = client.rest().await;
            let announced = String::from_utf8_lossy(&seen).contains("Connection: close");
            assert_eq!(announced, fault == Fault::CloseAfterAnswer { announced: true });
            let read = if fault == Fault::CloseUnread { "" } else { "first" };
            assert_eq!(api.requests()[1].body, read, "{fault:?}");

            let again = Client::new(&api).await.respond(pending.request_id(), "second").await;
            assert_eq!(again.status, if taken { 403 } else { 202 }, "{fault:?}");
            assert_eq!(pending.await.text(), if taken { "first" } else { "second" }, "{fault:?}");
        }
    });
}

#[test]
fn status_4xx_for_a_reply_ends_the_invocation() {
    run(async {
        let api = start().await;
        let mut client = Client::new(&api).await;
        for (status, kind) in [(400, AnswerKind::Lost), (410, AnswerKind::Lost), (413, AnswerKind::Error)] {
            api.fault(Endpoint::Response, Fault::Status(status));
            let pending = api.send(Event::new("1"));
            client.next().await;
            assert_eq!(client.respond(pending.request_id(), "1").await.status, status);
            assert_eq!(pending.await.kind, kind);
        }
        api.fault(Endpoint::Response, Fault::Status(500));
        let pending = api.send(Event::new("1"));
        client.next().await;
        assert_eq!(client.respond(pending.request_id(), "1").await.status, 500);
        assert_eq!(client.next().await.id(), pending.request_id());
    });
}

#[test]
fn no_answer_leaves_the_connection_open() {
    run(async {
        for taken in [false, true] {
            let api = start().await;
            api.fault(Endpoint::Response, Fault::NoAnswer { taken });
            let pending = api.send(Event::new("1"));
            let mut client = Client::new(&api).await;
            client.next().await;
            client.send(post(&format!("invocation/{}/response", pending.request_id()), "", "first")).await;
            assert!(timeout(Duration::from_millis(3), client.more()).await.is_err(), "nothing comes");
            let again = Client::new(&api).await.respond(pending.request_id(), "second").await;
            assert_eq!(again.status, if taken { 403 } else { 202 });
        }
    });
}

#[test]
fn faults_of_an_endpoint_apply_in_order() {
    run(async {
        let api = start().await;
        api.fault(Endpoint::Next, Fault::Status(204));
        api.fault(Endpoint::Response, Fault::Status(500));
        api.fault(Endpoint::Next, Fault::LowerCaseNames);
        api.fault(Endpoint::Next, Fault::Status(503));
        let pending = api.send(Event::new("1"));
        let mut client = Client::new(&api).await;
        for status in [204, 200, 503, 200] {
            assert_eq!(client.next().await.status, status);
        }
        assert_eq!(client.respond(pending.request_id(), "").await.status, 500);
    });
}
