//! Polls a sub-future only after its waker fired.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A future that is polled together with others. Polling it costs almost nothing while it has not been woken.
pub(crate) struct WakeTracked<F> {
    future: F,
    /// The task that polled last, and a flag that is set if the future has woken it since.
    flag: Option<Arc<WakeFlag>>,
}

/// A flag that is set when a future is woken, along with the task that polls it.
pub struct WakeFlag {
    woken: AtomicBool,
    task: Waker,
}

impl WakeFlag {
    /// Returns a flag for the task that polls, with an initial state.
    pub fn new(cx: &Context<'_>, woken: bool) -> Arc<WakeFlag> {
        Arc::new(WakeFlag { woken: AtomicBool::new(woken), task: cx.waker().clone() })
    }

    /// Returns true if the flag wakes the task that polls now.
    #[inline]
    pub fn wakes(&self, cx: &Context<'_>) -> bool {
        self.task.will_wake(cx.waker())
    }

    /// Clears the flag, and returns true if it was set.
    #[inline]
    pub fn take(&self) -> bool {
        self.woken.swap(false, Ordering::Acquire)
    }

    /// Clears the flag.
    #[inline]
    pub fn clear(&self) {
        self.woken.store(false, Ordering::Relaxed);
    }
}

impl Wake for WakeFlag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.woken.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl<F: Future + Unpin> WakeTracked<F> {
    pub(crate) fn new(future: F) -> WakeTracked<F> {
        WakeTracked { future, flag: None }
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<F::Output> {
        let flag = match &self.flag {
            Some(flag) if flag.wakes(cx) => {
                if !flag.take() {
                    return Poll::Pending;
                }
                flag
            }
            _ => self.flag.insert(WakeFlag::new(cx, false)),
        };
        let waker = Waker::from(Arc::clone(flag));
        Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn future_is_polled_only_after_it_was_woken() {
        let mut polls = 0;
        let mut sleep = Box::pin(tokio::time::sleep(std::time::Duration::from_secs(1)));
        let mut tracked = WakeTracked::new(std::future::poll_fn(|cx| {
            polls += 1;
            sleep.as_mut().poll(cx)
        }));
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(100));
        std::future::poll_fn(|cx| {
            while ticks.poll_tick(cx).is_ready() {}
            tracked.poll(cx)
        })
        .await;
        drop(tracked);
        assert_eq!(polls, 2);
    }
}
