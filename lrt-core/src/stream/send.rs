//! Sends a streaming reply, and handles its panics and its deadline.

use super::{Chunks, MAX_STREAM_BYTES, Streamed};
use crate::error::{ErrorReport, RenderedError};
use crate::interrupt::{DeadlineMargin, Interrupted, ShutdownSignal, with_deadline_or_shutdown};
use crate::invocation::{Context, CurrentContext};
use crate::log;
use crate::metrics::Automatic;
use crate::panics;
use crate::runtime_api::stream::{MAX_TRAILER_BYTES, Posting, StreamAborted};
use crate::runtime_api::{Client, Fatal, PostOutcome};
use bytes::Bytes;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{self, Poll};
use tokio::time::Instant;

/// The maximum number of chunks that are sent without yielding, so that a stream that is always ready does not hide the
/// shutdown signal.
const MAX_CHUNKS_PER_POLL: usize = 32;

/// The chunks of a stream. Polling and dropping it runs the function's code.
struct ChunkSource {
    /// `None` after the end or an error.
    body: Option<Pin<Box<dyn Chunks>>>,
    size: usize,
    current: CurrentContext,
}

impl ChunkSource {
    fn new(stream: Streamed, context: &Context) -> (ChunkSource, Vec<Bytes>) {
        let prelude: Vec<Bytes> = stream.prelude.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        let size = prelude.iter().map(Bytes::len).sum();
        (ChunkSource { body: Some(stream.body), size, current: CurrentContext::new(Some(context)) }, prelude)
    }

    fn is_end(&self) -> bool {
        self.body.is_none()
    }

