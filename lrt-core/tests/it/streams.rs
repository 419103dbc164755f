//! Streamed replies that the other side closes before their end.

use crate::support::{PAUSE, TestHandler, event, run};
use bytes::Bytes;
use lrt_core::{BoxError, Chunks, Invocation, Reply, Streamed};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Yields a chunk, and then ends or waits forever.
struct Once {
    chunk: Option<Bytes>,
    ends: bool,
}

impl Chunks for Once {
    fn poll_chunk(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, BoxError>>> {
        match self.chunk.take() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None if self.ends => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

/// Streams this number of bytes to a peer that reads to the end of the request's head, or of the chunk (`reads_chunk`), and
/// closes the connection. Returns the log.
fn closed_early(bytes: usize, ends: bool, reads_chunk: bool) -> Vec<String> {
    let chunk = "x".repeat(bytes);
    let stream = move |_: Invocation| {
        let chunk = Some(Bytes::from("x".repeat(bytes)));
        async move { Ok(Reply::from(Streamed::new(Once { chunk, ends }))) }
    };
    let (succeeded, log) = run(1, TestHandler(stream, ()), async |api, signal| {
        let mut connection = api.accept_next().await;
        connection.send(&event("a-1", "1")).await;
        connection.read_until("\r\n\r\n").await;
        if reads_chunk {
            connection.read_until(&chunk).await;
        }
        tokio::time::sleep(PAUSE).await;
        drop(connection);
        let next = api.accept_next().await;
        signal.send(()).unwrap();
        next
    });
    assert!(succeeded);
    log
}

#[test]
fn stream_that_is_closed_early_is_logged_once_with_the_number_of_bytes_sent() {
    for (bytes, ends, reads_chunk) in
        [(5, false, true), (5, true, true), (20_000, false, true), (150_000, false, false), (150_000, true, false)]
    {
        let log = closed_early(bytes, ends, reads_chunk);
        let [line] = &log[..] else { panic!("{bytes} {ends} {reads_chunk}: {log:?}") };
        assert!(line.starts_with("WARN RequestId: a-1 the streamed reply was not read to its end: "), "{line}");
        assert!(line.ends_with(&format!(" ({bytes} bytes sent)")), "{line}");
    }
}
