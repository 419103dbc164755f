//! Deadlines of invocations.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// A year, which is longer than any invocation.
const MAX_REMAINING: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The maximum age of a deadline that has passed. Older ones are values of emulators that have no deadline.
const MAX_PASSED: Duration = Duration::from_secs(24 * 60 * 60);

/// The time at which Lambda stops an invocation, on the system clock and on tokio's clock, which a test can pause.
///
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    time: SystemTime,
    instant: Instant,
    /// The remaining time when the deadline was created.
    remaining: Duration,
}

impl Deadline {
    /// Creates a deadline that is `remaining` from now, at most a year.
    pub fn after(remaining: Duration) -> Deadline {
        let remaining = remaining.min(MAX_REMAINING);
        Deadline { time: SystemTime::now() + remaining, instant: Instant::now() + remaining, remaining }
    }

    /// Parses `Lambda-Runtime-Deadline-Ms`, in milliseconds since 1970. Returns `None` for a time unreasonably far in the past or
    /// in the future: emulators send both (cargo-lambda: 600000).
    ///
    /// A deadline may have passed before it is needed: on Managed Instances, Lambda does not end the invocation, and a worker may
    /// have waited for another one that blocked the thread.
    pub(crate) fn from_epoch_ms(ms: u64) -> Option<Deadline> {
        let now = SystemTime::now();
        let (at, since_epoch) = (Duration::from_millis(ms), now.duration_since(UNIX_EPOCH).ok()?);
        let remaining = at.saturating_sub(since_epoch);
        if remaining > MAX_REMAINING || since_epoch.saturating_sub(at) > MAX_PASSED {
            return None;
        }
        Some(Deadline { time: UNIX_EPOCH + at, instant: Instant::now() + remaining, remaining })
    }

    /// Returns the time on the system clock.
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// Returns the time on tokio's clock.
    pub fn instant(&self) -> Instant {
        self.instant
    }

    /// Returns the remaining time; zero after the deadline.
    pub fn remaining(&self) -> Duration {
        self.instant.saturating_duration_since(Instant::now())
    }
}

/// Time before the deadline at which a function that is still running is stopped.
///
/// ```
/// use lrt_core::DeadlineMargin;
/// use std::time::Duration;
///
/// assert_eq!(DeadlineMargin::from(Duration::from_millis(500)), DeadlineMargin::Before(Duration::from_millis(500)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeadlineMargin {
    /// The default of the kind of function, usually [`Fraction::DEFAULT`].
    #[default]
    Default,
    /// A fraction of the time that remains at the start.
    Fraction(Fraction),
    /// A fixed duration.
    Before(Duration),
    /// The function is never stopped: Lambda stops the invocation, and the process with it. On Managed Instances,
    /// nothing stops it.
    Off,
}

/// A fraction of the time that an invocation has at its start, within limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// The denominator: 10 for a tenth.
    pub denominator: u32,
    /// The minimum, if the remaining time allows it.
    pub at_least: Duration,
    /// The maximum.
    pub at_most: Duration,
}

impl Fraction {
    /// A tenth, at most 100 ms.
    pub const DEFAULT: Fraction =
        Fraction { denominator: 10, at_least: Duration::ZERO, at_most: Duration::from_millis(100) };

    fn of(self, remaining: Duration) -> Duration {
        (remaining / self.denominator.max(1)).min(self.at_most).max(self.at_least)
    }
}

impl From<Duration> for DeadlineMargin {
    fn from(margin: Duration) -> DeadlineMargin {
        DeadlineMargin::Before(margin)
    }
}

impl DeadlineMargin {
    /// Returns the margin of an outer timeout, for a kind that has its own timeout with this margin (or with
    /// `default`): half of it, so that the reply of the inner timeout can be sent.
    pub fn inner(self, default: Fraction) -> DeadlineMargin {
        let half = |margin| {
            DeadlineMargin::Fraction(Fraction { denominator: 20, at_least: Duration::ZERO, at_most: margin / 2 })
        };
        match self {
            DeadlineMargin::Default => half(default.at_most),
            DeadlineMargin::Before(margin) => half(margin),
            margin => margin,
        }
    }

    /// Returns the time at which an invocation with this deadline is stopped.
    ///
    /// If the margin is longer than the remaining time, a tenth of the remaining time is used.
    #[inline(never)]
    pub fn cutoff(self, deadline: Option<Deadline>) -> Option<Instant> {
        let deadline = deadline?;
        let margin = match self {
            DeadlineMargin::Off => return None,
            DeadlineMargin::Default => Fraction::DEFAULT.of(deadline.remaining),
            DeadlineMargin::Fraction(share) => share.of(deadline.remaining),
            DeadlineMargin::Before(margin) => margin,
        };
        let margin = if margin < deadline.remaining { margin } else { deadline.remaining / 10 };
        deadline.instant.checked_sub(margin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn unreasonable_deadlines_are_none() {
        for ms in [0, 1, 600_000, 4_102_444_800_000, u64::MAX] {
            assert!(Deadline::from_epoch_ms(ms).is_none(), "{ms}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_that_has_passed_is_over() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        for passed in [0, 1, 100, 15 * 60 * 1000] {
            let deadline = Deadline::from_epoch_ms((now - ms(passed)).as_millis() as u64).expect("a deadline");
            assert_eq!(deadline.remaining(), Duration::ZERO, "{passed}");
            assert!(deadline.time() <= SystemTime::now());
            for margin in [DeadlineMargin::Default, DeadlineMargin::Before(ms(1000))] {
                assert_eq!(margin.cutoff(Some(deadline)), Some(Instant::now()), "{passed} {margin:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn margin_is_a_tenth_and_at_most_100_ms() {
        for (remaining, margin, guard) in [
            (ms(3000), DeadlineMargin::Default, Some(2900)),
            (ms(500), DeadlineMargin::Default, Some(450)),
            (ms(3000), DeadlineMargin::Before(ms(1000)), Some(2000)),
            (ms(3000), DeadlineMargin::Before(ms(3000)), Some(2700)),
            (ms(3000), DeadlineMargin::Before(ms(60_000)), Some(2700)),
            (ms(3000), DeadlineMargin::Off, None),
            (
                ms(3000),
                DeadlineMargin::Fraction(Fraction { denominator: 10, at_least: ms(50), at_most: ms(1000) }),
                Some(2700),
            ),
            (
                ms(300),
                DeadlineMargin::Fraction(Fraction { denominator: 10, at_least: ms(50), at_most: ms(1000) }),
                Some(250),
            ),
            (
                ms(40),
                DeadlineMargin::Fraction(Fraction { denominator: 10, at_least: ms(50), at_most: ms(1000) }),
                Some(36),
            ),
            (
                ms(60_000),
                DeadlineMargin::Fraction(Fraction { denominator: 10, at_least: ms(50), at_most: ms(1000) }),
                Some(59_000),
            ),
        ] {
            let deadline = Deadline::after(remaining);
            let at = margin.cutoff(Some(deadline)).map(|at| at - Instant::now());
            assert_eq!(at, guard.map(ms), "{remaining:?} {margin:?}");
        }
        assert!(DeadlineMargin::Default.cutoff(None).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn remaining_time_follows_tokios_clock() {
        let deadline = Deadline::after(ms(1000));
        tokio::time::advance(ms(400)).await;
        assert!(deadline.remaining() <= ms(600) && deadline.remaining() > ms(590));
        tokio::time::advance(ms(4000)).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
    }
}
