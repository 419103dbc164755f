//! A future that is polled only when it asked for that.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// Stands beside futures that are polled again and again, and costs next to nothing while it was not woken.
pub(crate) struct Quiet<F> {
    future: F,
    /// The task that polled last, and whether the future woke it since.
    bell: Option<Arc<Bell>>,
}

struct Bell {
    rung: AtomicBool,
    task: Waker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl<F: Future + Unpin> Quiet<F> {
    pub(crate) fn new(future: F) -> Quiet<F> {
        Quiet { future, bell: None }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let bell = match &self.bell {
            Some(bell) if bell.task.will_wake(cx.waker()) => {
                if !bell.rung.swap(false, Ordering::Acquire) {
                    return Poll::Pending;
                }
                bell
            }
            _ => self.bell.insert(Arc::new(Bell { rung: AtomicBool::new(false), task: cx.waker().clone() })),
        };
        let waker = Waker::from(Arc::clone(bell));
        Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_future_is_polled_when_it_was_woken_and_not_before() {
        let mut polls = 0;
        let mut sleep = Box::pin(tokio::time::sleep(std::time::Duration::from_secs(1)));
        let mut quiet = Quiet::new(std::future::poll_fn(|cx| {
            polls += 1;
            sleep.as_mut().poll(cx)
        }));
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
        std::future::poll_fn(|cx| {
            while ticks.poll_tick(cx).is_ready() {}
            quiet.poll(cx)
        })
        .await;
        drop(quiet);
        assert_eq!(polls, 2);
    }
}
