//! The stall timeout of a connection.

use super::conn::ConnError;
use crate::wake_tracker::WakeTracked;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// The time after which a server without progress has stalled: within a response, before the response to a POST, or
/// while it reads a request. A stall is detected after at most twice this time.
pub(super) const RESPONSE_TIMEOUT: Duration = Duration::from_secs(3);

/// A timer that elapses every [`RESPONSE_TIMEOUT`] during a wait. It is not reset on progress, so progress requires
/// neither a new timer nor a clock read.
#[derive(Default)]
pub(super) struct StallTimeout(Option<WakeTracked<Timer>>);

impl StallTimeout {
    /// Waits for `progress`, until the timer has elapsed twice.
    pub(super) async fn race(&mut self, progress: impl Future<Output = io::Result<usize>>) -> Result<usize, ConnError> {
        let mut progress = pin!(progress);
        let mut has_elapsed = false;
        // The socket is polled first: after Lambda resumed the process, the response and the timer are ready together.
        poll_fn(|cx| match progress.as_mut().poll(cx) {
            Poll::Ready(n) => Poll::Ready(n.map_err(ConnError::from)),
            Poll::Pending if !self.poll_elapsed(cx) => Poll::Pending,
            Poll::Pending if has_elapsed => Poll::Ready(Err(ConnError::Slow)),
            Poll::Pending => {
                // The timer was started by an earlier wait, so this wait gets another period.
                has_elapsed = true;
                let _ = self.poll_elapsed(cx);
                Poll::Pending
            }
        })
        .await
    }

    /// Returns true if the timer elapsed. The next call restarts it.
    fn poll_elapsed(&mut self, cx: &mut Context<'_>) -> bool {
        let timeout = self.0.get_or_insert_with(|| WakeTracked::new(timer(RESPONSE_TIMEOUT)));
        let elapsed = timeout.poll(cx).is_ready();
        if elapsed {
            self.0 = None;
        }
        elapsed
    }
}

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Creates a timer, in the kernel if available.
///
/// With one of tokio's timers, each wait for the socket would have a timeout, for which the kernel sets and cancels a
/// timer every time.
fn timer(duration: Duration) -> Timer {
    #[cfg(target_os = "linux")]
    if let Ok(timer) = linux::timer(duration) {
        return Box::pin(poll_fn(move |cx| timer.poll_read_ready(cx).map(drop)));
    }
    Box::pin(tokio::time::sleep(duration))
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;
    use std::os::fd::{FromRawFd, OwnedFd};
    use std::time::Duration;
    use tokio::io::Interest;
    use tokio::io::unix::AsyncFd;

    /// Creates a file descriptor that becomes readable after `duration`.
    // The replacement, `register`, does not exist in our minimum version of tokio.
    #[allow(deprecated)]
    pub(super) fn timer(duration: Duration) -> io::Result<AsyncFd<OwnedFd>> {
        AsyncFd::with_interest(timerfd(duration)?, Interest::READABLE)
    }

    /// Creates a [timerfd](https://man7.org/linux/man-pages/man2/timerfd_create.2.html) that expires once.
    #[allow(unsafe_code)]
    fn timerfd(duration: Duration) -> io::Result<OwnedFd> {
        let timespec = |duration: Duration| libc::timespec {
            tv_sec: duration.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            // Below 10^9, so it fits.
            tv_nsec: duration.subsec_nanos() as _,
        };
        let once = libc::itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(duration) };
        // SAFETY: the call takes integers only.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the descriptor was opened above and has no other owner.
        let timer = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: `once` is only read during the call, and a null pointer means that nothing is written.
        match unsafe { libc::timerfd_settime(fd, 0, &once, std::ptr::null_mut()) } {
            0 => Ok(timer),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn timer_is_ready_after_its_duration() {
        for millis in [1, 30] {
            let duration = Duration::from_millis(millis);
            let start = std::time::Instant::now();
            timer(duration).await;
            assert!(start.elapsed() >= duration);
        }
    }

    #[tokio::test]
    async fn progress_wins_over_an_elapsed_timer() {
        let mut timeout = StallTimeout(Some(WakeTracked::new(timer(Duration::from_nanos(1)))));
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(timeout.race(async { Ok(7) }).await.unwrap(), 7);
    }
}
