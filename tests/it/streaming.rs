//! Streamed replies on the real loop, over real sockets.

use crate::support::{Running, run_function};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use lrt::http::{Body, Response};
use lrt::testing::{Answer, AnswerKind, Endpoint, Event, Fault, events};
use lrt::{DeadlineMargin, Error};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

const ERROR_TYPE: &str = "Lambda-Runtime-Function-Error-Type";
const ERROR_BODY: &str = "Lambda-Runtime-Function-Error-Body";

/// Returns a stream of these items that yields to the runtime before each one.
fn slowly<T: Send + 'static>(items: Vec<T>) -> impl Stream<Item = T> + Send {
    stream::iter(items).then(|item| async {
        tokio::time::sleep(Duration::from_millis(1)).await;
        item
    })
}

/// Returns the error type and the error in the trailers.
fn failure(answer: &Answer) -> (String, serde_json::Value) {
    use base64::Engine;
    let body = answer.trailers.get(ERROR_BODY).unwrap_or_else(|| {
        panic!("no error is in the trailers: {:?} of {} bytes, {:?}", answer.kind, answer.body.len(), answer.headers)
    });
    let body = base64::engine::general_purpose::STANDARD.decode(body).unwrap();
    (answer.trailers.get(ERROR_TYPE).unwrap().to_owned(), serde_json::from_slice(&body).unwrap())
}

fn texts(answer: &Answer) -> Vec<String> {
    answer.chunks().map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect()
}

async fn assert_still_serving(running: &Running) {
    let answer = running.invoke("[\"again\"]").await;
    assert_eq!((answer.kind, &*answer.text()), (AnswerKind::Reply, "again"));
    assert_eq!(answer.trailers.get(ERROR_TYPE), None);
}

