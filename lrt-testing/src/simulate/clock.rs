//! The clock of a simulation.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{self, Instant, sleep_until};

/// Real time after which a delivery that nothing has woken counts as one that waits for tokio's clock.
const MAX_IDLE: Duration = Duration::from_millis(100);

/// The time of a simulation, which follows tokio's paused clock.
pub(super) struct Clock {
    /// The time at `instant`.
    time: Duration,
    instant: Instant,
    deliveries: Deliveries,
}

/// The time that passes during deliveries, as the first wait of a delivery shows.
#[derive(Clone, Copy)]
enum Deliveries {
    /// No delivery has waited for anything yet.
    Unknown,
    /// The function waits for tokio's clock only, which advances as it does between deliveries.
    OnClock,
    /// The function does real I/O, so real time passes.
    InRealTime,
}

/// End of the first wait of a delivery on a clock that does not advance.
enum FirstWait<T> {
    /// The delivery was done without waiting.
    None(T),
    /// Nothing but the clock can end the wait.
    OfClock,
    /// Something else ended it.
    OfIo,
}

impl Clock {
    /// Starts the clock.
    ///
    /// # Panics
    ///
    /// If tokio's clock is not paused: the simulation would take as long as the retries that it simulates.
    pub(super) fn start() -> Clock {
        let start = Instant::now();
        // Tokio does not have a function that returns true if the clock is paused.
        std::thread::sleep(Duration::from_millis(1));
        assert!(
            Instant::now() == start,
            "a simulation needs tokio's paused clock: use `#[tokio::test(start_paused = true)]` for the test, and \
             `features = [\"macros\", \"test-util\"]` for tokio in `[dev-dependencies]`"
        );
        Clock { time: Duration::ZERO, instant: start, deliveries: Deliveries::Unknown }
    }

    /// Returns the time since the start, in whole milliseconds, which is the resolution of tokio's timers.
    pub(super) fn now(&self) -> Duration {
        let millis = (self.time + self.instant.elapsed()).as_millis();
        Duration::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
    }

    /// Waits for a delivery. Real I/O takes no time in the simulation.
    ///
    /// If all tasks wait, a paused clock advances to the next timer, such as the deadline, even while the function waits for a socket.
    /// So the clock does not advance until the cause of the first wait is known.
    pub(super) async fn deliver<T>(&mut self, delivery: impl Future<Output = T>) -> T {
        let mut delivery = pin!(delivery);
        if let Deliveries::Unknown = self.deliveries {
            self.deliveries = match first_wait(delivery.as_mut()).await {
                FirstWait::None(outcome) => return outcome,
                FirstWait::OfClock => Deliveries::OnClock,
                FirstWait::OfIo => Deliveries::InRealTime,
            };
        }
        if let Deliveries::InRealTime = self.deliveries {
            self.time = self.now();
            time::resume();
            let outcome = delivery.await;
            time::pause();
            self.instant = Instant::now();
            return outcome;
        }
        delivery.await
    }

    /// Waits until this time, or not at all if it has passed.
    pub(super) async fn until(&mut self, time: Duration) {
        if time > self.now() {
            sleep_until(self.instant + (time - self.time)).await;
            // After a delivery in real time, tokio's clock is up to a millisecond late.
            (self.time, self.instant) = (time, Instant::now());
        }
    }
}

/// Runs a delivery, without advancing the clock, until its first wait has ended.
async fn first_wait<T>(mut delivery: Pin<&mut impl Future<Output = T>>) -> FirstWait<T> {
    let runtime = Handle::current().metrics();
    // How often the only thread of the runtime has waited for an event. It does not wait for tasks that only yield.
    let waits = || runtime.worker_park_count(0);
    let before = waits();
    // A message at the end of each poll, and one at the beginning of the next.
    let (polls, watched) = mpsc::channel();
    let mut watch = Some(move || while watched.recv().is_ok() && watched.recv_timeout(MAX_IDLE).is_ok() {});
    let mut idle: Option<JoinHandle<()>> = None;
    poll_fn(|cx| {
        if let Some(idle) = &mut idle {
            if Pin::new(idle).poll(cx).is_ready() {
                return Poll::Ready(FirstWait::OfClock);
            }
            if waits() > before {
                return Poll::Ready(FirstWait::OfIo);
            }
            // The receiver exists until `idle` is ready.
            _ = polls.send(());
        }
        if let Poll::Ready(outcome) = delivery.as_mut().poll(cx) {
            return Poll::Ready(FirstWait::None(outcome));
        }
        _ = polls.send(());
        if let Some(watch) = watch.take() {
            // Tokio does not advance a paused clock while a blocking task runs.
            let mut task = spawn_blocking(watch);
            // Registers the waker: the task runs for at least 100 ms.
            _ = Pin::new(&mut task).poll(cx);
            idle = Some(task);
        }
        Poll::Pending
    })
    .await
}
