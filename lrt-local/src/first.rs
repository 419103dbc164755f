//! Waiting for one of two. (tokio's `select!` would need its macros.)

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Which of the two came first. One that is behind may have been under way: it is dropped.
pub(super) enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for whichever is ready first; for the former, if both are.
pub(super) async fn first<A, B>(one: impl Future<Output = A>, other: impl Future<Output = B>) -> First<A, B> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(First::One(value)),
        Poll::Pending => other.as_mut().poll(cx).map(First::Other),
    })
    .await
}