#[test]
fn each_item_is_a_chunk_and_the_head_announces_trailers() {
    async fn echo(items: Vec<String>) -> Result<impl Stream<Item = String>, lrt::Error> {
        Ok(slowly(items))
    }
    run_function(lrt::json(echo).streaming().define(), async |running| {
        let answer = running.invoke(r#"["one", "", "three", "four"]"#).await;
        assert_eq!(texts(&answer), ["one", "three", "four"]);
        let header = |name| answer.headers.get(name).unwrap_or_default();
        assert_eq!(header("Lambda-Runtime-Function-Response-Mode"), "streaming");
        assert_eq!(header("Transfer-Encoding"), "chunked");
        assert_eq!(header("Content-Type"), "application/octet-stream");
        assert_eq!(header("Trailer"), format!("{ERROR_TYPE}, {ERROR_BODY}"));
        assert_eq!(header("Content-Length"), "");
        assert!(answer.trailers.get(ERROR_TYPE).is_none());
        // An empty stream is an empty reply.
        let answer = running.invoke("[]").await;
        assert_eq!((answer.kind, texts(&answer).len()), (AnswerKind::Reply, 0));
        let answer = running.api.invoke(Event::new("[\"a\"]").header("Lambda-Runtime-Invocation-Id", "i-7")).await;
        assert_eq!(answer.headers.get("Lambda-Runtime-Invocation-Id"), Some("i-7"));
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn failure_before_the_first_byte_is_an_ordinary_error() {
    async fn fail(how: String) -> Result<impl Stream<Item = Result<Bytes, Error>>, Error> {
        match &*how {
            "call" => return Err(Error::named("NoCall", "at once")),
            "panic" => panic!("at once"),
            _ => {}
        }
        Ok(stream::once(async move {
            match &*how {
                "item" => Err(Error::named("NoItem", "first")),
                "poll" => panic!("first"),
                "wait" => std::future::pending().await,
                _ => Ok(Bytes::from("again")),
            }
        }))
    }
    let margin = Duration::from_millis(2900);
    run_function(lrt::json(fail).deadline_margin(margin).streaming().define(), async |running| {
        for (how, error_type) in [
            ("\"call\"", "Function.NoCall"),
            ("\"panic\"", "Function.Panic"),
            ("\"item\"", "Function.NoItem"),
            ("\"poll\"", "Function.Panic"),
            ("\"wait\"", "Function.Timeout"),
            ("7", "Runtime.UnmarshalError"),
        ] {
            let answer = running.api.invoke(Event::new(how).deadline_in(Duration::from_secs(3))).await;
            assert_eq!((answer.kind, answer.error_type()), (AnswerKind::Error, Some(error_type)), "{how}");
            assert_eq!(running.invoke("\"ok\"").await.text(), "again");
        }
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn failure_after_the_first_byte_is_in_the_trailers() {
    #[derive(Debug, thiserror::Error)]
    #[error("broke: {0}")]
    struct Broken(String);

    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("in the destructor");
        }
    }

    async fn fail(how: Vec<String>) -> Result<impl Stream<Item = Result<String, Broken>>, lrt::Error> {
        let bomb = (how[0] == "drop").then(|| Bomb);
        let items = how[0] == "again";
        Ok(stream::iter(0..).map(move |n| (n, &bomb).0).take(if items { 1 } else { 3 }).then(move |n| {
            let how = how[0].clone();
            async move {
                tokio::task::yield_now().await;
                match (n, &*how) {
                    (0, "again") => Ok(how),
                    (0 | 1, _) => Ok(n.to_string()),
                    (_, "error") => Err(Broken("x".repeat(4000))),
                    (_, "panic") => panic!("third"),
                    (_, "wait") => std::future::pending().await,
                    _ => Ok("2".to_owned()),
                }
            }
        }))
    }
    let margin = Duration::from_millis(2900);
    run_function(lrt::json(fail).deadline_margin(margin).streaming().define(), async |running| {
        for (how, error_type, name, message, sent) in [
            ("[\"error\"]", "Function.Broken", "Broken", "broke: xxx", "01"),
            ("[\"panic\"]", "Function.Panic", "Function.Panic", "panicked at tests/it/streaming.rs:", "01"),
            ("[\"wait\"]", "Function.Timeout", "Function.Timeout", "function stopped: still running 28", "01"),
            ("[\"drop\"]", "Function.Panic", "Function.Panic", "panicked at tests/it/streaming.rs:", "012"),
        ] {
            let answer = running.api.invoke(Event::new(how).deadline_in(Duration::from_secs(3))).await;
            assert_eq!((answer.kind, &*answer.text()), (AnswerKind::Reply, sent), "{how}");
            let (header, error) = failure(&answer);
            assert_eq!((&*header, &error["errorType"]), (error_type, &name.into()));
            assert!(error["errorMessage"].as_str().unwrap().starts_with(message), "{error}");
            // The limit of servers for trailers.
            assert!(answer.trailers.get(ERROR_BODY).unwrap().len() < 3700);
            assert_still_serving(&running).await;
        }
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

/// An endless stream. Counts the chunks, and the times that the stream is dropped.
#[derive(Clone, Default)]
struct Endless {
    made: Arc<AtomicUsize>,
    dropped: Arc<AtomicUsize>,
}

impl Endless {
    fn stream(&self, pause: Option<Duration>) -> impl Stream<Item = Bytes> + Send + use<> {
        struct Noted(Endless);
        impl Drop for Noted {
            fn drop(&mut self) {
                self.0.dropped.fetch_add(1, Ordering::SeqCst);
            }
        }
        let noted = Noted(self.clone());
        stream::iter(0..).then(move |n: u64| {
            noted.0.made.fetch_add(1, Ordering::SeqCst);
            async move {
                match pause {
                    Some(pause) if n > 0 => tokio::time::sleep(pause).await,
                    _ => {}
                }
                Bytes::from(vec![b'x'; 1000])
            }
        })
    }

    async fn was_dropped(&self) {
        while self.dropped.swap(0, Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

#[test]
fn disconnected_client_ends_the_stream_and_not_the_loop() {
    for pause in [None, Some(Duration::from_millis(1)), Some(Duration::from_secs(3600))] {
        let endless = Endless::default();
        let makes = endless.clone();
        let function = move |items: Vec<String>| {
            let makes = makes.clone();
            async move {
                Ok::<_, lrt::Error>(match items.is_empty() {
                    true => makes.stream(pause).boxed(),
                    false => slowly(items).map(Bytes::from).boxed(),
                })
            }
        };
        run_function(lrt::json(function).deadline_margin(DeadlineMargin::Off).streaming().define(), async |running| {
            for fault in [
                Fault::CloseInRequest(0),
                Fault::CloseInRequest(3),
                Fault::CloseInRequest(900),
                Fault::AnswerEarly(400),
                Fault::AnswerEarly(410),
                Fault::AnswerEarly(413),
            ] {
                running.api.fault(Endpoint::Response, fault.clone());
                let lost = running.api.send(Event::new("[]"));
                endless.was_dropped().await;
                assert_eq!(lost.await.kind, AnswerKind::Lost, "{fault:?}");
                assert_still_serving(&running).await;
            }
            assert!(running.is_running());
            assert!(running.stop().await);
        });
    }
}

#[test]
fn early_response_does_not_end_the_stream() {
    async fn echo(items: Vec<String>) -> Result<impl Stream<Item = String>, lrt::Error> {
        Ok(slowly(items))
    }
    run_function(lrt::json(echo).streaming().define(), async |running| {
        running.api.fault(Endpoint::Response, Fault::AnswerEarly(200));
        assert_eq!(texts(&running.invoke(r#"["a", "b", "c"]"#).await), ["a", "b", "c"]);
        assert_still_serving(&running).await;
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn closed_connection_after_a_stream_loses_no_event() {
    async fn echo(items: Vec<String>) -> Result<impl Stream<Item = String>, lrt::Error> {
        Ok(slowly(items))
    }
    run_function(lrt::json(echo).streaming().define(), async |running| {
        for fault in [
            Fault::Close { taken: true },
            Fault::CloseAfterHead,
            Fault::CloseInHead(9),
            Fault::CloseAfterAnswer { announced: true },
            Fault::CloseAfterAnswer { announced: false },
            Fault::ByteByByte,
        ] {
            running.api.fault(Endpoint::Response, fault.clone());
            assert_eq!(texts(&running.invoke(r#"["a", "b"]"#).await), ["a", "b"], "{fault:?}");
            assert_still_serving(&running).await;
        }
        // The same applies if the connection is closed before the stream: the event has arrived, and the reply is sent
        // on a new connection.
        for announced in [true, false] {
            running.api.fault(Endpoint::Next, Fault::CloseAfterAnswer { announced });
            assert_still_serving(&running).await;
            assert_still_serving(&running).await;
        }
        let posted = |request: &lrt::testing::Request| request.endpoint == Some(Endpoint::Response);
        assert_eq!(running.api.requests().into_iter().filter(posted).count(), 16);
        assert!(running.stop().await);
    });
}

#[test]
fn ready_stream_is_interrupted_by_deadline_and_signal() {
    let endless = Endless::default();
    let makes = endless.clone();
    let function = move || {
        let chunks = makes.stream(None);
        async move { Ok::<_, lrt::Error>(chunks) }
    };
    run_function(lrt::json(function).streaming().define(), async |running| {
        let answer = running.api.invoke(Event::new("").deadline_in(Duration::from_millis(300))).await;
        assert_eq!(failure(&answer).0, "Function.Timeout");
        endless.was_dropped().await;
        endless.made.store(0, Ordering::SeqCst);
        let pending = running.api.send(Event::new("").deadline_in(Duration::from_secs(60)));
        while endless.made.load(Ordering::SeqCst) < 1000 {
            tokio::task::yield_now().await;
        }
        assert!(running.stop().await);
        let answer = pending.await;
        assert_eq!(failure(&answer).1["errorMessage"], "function stopped: shutting down");
    });
}

/// A stream that is always ready and has nothing to send.
#[test]
fn endless_empty_chunks_are_interrupted_by_deadline_and_signal() {
    let asked = Arc::new(AtomicUsize::new(0));
    let noted = asked.clone();
    let function = move |items: Vec<String>| {
        let noted = noted.clone();
        async move {
            let nothing = move || {
                noted.fetch_add(1, Ordering::SeqCst);
                String::new()
            };
            Ok::<_, lrt::Error>(match items.is_empty() {
                true => stream::repeat_with(nothing).boxed(),
                false => slowly(items).boxed(),
            })
        }
    };
    run_function(lrt::json(function).streaming().define(), async |running| {
        let answer = running.api.invoke(Event::new("[]").deadline_in(Duration::from_millis(300))).await;
        // No byte has been sent, so it is an ordinary error.
        assert_eq!((answer.kind, answer.error_type()), (AnswerKind::Error, Some("Function.Timeout")));
        assert_still_serving(&running).await;
        asked.store(0, Ordering::SeqCst);
        let pending = running.api.send(Event::new("[]"));
        while asked.load(Ordering::SeqCst) < 1000 {
            tokio::task::yield_now().await;
        }
        assert!(running.stop().await);
        assert_eq!(pending.await.error_type(), Some("Function.Timeout"));
    });
}

#[test]
fn stream_over_the_limit_ends_with_an_error() {
    const CHUNK: usize = 4 * 1024 * 1024;
    async fn chunks(count: usize) -> Result<impl Stream<Item = Bytes>, lrt::Error> {
        let chunk = Bytes::from(vec![0; CHUNK]);
        Ok(stream::iter(std::iter::repeat_n(chunk, count)))
    }
    run_function(lrt::json(chunks).streaming().define(), async |running| {
        let answer = running.invoke("50").await;
        assert_eq!((answer.body.len(), answer.trailers.get(ERROR_TYPE)), (50 * CHUNK, None));
        let answer = running.invoke("51").await;
        assert_eq!(answer.body.len(), 50 * CHUNK);
        let (header, error) = failure(&answer);
        assert_eq!(header, "Function.ResponseSizeTooLarge");
        assert_eq!(error["errorMessage"], "reply too large: 213909504 bytes (limit: 209715200)");
        assert!(running.stop().await);
    });
}

#[test]
fn first_chunk_is_sent_before_the_second_is_produced() {
    let (more, rest) = tokio::sync::mpsc::unbounded_channel::<&'static str>();
    let rest = Arc::new(std::sync::Mutex::new(rest));
    let function = move || {
        let rest = rest.clone();
        async move { Ok::<_, lrt::Error>(stream::poll_fn(move |cx| rest.lock().unwrap().poll_recv(cx))) }
    };
    let handler = lrt::json(function).streaming().define();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(tokio::task::LocalSet::new().run_until(async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let environment = lrt::Environment::new(&address, Default::default()).unwrap();
        tokio::task::spawn_local(async move { lrt_core::serve(&handler, environment, std::future::pending()).await });
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut next = [0; 1024];
        _ = stream.read(&mut next).await.unwrap();
        let event = "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: 1\r\nContent-Length: 2\r\n\r\n{}";
        stream.write_all(event.as_bytes()).await.unwrap();
        let mut seen = String::new();
        for (chunk, framed) in [("first", "5\r\nfirst\r\n"), ("second", "6\r\nsecond\r\n"), ("x", "1\r\nx\r\n")] {
            more.send(chunk).unwrap();
            while !seen.ends_with(framed) {
                let mut piece = [0; 1024];
                let n = stream.read(&mut piece).await.unwrap();
                assert_ne!(n, 0);
                seen.push_str(std::str::from_utf8(&piece[..n]).unwrap());
            }
        }
        assert_eq!(seen.matches("\r\n\r\n5\r\nfirst\r\n6\r\n").count(), 1, "{seen}");
    }));
}

fn url(path: &str) -> Event {
    let event = events::function_url().get(path);
    Event::new(event.build().to_string()).deadline_in(Duration::from_secs(3))
}

/// Splits a reply into prelude and body.
fn framed(answer: &Answer) -> (serde_json::Value, String) {
    assert_eq!(answer.kind, AnswerKind::Reply, "{}", answer.text());
    assert_eq!(answer.headers.get("Content-Type"), Some("application/vnd.awslambda.http-integration-response"));
    let chunks: Vec<_> = answer.chunks().collect();
    assert_eq!(chunks[1], [0; 8]);
    (serde_json::from_slice(chunks[0]).unwrap(), String::from_utf8(chunks[2..].concat()).unwrap())
}

#[test]
fn all_responses_of_a_streaming_http_function_have_a_prelude() {
    async fn answer(request: lrt::http::Request) -> Result<Response, Error> {
        let body = match request.uri().path() {
            "/error" => return Err(Error::msg("secret")),
            "/wait" => std::future::pending().await,
            "/first" => Body::from_stream(stream::iter([Err::<Bytes, _>(Error::msg("secret"))])),
            "/large" => {
                let mut response = Response::new(Body::from("x"));
                response.headers_mut().insert("x-large", "x".repeat(17_000).parse().unwrap());
                return Ok(response);
            }
            "/later" => Body::from_stream(slowly(vec![Ok("a"), Ok("b"), Err(Error::named("Later", "late"))])),
            "/empty" => Body::empty(),
            _ => Body::from_stream(slowly(vec![Ok::<_, Error>("a"), Ok(""), Ok("b")])),
        };
        let mut response = Response::new(body);
        for (name, value) in [("x-a", "1"), ("x-a", "2"), ("x-b", "3"), ("set-cookie", "c=1"), ("set-cookie", "d=2")] {
            response.headers_mut().append(name, value.parse().unwrap());
        }
        Ok(response)
    }
    let margin = Duration::from_millis(2900);
    let handler = lrt::function_url(answer).route("GET /{path}").deadline_margin(margin).streaming().define();
    run_function(handler, async |running| {
        let answer = running.api.invoke(url("/stream")).await;
        let (prelude, body) = framed(&answer);
        assert_eq!(body, "ab");
        assert_eq!(
            prelude,
            serde_json::json!({
                "statusCode": 200, "headers": {"x-a": "1,2", "x-b": "3"}, "cookies": ["c=1", "d=2"]
            })
        );
        for (path, status, text) in [
            ("/empty", 200, ""),
            ("/a/b", 404, "\"title\":\"Not Found\""),
            ("/error", 500, "requestId"),
            ("/first", 500, "requestId"),
            ("/large", 500, "requestId"),
            ("/wait", 504, "requestId"),
        ] {
            let (prelude, body) = framed(&running.api.invoke(url(path)).await);
            assert_eq!(prelude["statusCode"], status, "{path}");
            assert!(body.contains(text) && !body.contains("secret"), "{path}: {body}");
        }
        let answer = running.api.invoke(url("/later")).await;
        assert_eq!(framed(&answer).1, "ab");
        assert_eq!(failure(&answer).1["errorMessage"], "late");
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn empty_body_is_a_prelude_only_and_endless_body_is_interrupted() {
    /// A body that consists only of trailers.
    struct Trailers(Option<lrt::http::HeaderMap>);

    impl http_body::Body for Trailers {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> Poll<Option<Result<http_body::Frame<Bytes>, Error>>> {
            Poll::Ready(self.0.take().map(|trailers| Ok(http_body::Frame::trailers(trailers))))
        }
    }

    async fn answer(request: lrt::http::Request) -> Response {
        Response::new(match request.uri().path() {
            "/none" => Body::from_stream(stream::empty::<Result<Bytes, Error>>()),
            "/empty" => Body::from_stream(stream::iter([Ok::<_, Error>(""), Ok("")])),
            "/empty-later" => Body::from_stream(slowly(vec![Ok::<_, Error>(""), Ok("")])),
            "/trailers" => Body::new(Trailers(Some(Default::default()))),
            "/empty-for-ever" => Body::from_stream(stream::repeat_with(|| Ok::<_, Error>(""))),
            _ => Body::from_stream(slowly(vec![Ok::<_, Error>("a")]).chain(stream::pending())),
        })
    }
    run_function(lrt::function_url(answer).streaming().define(), async |running| {
        for path in ["/none", "/empty", "/empty-later", "/trailers"] {
            let answer = running.api.invoke(url(path)).await;
            let (prelude, body) = framed(&answer);
            assert_eq!((&prelude["statusCode"], &*body, answer.chunks().count()), (&200.into(), "", 2), "{path}");
            assert_eq!(answer.trailers.get(ERROR_TYPE), None, "{path}");
        }
        for (path, sent) in [("/empty-for-ever", ""), ("/a-and-no-end", "a")] {
            let answer = running.api.invoke(url(path).deadline_in(Duration::from_millis(300))).await;
            assert_eq!((framed(&answer).1, failure(&answer).0), (sent.to_owned(), "Function.Timeout".to_owned()));
        }
        assert_eq!(running.api.connections(), 1);
        assert!(running.stop().await);
    });
}

#[test]
fn rest_api_prelude_has_header_lists_and_empty_bodies() {
    async fn answer(method: lrt::http::Method) -> Response {
        let mut response = Response::new(Body::from("body"));
        for (name, value) in [("x-a", "1"), ("x-a", "2"), ("x-b", "3"), ("set-cookie", "c=1")] {
            response.headers_mut().append(name, value.parse().unwrap());
        }
        *response.status_mut() = if method == "PUT" { 204 } else { 200 }.try_into().unwrap();
        response
    }
    run_function(lrt::rest_api(answer).streaming().define(), async |running| {
        for (event, status, body) in [
            (events::rest_api().get("/"), 200, "body"),
            (events::rest_api().head("/"), 200, ""),
            (events::rest_api().put("/"), 204, ""),
        ] {
            let event = Event::new(event.build().to_string());
            let (prelude, sent) = framed(&running.api.invoke(event).await);
            assert_eq!((&prelude["statusCode"], &*sent), (&status.into(), body));
            let mut headers = serde_json::json!({"x-b": "3"});
            let mut multi_value_headers = serde_json::json!({"x-a": ["1", "2"], "x-b": ["3"]});
            if body.is_empty() {
                headers["content-length"] = "0".into();
                multi_value_headers["content-length"] = ["0"].into();
            }
            assert_eq!(prelude["headers"], headers);
            assert_eq!(prelude["multiValueHeaders"], multi_value_headers);
            assert_eq!(prelude["cookies"], serde_json::json!(["c=1"]));
        }
        assert!(running.stop().await);
    });
}

#[test]
fn other_origins_do_not_support_streaming() {
    async fn hello() -> &'static str {
        "hello"
    }
    run_function(lrt::alb(hello).streaming().define(), async |running| {
        let error = running.api.init_error().await;
        assert!(error.text().contains("a function of `alb` cannot stream"), "{}", error.text());
        assert!(!running.ended().await);
    });
    run_function(lrt::http(hello).streaming().define(), async |running| {
        let event = |event: serde_json::Value| Event::new(event.to_string());
        assert_eq!(framed(&running.api.invoke(url("/")).await).1, "hello");
        assert_eq!(framed(&running.api.invoke(event(events::rest_api().get("/").build())).await).1, "hello");
        let answer = running.api.invoke(event(events::alb().get("/").build())).await;
        assert!(
            answer.is_error()
                && answer.text().contains(
                    "an Application Load Balancer. It does not support response streaming: remove `streaming`"
                ),
            "{}",
            answer.text()
        );
        assert!(running.stop().await);
    });
}

#[test]
fn wait_until_work_runs_after_the_stream() {
    // `wait_until` work runs after the end of the stream.
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = order.clone();
    let function = move |ctx: lrt::Context| {
        let (first, second) = (noted.clone(), noted.clone());
        ctx.wait_until(async move { second.lock().unwrap().push("wait_until") });
        async move {
            Ok::<_, lrt::Error>(stream::poll_fn(move |_| {
                first.lock().unwrap().push("stream");
                Poll::Ready(None::<Bytes>)
            }))
        }
    };
    run_function(lrt::json(function).streaming().define(), async |running| {
        running.invoke("").await;
        running.api.next_waiting().await;
        assert_eq!(*order.lock().unwrap(), ["stream", "wait_until"]);
        assert!(running.stop().await);
    });
}

#[tokio::test]
async fn schedule_of_a_stream_is_an_error_at_the_cold_start() {
    async fn ticks(_: ()) -> Result<impl futures_util::Stream<Item = &'static str>, Error> {
        Ok(futures_util::stream::empty())
    }
    let outcome = lrt::json(ticks).schedule("rate(1 day)").streaming().harness().invoke("null").await;
    let error = outcome.error().expect("an error").to_string();
    assert!(error.contains("`schedule` cannot be combined with `streaming`"), "{error}");
}
