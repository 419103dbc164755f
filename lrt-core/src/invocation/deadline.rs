//! When Lambda ends an invocation.

use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// A year: no invocation lasts that long.
const FARTHEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The moment at which Lambda stops waiting, on both clocks: the caller's and the runtime's.
///
/// Time is counted on tokio's clock, so that a test can pause it.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    time: SystemTime,
    instant: Instant,
    /// The time that was left when it was set.
    left: Duration,
}

impl Deadline {
    /// A deadline `left` from now, at most a year.
    pub fn after(left: Duration) -> Deadline {
        let left = left.min(FARTHEST);
        Deadline { time: SystemTime::now() + left, instant: Instant::now() + left, left }
    }

    /// `Lambda-Runtime-Deadline-Ms`: milliseconds since 1970. A time that is past, or further away than any clock should
    /// be asked to count, is no deadline: emulators send such (cargo-lambda: 600000).
    pub(crate) fn from_epoch_ms(ms: u64) -> Option<Deadline> {
        let now = SystemTime::now();
        let left = Duration::from_millis(ms).checked_sub(now.duration_since(UNIX_EPOCH).ok()?)?;
        if left.is_zero() || left > FARTHEST {
            return None;
        }
        Some(Deadline { time: now + left, instant: Instant::now() + left, left })
    }

    /// The moment on the wall clock.
    pub fn time(&self) -> SystemTime {
        self.time
    }

    /// The moment on tokio's clock.
    pub fn instant(&self) -> Instant {
        self.instant
    }

    /// The time that is left; zero once it is over.
    pub fn remaining(&self) -> Duration {
        self.instant.saturating_duration_since(Instant::now())
    }
}

/// How long before the deadline the guard answers for a function that is still running.
///
/// ```
/// use lrt_core::DeadlineMargin;
/// use std::time::Duration;
///
/// assert_eq!(DeadlineMargin::from(Duration::from_millis(500)), DeadlineMargin::Before(Duration::from_millis(500)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeadlineMargin {
    /// What the kind of function has. If nothing else, that is [`Fraction::DEFAULT`].
    #[default]
    Default,
    /// A part of the time that is left at the start.
    Fraction(Fraction),
    /// This long before the deadline.
    Before(Duration),
    /// There is no guard: Lambda itself ends the invocation, and with it the process. On Managed Instances it does not, and
    /// nobody does.
    Off,
}

/// A part of the time that an invocation has at its start, within limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    /// One part of so many.
    pub denominator: u32,
    /// No shorter than this, where the time allows it.
    pub at_least: Duration,
    /// No longer than this.
    pub at_most: Duration,
}

impl Fraction {
    /// A tenth, but at most 100 ms.
    pub const DEFAULT: Fraction =
        Fraction { denominator: 10, at_least: Duration::ZERO, at_most: Duration::from_millis(100) };

    fn of(self, left: Duration) -> Duration {
        (left / self.denominator.max(1)).min(self.at_most).max(self.at_least)
    }
}

impl From<Duration> for DeadlineMargin {
    fn from(margin: Duration) -> DeadlineMargin {
        DeadlineMargin::Before(margin)
    }
}

impl DeadlineMargin {
    /// The margin of a guard that stands behind one with this margin, which is `default` where the author gave none: half
    /// of it, so that the first one's answer has the time to come. Where the margin is longer than the time that is left,
    /// it is half of the tenth that is taken then.
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

    /// When the guard acts for an invocation that has this deadline.
    ///
    /// A margin that is longer than the time that is left cannot be kept: a tenth of the time is then.
    // Apart: it is asked where something waits.
    #[inline(never)]
    pub fn cutoff(self, deadline: Option<Deadline>) -> Option<Instant> {
        let deadline = deadline?;
        let margin = match self {
            DeadlineMargin::Off => return None,
            DeadlineMargin::Default => Fraction::DEFAULT.of(deadline.left),
            DeadlineMargin::Fraction(share) => share.of(deadline.left),
            DeadlineMargin::Before(margin) => margin,
        };
        let margin = if margin < deadline.left { margin } else { deadline.left / 10 };
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
    fn odd_deadlines_are_none() {
        for odd in [0, 1, 600_000, 4_102_444_800_000, u64::MAX] {
            assert!(Deadline::from_epoch_ms(odd).is_none(), "{odd}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_margin_is_a_tenth_at_most_100_ms() {
        for (left, margin, guard) in [
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
            let deadline = Deadline::after(left);
            let at = margin.cutoff(Some(deadline)).map(|at| at - Instant::now());
            assert_eq!(at, guard.map(ms), "{left:?} {margin:?}");
        }
        assert!(DeadlineMargin::Default.cutoff(None).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn what_remains_follows_tokios_clock() {
        let deadline = Deadline::after(ms(1000));
        tokio::time::advance(ms(400)).await;
        assert!(deadline.remaining() <= ms(600) && deadline.remaining() > ms(590));
        tokio::time::advance(ms(4000)).await;
        assert_eq!(deadline.remaining(), Duration::ZERO);
    }
}
