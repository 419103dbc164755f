//! Sending a reply while it is made: its chunks, its panics, its time.

use super::guard::{self, Cut, Stop};
use super::panics;
use super::worker::{self, Rare};
use crate::error::{ErrorReport, RenderedError};
use crate::invocation::{Context, DeadlineMargin, Own};
use crate::log;
use crate::runtime_api::stream::{MAX_TRAILER_BYTES, Posting, Refused};
use crate::runtime_api::{Client, Fatal, Posted};
use crate::stream::{Chunks, MAX_STREAM_BYTES, Streamed};
use bytes::Bytes;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{self, Poll};
use tokio::time::Instant;

/// Chunks that are there at once are sent without a pause, but for one after so many: a signal is seen then.
const TURNS: usize = 32;

/// The chunks of a stream, whose polls and destructor are the function's own code.
struct Source {
    /// None once it has ended, or failed.
    body: Option<Pin<Box<dyn Chunks>>>,
    size: usize,
    own: Own,
}

impl Source {
    fn new(stream: Streamed, context: &Context) -> (Source, Vec<Bytes>) {
        let prelude: Vec<Bytes> = stream.prelude.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        let size = prelude.iter().map(Bytes::len).sum();
        (Source { body: Some(stream.body), size, own: Own::new(Some(context)) }, prelude)
    }

    fn is_end(&self) -> bool {
        self.body.is_none()
    }

    /// The next chunk, which is not empty. A stream that has ended is dropped before that is told.
    fn poll(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<Option<Bytes>, ErrorReport>> {
        for _ in 0..TURNS {
            let Some(body) = &mut self.body else { return Poll::Ready(Ok(None)) };
            let entered = self.own.enter();
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
                // The chunk is lost to it: that the reply is not whole is what counts.
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

    /// Drops it for a failure, which is what is told even if that panics.
    fn failed(&mut self, report: ErrorReport) -> ErrorReport {
        let _ = self.close();
        report
    }
}

/// Why no chunk follows.
enum Ended {
    Whole,
    Failed(ErrorReport),
    Refused(Refused),
}

/// Posts a reply that is made while it is sent, or the error of one that failed before its first byte; says what became of
/// it.
pub(crate) async fn send(
    stream: Option<Streamed>,
    client: &mut Client,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
) -> Result<(), Fatal> {
    let rare = post(stream, client, context, margin, stop).await?;
    worker::answer(rare, client, context, margin, stop).await
}

/// Posts such a reply, if it comes to that.
async fn post(
    stream: Option<Streamed>,
    client: &mut Client,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
) -> Result<Rare, Fatal> {
    let Some(stream) = stream else { return Ok(Rare::Failed(sent_before().render())) };
    let margin = stream.margin.unwrap_or(margin);
    let content_type = stream.content_type;
    let (mut source, prelude) = Source::new(stream, context);
    let first = match first(&mut source, prelude.is_empty(), context, margin, stop).await {
        Ok(first) => first,
        Err(report) => return Ok(Rare::Failed(guard::rendered(report))),
    };
    let posting = Posting::open(client, context, content_type).await;
    let mut posting = match posting {
        Ok(posting) => posting,
        Err(error) => {
            let _ = source.close();
            return Ok(Rare::Posted(Posted::Lost(error)));
        }
    };
    for chunk in &prelude {
        posting.add(chunk);
    }
    if let Some(chunk) = first {
        posting.chunk(chunk);
    }
    let ended = loop {
        match pump(&mut source, &mut posting, context, margin, stop).await {
            Ended::Refused(Refused::Gone(_)) if posting.reopen().await => {}
            ended => break ended,
        }
    };
    let posted = match ended {
        Ended::Whole => posting.answer().await?,
        Ended::Failed(report) => {
            let failure = rendered(report);
            log::error_report(log::Level::Error, context.request_id(), format_args!("{}", failure.text), &failure);
            posting.fail(&failure).await?
        }
        Ended::Refused(why) => {
            if let Err(panic) = source.close() {
                log::error(context.request_id(), format_args!("{}", panic.text()));
            }
            posting.stop(why).await?
        }
    };
    Ok(Rare::Posted(posted))
}

/// The first chunk. It is waited for if nothing else is there to be sent; otherwise it is taken along if it is there.
async fn first(
    source: &mut Source,
    wait: bool,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
) -> Result<Option<Bytes>, ErrorReport> {
    if !wait {
        return match poll_fn(|cx| Poll::Ready(source.poll(cx))).await {
            Poll::Ready(first) => first,
            Poll::Pending => Ok(None),
        };
    }
    let first = guard::in_time(pin!(poll_fn(|cx| source.poll(cx))), || margin.cutoff(context.due()), stop).await;
    first.unwrap_or_else(|cut| Err(source.failed(ErrorReport::timeout(cut, context.due()))))
}

/// Sends chunk after chunk.
async fn pump(
    source: &mut Source,
    posting: &mut Posting<'_>,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
) -> Ended {
    let due = margin.cutoff(context.due());
    let pumped = poll_fn(|cx| {
        for _ in 0..TURNS {
            if source.is_end() {
                posting.add_end();
            }
            match posting.poll_send(cx) {
                Poll::Ready(Ok(())) if source.is_end() => return Poll::Ready(Ended::Whole),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(why)) => return Poll::Ready(Ended::Refused(why)),
                Poll::Pending => return Poll::Pending,
            }
            // The alarm is not heard while there is always a chunk.
            if due.is_some_and(|due| Instant::now() >= due) {
                return Poll::Ready(Ended::Failed(ErrorReport::timeout(Cut::Deadline, context.due())));
            }
            match source.poll(cx) {
                Poll::Ready(Ok(Some(chunk))) => posting.chunk(chunk),
                Poll::Ready(Ok(None)) => {}
                Poll::Ready(Err(report)) => return Poll::Ready(Ended::Failed(report)),
                Poll::Pending => return posting.poll_refused(cx).map(Ended::Refused),
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let ended = guard::in_time(pin!(pumped), || due, stop).await;
    match ended.unwrap_or_else(|cut| Ended::Failed(ErrorReport::timeout(cut, context.due()))) {
        Ended::Failed(report) => Ended::Failed(source.failed(report)),
        ended => ended,
    }
}

/// Has the stream of a reply made without a connection: each chunk is handed to `sent`.
pub(crate) async fn collect(
    stream: Option<Streamed>,
    context: &Context,
    margin: DeadlineMargin,
    stop: &mut Stop<'_>,
    sent: &mut dyn FnMut(Bytes),
) -> Result<(), RenderedError> {
    let Some(stream) = stream else { return Err(sent_before().render()) };
    let margin = stream.margin.unwrap_or(margin);
    let (mut source, prelude) = Source::new(stream, context);
    prelude.into_iter().for_each(&mut *sent);
    loop {
        match first(&mut source, true, context, margin, stop).await {
            Ok(Some(chunk)) => sent(chunk),
            Ok(None) => return Ok(()),
            Err(report) => return Err(guard::rendered(report)),
        }
    }
}

fn sent_before() -> ErrorReport {
    ErrorReport::new("the stream of this reply was sent before: a clone of a streamed reply is the same stream")
}

/// A failure that fits into trailers.
fn rendered(report: ErrorReport) -> RenderedError {
    panics::catch_panic(move || report.render_within(MAX_TRAILER_BYTES))
        .unwrap_or_else(|panic| panic.render_within(MAX_TRAILER_BYTES))
}
