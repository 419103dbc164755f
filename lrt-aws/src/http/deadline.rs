//! Time limits derived from the invocation's deadline.
//!
//! When lrt ends an invocation at its deadline, it drops pending calls, and the handler cannot report which one was slow.
//! Therefore each attempt, each response body and each pause between attempts ends earlier, with an error.

use aws_smithy_async::rt::sleep::{AsyncSleep, Sleep};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use lrt_core::{BoxError, Context};
use std::fmt;
use std::pin::Pin;
use std::task::{self, Poll, ready};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// Shortest pause. Some of the SDK's timers restart when they fire, and would spin without it.
const SHORTEST_SLEEP: Duration = Duration::from_millis(10);

/// Returns the time until `margin` before the invocation's deadline.
pub(crate) fn time_left(context: &Context, margin: Duration) -> Duration {
    context.remaining().saturating_sub(margin)
}

/// Error of a call that has no response shortly before the invocation's deadline.
#[derive(Debug)]
pub(crate) struct OutOfTime {
    margin: Duration,
}

impl OutOfTime {
    pub(crate) fn new(margin: Duration) -> OutOfTime {
        OutOfTime { margin }
    }
}

impl fmt::Display for OutOfTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no response: the invocation's deadline is in {:?} or less", self.margin)
    }
}

impl std::error::Error for OutOfTime {}

impl From<OutOfTime> for ConnectorError {
    /// The SDK does not retry user errors. It would retry a timeout, after a pause that exceeds the remaining time of
    /// the invocation.
    fn from(error: OutOfTime) -> ConnectorError {
        ConnectorError::user(error.into())
    }
}

/// Response body that fails once the time limit is reached.
pub(crate) struct LimitedBody {
    body: SdkBody,
    end: Instant,
    margin: Duration,
    /// Created lazily: most bodies arrive together with the head.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl LimitedBody {
    pub(crate) fn wrap(body: SdkBody, end: Instant, margin: Duration) -> SdkBody {
        SdkBody::from_body_1_x(LimitedBody { body, end, margin, timer: None })
    }
}

impl Body for LimitedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        let end = self.end;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(end)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(OutOfTime::new(self.margin).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        Body::size_hint(&self.body)
    }
}

/// The timer of the SDK's pauses between attempts and timeouts. It fires no later than the time limit, so that the next
/// attempt fails in time.
#[derive(Debug)]
pub(crate) struct LimitedSleep {
    pub(crate) margin: Duration,
}

impl AsyncSleep for LimitedSleep {
    fn sleep(&self, duration: Duration) -> Sleep {
        let limit = Context::current().map(|context| time_left(&context, self.margin).max(SHORTEST_SLEEP));
        Sleep::new(sleep(limit.map_or(duration, |limit| limit.min(duration))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::pool::next_frame;
    use lrt_core::{Deadline, EventHeaders};

    const MARGIN: Duration = Duration::from_millis(250);

    fn context(remaining: Duration) -> Context {
        Context::new(&EventHeaders::default(), Default::default(), false).with_deadline(Deadline::after(remaining))
    }

    async fn slept(duration: Duration) -> Duration {
        let start = Instant::now();
        LimitedSleep { margin: MARGIN }.sleep(duration).await;
        start.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_end_at_the_time_limit_of_the_invocation() {
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(slept(minute).await, minute);
        assert_eq!(context(second).scope(slept(minute)).await, second - MARGIN);
        assert_eq!(context(minute).scope(slept(second)).await, second);
        assert_eq!(context(MARGIN).scope(slept(minute)).await, SHORTEST_SLEEP);
    }

    #[tokio::test(start_paused = true)]
    async fn body_without_an_end_fails_in_time() {
        struct Endless;
        impl Body for Endless {
            type Data = Bytes;
            type Error = BoxError;
            fn poll_frame(
                self: Pin<&mut Self>,
                _: &mut task::Context<'_>,
            ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
                Poll::Pending
            }
        }
        let start = Instant::now();
        let end = start + Duration::from_secs(3);
        let mut body = LimitedBody::wrap(SdkBody::from_body_1_x(Endless), end, MARGIN);
        let error = next_frame(&mut body).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "no response: the invocation's deadline is in 250ms or less");
        assert_eq!(start.elapsed(), Duration::from_secs(3));
    }

    #[tokio::test]
    async fn available_body_is_read_after_the_time_limit() {
        let mut body = LimitedBody::wrap(SdkBody::from("done"), Instant::now(), MARGIN);
        let frame = next_frame(&mut body).await.unwrap().unwrap();
        assert_eq!(frame.into_data().unwrap(), "done");
        assert!(next_frame(&mut body).await.is_none());
    }
}
