//! The one timer of a connection.

use super::conn::ConnError;
use crate::runtime::wake_tracker::Quiet;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// How long the other side may stand still, at least: within an answer that started, before that of a POST, or taking
/// a request. It is noticed after twice this time at the latest.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// One timer for everything that is due. It rings every [`ANSWER_TIMEOUT`] where something is waited for, and is never
/// set anew before: what comes in time costs neither a timer nor a look at the clock.
#[derive(Default)]
pub(super) struct Alarm(Option<Quiet<Timer>>);

impl Alarm {
    /// Waits for `progress`, unless the alarm rings twice meanwhile.
    pub(super) async fn unless(
        &mut self,
        progress: impl Future<Output = io::Result<usize>>,
    ) -> Result<usize, ConnError> {
        let mut progress = pin!(progress);
        let mut rung = false;
        // The socket comes first: after Lambda thawed the process, the answer and the alarm are there together.
        poll_fn(|cx| match progress.as_mut().poll(cx) {
            Poll::Ready(n) => Poll::Ready(n.map_err(ConnError::from)),
            Poll::Pending if !self.rings(cx) => Poll::Pending,
            Poll::Pending if rung => Poll::Ready(Err(ConnError::Slow)),
            Poll::Pending => {
                // It was set by an earlier wait, so this one has not had its time yet.
                rung = true;
                let _ = self.rings(cx);
                Poll::Pending
            }
        })
        .await
    }

    /// Whether it rang, which sets it anew at the next question.
    fn rings(&mut self, cx: &mut Context<'_>) -> bool {
        let alarm = self.0.get_or_insert_with(|| Quiet::new(timer(ANSWER_TIMEOUT)));
        let rings = alarm.poll(cx).is_ready();
        if rings {
            self.0 = None;
        }
        rings
    }
}

type Timer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Ready once so much time has passed: a timer of the kernel's own, where there are such.
///
/// One of tokio's would make each wait for the socket a wait with a timeout, as long as it is set: the kernel sets a timer of
/// its own for that, and takes it back, each time.
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

    /// What can be read once so much time has passed.
    // `register`, which comes after it, is not in each tokio that fits, and asks for what an `OwnedFd` is.
    #[allow(deprecated)]
    pub(super) fn timer(duration: Duration) -> io::Result<AsyncFd<OwnedFd>> {
        AsyncFd::with_interest(timerfd(duration)?, Interest::READABLE)
    }

    /// A [timerfd](https://man7.org/linux/man-pages/man2/timerfd_create.2.html) that expires once.
    #[allow(unsafe_code)]
    fn timerfd(duration: Duration) -> io::Result<OwnedFd> {
        let timespec = |duration: Duration| libc::timespec {
            tv_sec: duration.as_secs().try_into().unwrap_or(libc::time_t::MAX),
            // Below 10^9, so it fits.
            tv_nsec: duration.subsec_nanos() as _,
        };
        let once = libc::itimerspec { it_interval: timespec(Duration::ZERO), it_value: timespec(duration) };
        // SAFETY: it takes no memory.
        let fd = unsafe { libc::timerfd_create(libc::CLOCK_MONOTONIC, libc::TFD_NONBLOCK | libc::TFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: it was opened above, and nobody else knows of it.
        let timer = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: `once` is read during the call alone, and nothing is written where there is a null pointer.
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
    async fn a_timer_is_ready_when_its_time_has_passed_and_not_before() {
        for millis in [1, 30] {
            let duration = Duration::from_millis(millis);
            let start = std::time::Instant::now();
            timer(duration).await;
            assert!(start.elapsed() >= duration);
        }
    }

    #[tokio::test]
    async fn what_is_there_is_taken_before_the_alarm_is_heard() {
        let mut alarm = Alarm(Some(Quiet::new(timer(Duration::from_nanos(1)))));
        std::thread::sleep(Duration::from_millis(1));
        assert_eq!(alarm.unless(async { Ok(7) }).await.unwrap(), 7);
    }
}