    /// Polls for the next non-empty chunk. The stream is dropped before its end is returned.
    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<Option<Bytes>, ErrorReport>> {
        for _ in 0..MAX_CHUNKS_PER_POLL {
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            let entered = self.current.enter();
            let polled = panics::catch_panic(|| {
                let polled = body.as_mut().poll_chunk(cx);
                (polled, body.is_end())
            });
            drop(entered);
            let (chunk, is_end) = match polled {
                Ok((Poll::Pending, _)) => return Poll::Pending,
                Ok((Poll::Ready(Some(Ok(chunk))), is_end)) => (chunk, is_end),
                Ok((Poll::Ready(Some(Err(error))), _)) => {
                    return Poll::Ready(Err(self.failed(ErrorReport::from_box(error))));
                }
                Ok((Poll::Ready(None), _)) => return Poll::Ready(self.close().map(|()| None)),
                Err(panic) => return Poll::Ready(Err(self.failed(panic))),
            };
            self.size = self.size.saturating_add(chunk.len());
            if self.size > MAX_STREAM_BYTES {
                return Poll::Ready(Err(self.failed(ErrorReport::too_large(self.size, MAX_STREAM_BYTES))));
            }
            if is_end && let Err(panic) = self.close() {
                // The chunk is lost, but the reply is incomplete in any case.
                return Poll::Ready(Err(panic));
            }
            if !chunk.is_empty() {
                return Poll::Ready(Ok(Some(chunk)));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Drops the stream.
    fn close(&mut self) -> Result<(), ErrorReport> {
        let body = self.body.take();
        panics::catch_panic(|| drop(body))
    }

    /// Drops the stream after an error. A panic in its destructor is ignored in favor of the error.
    fn failed(&mut self, report: ErrorReport) -> ErrorReport {
        let _ = self.close();
        report
    }
}

/// The reason why no chunk follows.
enum StreamEnd {
    Complete,
    Failed(ErrorReport),
    Aborted(StreamAborted),
}

/// Posts a streaming reply, or the error that occurred before its first chunk, and logs the outcome.
pub(super) async fn send(
    stream: Option<Streamed>,
    client: &mut Client,
    context: &Context,
    margin: DeadlineMargin,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<(), Fatal> {
    let Some(stream) = stream else { return client.fail(context, &already_sent().render()).await };
    let margin = stream.margin.unwrap_or(margin);
    let content_type = stream.content_type;
    let (mut source, prelude) = ChunkSource::new(stream, context);
    let first = match first(&mut source, prelude.is_empty(), context, margin, shutdown).await {
        Ok(first) => first,
        Err(report) => return client.fail(context, &panics::render(report)).await,
    };
    let mut posting = match Posting::open(client, context, content_type).await {
        Ok(posting) => posting,
        Err(error) => {
            let _ = source.close();
            PostOutcome::NoResponse(error).log(context.request_id(), "reply");
            return Ok(());
        }
    };
    for chunk in &prelude {
        posting.add(chunk);
    }
    if let Some(chunk) = first {
        posting.chunk(chunk);
    }
    let ended = loop {
        match forward_chunks(&mut source, &mut posting, context, margin, shutdown).await {
            StreamEnd::Aborted(StreamAborted::ConnectionLost(_)) if posting.reopen().await => {}
            ended => break ended,
        }
    };
    let posted = match ended {
        StreamEnd::Complete => posting.response().await?,
        StreamEnd::Failed(report) => {
            context.metrics().record(Automatic::Errors, 1);
            let failure = render_for_trailers(report);
            log::error_report(log::Level::Error, context.request_id(), format_args!("{}", failure.text), &failure);
            posting.fail(&failure).await?
        }
        StreamEnd::Aborted(aborted) => {
            if let Err(panic) = source.close() {
                log::error(context.request_id(), format_args!("{}", panic.text()));
            }
            posting.abort(aborted).await?
        }
    };
    posted.log(context.request_id(), "reply");
    Ok(())
}

/// Polls for the first chunk. If there is something else to send, it does not wait for the chunk.
async fn first(
    source: &mut ChunkSource,
    wait: bool,
    context: &Context,
    margin: DeadlineMargin,
    shutdown: &mut ShutdownSignal<'_>,
) -> Result<Option<Bytes>, ErrorReport> {
    if !wait {
        return match poll_fn(|cx| Poll::Ready(source.poll(cx))).await {
            Poll::Ready(first) => first,
            Poll::Pending => Ok(None),
        };
    }
    let first =
        with_deadline_or_shutdown(pin!(poll_fn(|cx| source.poll(cx))), || margin.cutoff(context.due()), shutdown).await;
    first.unwrap_or_else(|interrupted| Err(source.failed(context.stopped(interrupted))))
}

/// Sends chunks until the stream ends or cannot continue.
async fn forward_chunks(
    source: &mut ChunkSource,
    posting: &mut Posting<'_>,
    context: &Context,
    margin: DeadlineMargin,
    shutdown: &mut ShutdownSignal<'_>,
) -> StreamEnd {
    let due = margin.cutoff(context.due());
    let forwarded = poll_fn(|cx| {
        for _ in 0..MAX_CHUNKS_PER_POLL {
            if source.is_end() {
                posting.add_end();
            }
            match posting.poll_send(cx) {
                Poll::Ready(Ok(())) if source.is_end() => return Poll::Ready(StreamEnd::Complete),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(aborted)) => return Poll::Ready(StreamEnd::Aborted(aborted)),
                Poll::Pending => return Poll::Pending,
            }
            // The timer is not polled while there is always a chunk.
            if due.is_some_and(|due| Instant::now() >= due) {
                return Poll::Ready(StreamEnd::Failed(context.stopped(Interrupted::Deadline)));
            }
            match source.poll(cx) {
                Poll::Ready(Ok(Some(chunk))) => posting.chunk(chunk),
                Poll::Ready(Ok(None)) => {}
                Poll::Ready(Err(report)) => return Poll::Ready(StreamEnd::Failed(report)),
                Poll::Pending => return posting.poll_aborted(cx).map(StreamEnd::Aborted),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let ended = with_deadline_or_shutdown(pin!(forwarded), || due, shutdown).await;
    match ended.unwrap_or_else(|interrupted| StreamEnd::Failed(context.stopped(interrupted))) {
        StreamEnd::Failed(report) => StreamEnd::Failed(source.failed(report)),
        ended => ended,
    }
}

/// Collects a stream without a connection: each chunk is passed to `sent`.
pub(crate) async fn collect(
    stream: Option<Streamed>,
    context: &Context,
    margin: DeadlineMargin,
    shutdown: &mut ShutdownSignal<'_>,
    sent: &mut dyn FnMut(Bytes),
) -> Result<(), RenderedError> {
    let Some(stream) = stream else { return Err(already_sent().render()) };
    let margin = stream.margin.unwrap_or(margin);
    let (mut source, prelude) = ChunkSource::new(stream, context);
    prelude.into_iter().for_each(&mut *sent);
    loop {
        match first(&mut source, true, context, margin, shutdown).await {
            Ok(Some(chunk)) => sent(chunk),
            Ok(None) => return Ok(()),
            Err(report) => return Err(panics::render(report)),
        }
    }
}

fn already_sent() -> ErrorReport {
    ErrorReport::new("the stream of this reply was already sent (a clone of a streamed reply shares its stream)")
}

/// Renders a report so that it fits into trailers.
fn render_for_trailers(report: ErrorReport) -> RenderedError {
    panics::catch_panic(move || report.render_within(MAX_TRAILER_BYTES))
        .unwrap_or_else(|panic| panic.render_within(MAX_TRAILER_BYTES))
}
