//! The time of a run.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Tokio's paused clock, since the start of a run.
pub(super) struct Clock {
    start: Instant,
}

impl Clock {
    /// # Panics
    ///
    /// When the clock runs by itself: a run would take the minutes and hours that it tells of.
    pub(super) fn start() -> Clock {
        let start = Instant::now();
        // Nothing says whether the clock is paused, except that it stands still.
        std::thread::sleep(Duration::from_millis(1));
        assert!(
            Instant::now() == start,
            "a simulation needs tokio's paused clock: write `#[tokio::test(start_paused = true)]` over the test, and \
             `features = [\"macros\", \"test-util\"]` for tokio in `[dev-dependencies]`"
        );
        Clock { start }
    }

    /// How long the run is under way. Tokio's timers are right to the millisecond, and so is this.
    pub(super) fn now(&self) -> Duration {
        let millis = self.start.elapsed().as_millis();
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    pub(super) async fn until(&self, time: Duration) {
        sleep_until(self.start + time).await;
    }
}
