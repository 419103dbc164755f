use tokio::task::yield_now;

use super::super::{Event, Framing, RuntimeApi};
use super::{Client, NEXT, post, run, start};

#[test]
fn only_bodies_over_2048_bytes_are_chunked() {
    run(async {
        let api = start().await;
        for (size, chunked) in [(0, false), (2048, false), (2049, true), (100_000, true)] {
            let pending = api.send(Event::new("x".repeat(size)));
            let mut client = Client::new(&api).await;
            let event = client.next().await;
            assert_eq!(event.header("Transfer-Encoding").is_some(), chunked, "{size}");
            assert_eq!(event.header("Content-Length").is_none(), chunked, "{size}");
            assert_eq!(event.body.len(), size);
            client.respond(pending.request_id(), "").await;
        }
    });
}

#[test]
fn every_framing_carries_the_same_body() {
    run(async {
        let api = start().await;
        for framing in [Framing::Length, Framing::Chunked, Framing::OddChunks, Framing::UntilClose] {
            for size in [0, 1, 5000] {
                let pending = api.send(Event::new("x".repeat(size)).framing(framing));
                let event = Client::new(&api).await.next().await;
                assert_eq!(event.body.len(), size, "{framing:?}");
                Client::new(&api).await.respond(pending.request_id(), "").await;
            }
        }
    });
}

#[test]
fn reply_over_the_limit_is_an_error_and_keeps_the_connection() {
    run(async {
        let api = RuntimeApi::builder().max_response_bytes(10).start().await.expect("a port");
        let (one, two) = (api.send(Event::new("1")), api.send(Event::new("2")));
        let mut client = Client::new(&api).await;
        client.next().await;
        let refused = client.respond(one.request_id(), "01234567890").await;
        assert_eq!((refused.status, refused.text().contains("RequestEntityTooLarge")), (413, true));
        assert_eq!(one.await.error_type(), Some("Function.ResponseSizeTooLarge"));
        client.next().await;
        assert_eq!(client.respond(two.request_id(), "0123456789").await.status, 202);
        assert_eq!(two.await.text(), "0123456789");
    });
}

#[test]
fn default_limit_is_6_mib_and_100_bytes() {
    run(async {
        let api = start().await;
        for (size, status) in [(6_291_556, 202), (6_291_557, 413)] {
            let pending = api.send(Event::new("1"));
            let mut client = Client::new(&api).await;
            client.next().await;
            assert_eq!(client.respond(pending.request_id(), &"x".repeat(size)).await.status, status);
        }
    });
}

#[test]
fn chunked_reply_keeps_its_trailers_at_every_split() {
    run(async {
        let api = start().await;
        let body = "2\r\nab\r\n00A;name=\"v\"\r\n0123456789\r\n0\r\nTrailer-A: 1\r\ntrailer-b:2 \r\n\r\n";
        let head = "POST /.rt/_/2018-06-01/runtime/invocation/a/response HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n";
        let bytes = [head, body].concat();
        let mut client = Client::new(&api).await;
        for at in 0..=bytes.len() {
            let pending = api.send(Event::new("1").request_id("a"));
            client.next().await;
            client.send(&bytes[..at]).await;
            for _ in 0..4 {
                yield_now().await;
            }
            client.send(&bytes[at..]).await;
            assert_eq!(client.read().await.status, 202, "split at {at}");
            let answer = pending.await;
            assert_eq!(answer.text(), "ab0123456789");
            assert_eq!(answer.trailers.iter().collect::<Vec<_>>(), [("Trailer-A", "1"), ("trailer-b", "2")]);
        }
    });
}

#[test]
fn pipelined_requests_are_served_in_order() {
    run(async {
        let api = start().await;
        let (one, two) = (api.send(Event::new("1").request_id("a")), api.send(Event::new("2").request_id("b")));
        let mut client = Client::new(&api).await;
        let [a, b] = ["a", "b"].map(|id| post(&format!("invocation/{id}/response"), "", id));
        client.send([NEXT, &a, NEXT, &b, NEXT].concat()).await;
        for status in [200, 202, 200, 202] {
            assert_eq!(client.read().await.status, status);
        }
        assert_eq!((&*one.await.text(), &*two.await.text()), ("a", "b"));
        // A request that arrives while /next waits is served after it.
        api.next_waiting().await;
        client.send(post("invocation/c/response", "", "c")).await;
        let three = api.send(Event::new("3").request_id("c"));
        assert_eq!(client.read().await.id(), "c");
        assert_eq!(client.read().await.status, 202);
        assert_eq!(three.await.text(), "c");
    });
}

#[test]
fn expect_continue_is_answered_before_the_body() {
    run(async {
        let api = start().await;
        let mut client = Client::new(&api).await;
        let bytes = post("init/error", "Expect: 100-continue\r\n", "body");
        client.send(bytes.strip_suffix("body").expect("the body")).await;
        assert_eq!(client.read().await.status, 100);
        client.send("body").await;
        assert_eq!(client.read().await.status, 202);
    });
}

#[test]
fn connection_close_and_http_1_0_close_the_connection() {
    run(async {
        let api = start().await;
        for request in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
            let mut client = Client::new(&api).await;
            client.send(request).await;
            let text = String::from_utf8(client.rest().await).expect("UTF-8");
            assert!(text.starts_with("HTTP/1.1 404") && text.contains("Connection: close\r\n"), "{text}");
        }
    });
}

#[test]
fn malformed_requests_are_rejected_and_do_not_stop_the_api() {
    run(async {
        let api = start().await;
        let post = "POST /2018-06-01/runtime/invocation/a/response HTTP/1.1\r\n";
        let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(100_000));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(1000));
        let bodies = [
            "Content-Length: -1\r\n\r\n",
            "Content-Length: 99999999999999999999\r\n\r\n",
            "Transfer-Encoding: gzip\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\nnine\r\n",
            "Transfer-Encoding: chunked\r\n\r\n+2\r\nab\r\n",
            "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
            "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
            "Transfer-Encoding: chunked\r\n\r\n0\r\nno trailer\r\n\r\n",
        ];
        let bodies = bodies.map(|rest| format!("{post}Host: a\r\n{rest}"));
        let heads = ["\0\0\0\0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET\r\n\r\n", &long, &many];
        for bytes in heads.iter().copied().chain(bodies.iter().map(String::as_str)) {
            let mut client = Client::new(&api).await;
            client.send(bytes).await;
            let seen = client.rest().await;
            assert!(seen.is_empty() || seen.starts_with(b"HTTP/1.1 400"), "{bytes:?}");
        }
        // Disconnects after half a request.
        for bytes in ["GE", "GET / HTTP/1.1\r\nHo", &format!("{post}Host: a\r\nContent-Length: 9\r\n\r\nhalf")] {
            Client::new(&api).await.send(bytes).await;
        }
        // Header values are not validated.
        let mut client = Client::new(&api).await;
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Raw: \xff\xfe\r\n\r\n").await;
        assert_eq!(client.read().await.status, 404);
    });
}
