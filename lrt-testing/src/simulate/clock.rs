//! The clock of a simulation.

use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Tokio's paused clock, relative to the start of a simulation.
pub(super) struct Clock {
    start: Instant,
}

impl Clock {
    /// Starts the clock.
    ///
    /// # Panics
    ///
    /// Panics if tokio's clock is not paused: the simulation would take as long as the retries that it simulates.
    pub(super) fn start() -> Clock {
        let start = Instant::now();
        // Tokio does not have a function that returns true if the clock is paused.
        std::thread::sleep(Duration::from_millis(1));
        assert!(
            Instant::now() == start,
            "a simulation needs tokio's paused clock: use `#[tokio::test(start_paused = true)]` for the test, and \
             `features = [\"macros\", \"test-util\"]` for tokio in `[dev-dependencies]`"
        );
        Clock { start }
    }

    /// Returns the time since the start, in whole milliseconds, which is the resolution of tokio's timers.
    pub(super) fn now(&self) -> Duration {
        let millis = self.start.elapsed().as_millis();
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    pub(super) async fn until(&self, time: Duration) {
        sleep_until(self.start + time).await;
    }
}
