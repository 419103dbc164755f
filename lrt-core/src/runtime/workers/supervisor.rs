//! Supervises the workers, and replaces those that fail.

use super::WorkerFuture;
use super::in_flight::AllInFlight;
use super::shutdown::ShutdownBroadcast;
use crate::interrupt::{DeadlineTimer, GRACE, ShutdownSignal};
use crate::runtime_api::Fatal;
use crate::wake_tracker::WakeTracked;
use crate::{log, panics};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// Time that shutdown waits for the replies of invocations that were stopped. Workers whose threads are blocked do not
/// delay the exit any further.
const POST_TIMEOUT: Duration = Duration::from_millis(100);

/// The delays in ms before a failed worker is replaced, for consecutive failures.
const RESTART_DELAYS_MS: [u64; 7] = [100, 200, 400, 800, 1600, 3200, 5000];

/// If all workers fail within this time, and no worker that runs has received an event since, the cause is not the workers. It is
/// longer than the longest delay plus the retries of a worker.
const OUTAGE: Duration = Duration::from_secs(15);

pub(super) struct Supervisor<'a> {
    spawn: &'a dyn Fn() -> WorkerFuture,
    shutdown_broadcast: &'a ShutdownBroadcast,
    in_flight: &'a AllInFlight,
    slots: Vec<Slot>,
    /// The index of the worker that is polled first.
    first: usize,
    /// Time at which shutdown stops waiting for the workers.
    deadline: Option<DeadlineTimer>,
}

struct Slot {
    state: SlotState,
    /// The failure of the last worker of this slot, and the number of consecutive failures.
    failed: Option<Failure>,
    consecutive_failures: usize,
}

struct Failure {
    at: Instant,
    /// The number of events that the workers had received.
    received: usize,
}

enum SlotState {
    Running(WakeTracked<WorkerFuture>),
    /// A worker has failed, and is replaced after the delay.
    Restarting(DeadlineTimer),
    Ended,
}

impl<'a> Supervisor<'a> {
    pub(super) fn new(
        count: usize,
        spawn: &'a dyn Fn() -> WorkerFuture,
        shutdown_broadcast: &'a ShutdownBroadcast,
        in_flight: &'a AllInFlight,
    ) -> Supervisor<'a> {
        let slot =
            |_| Slot { state: SlotState::Running(WakeTracked::new(spawn())), failed: None, consecutive_failures: 0 };
        Supervisor {
            spawn,
            shutdown_broadcast,
            in_flight,
            slots: (0..count).map(slot).collect(),
            first: 0,
            deadline: None,
        }
    }

    /// Returns `Ready` when all workers have ended after the shutdown signal, or when none can continue.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, shutdown: &mut ShutdownSignal<'_>) -> Poll<Result<(), Fatal>> {
        // The worker that is polled first rotates: otherwise tokio's budget per poll would starve the last ones.
        self.first += 1;
        let mut ended = Poll::Ready(Ok(()));
        for n in 0..self.slots.len() {
            let at = (self.first + n) % self.slots.len();
            if let Poll::Ready(Err(failed)) = self.poll_slot(at, cx) {
                self.failed(at, failed)?;
                // The delay has to be polled as well.
                cx.waker().wake_by_ref();
            }
            if !matches!(self.slots[at].state, SlotState::Ended) {
                ended = Poll::Pending;
            }
        }
        match (&mut self.deadline, shutdown.poll(cx)) {
            (Some(deadline), _) if ended.is_pending() => {
                ready!(deadline.poll_elapsed(cx));
                let request_ids = self.in_flight.request_ids().join(", ");
                log::warn("", format_args!("shutting down with invocations still in flight: {request_ids}"));
                Poll::Ready(Ok(()))
            }
            (None, Some(received_at)) => {
                self.shutdown_broadcast.begin();
                self.deadline = Some(DeadlineTimer::at(received_at + GRACE + POST_TIMEOUT));
                cx.waker().wake_by_ref();
                ended
            }
            _ => ended,
        }
    }

    fn poll_slot(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Fatal>> {
        let state = &mut self.slots[at].state;
        match state {
            SlotState::Restarting(_) if self.shutdown_broadcast.has_begun() => *state = SlotState::Ended,
            SlotState::Restarting(delay) => {
                ready!(delay.poll_elapsed(cx));
                *state = SlotState::Running(WakeTracked::new((self.spawn)()));
            }
            _ => {}
        }
        let SlotState::Running(worker) = state else { return Poll::Ready(Ok(())) };
        // Panics of functions are errors of their invocations. This catches a panic of the loop.
        let ended = match panics::catch_panic(|| worker.poll(cx)) {
            Ok(polled) => ready!(polled),
            Err(panic) => Err(Fatal::Worker(panic.text())),
        };
        *state = SlotState::Ended;
        Poll::Ready(ended)
    }

    /// Schedules the replacement of a failed worker, unless all have failed.
    fn failed(&mut self, at: usize, failed: Fatal) -> Result<(), Fatal> {
        let (now, received) = (Instant::now(), self.in_flight.received());
        let lately = |failure: &&Failure| now - failure.at <= OUTAGE;
        let slot = &mut self.slots[at];
        slot.consecutive_failures = match slot.failed.as_ref().filter(lately) {
            Some(_) => slot.consecutive_failures + 1,
            None => 0,
        };
        slot.failed = Some(Failure { at: now, received });
        let delay = RESTART_DELAYS_MS[slot.consecutive_failures.min(RESTART_DELAYS_MS.len() - 1)];
        let is_down = |slot: &Slot| {
            let works = |failure: &Failure| matches!(slot.state, SlotState::Running(_)) && failure.received < received;
            slot.failed.as_ref().filter(lately).is_some_and(|failure| !works(failure))
        };
        if matches!(failed, Fatal::NonRecoverable { .. }) || self.slots.iter().all(is_down) {
            let request_ids = self.in_flight.request_ids();
            if !request_ids.is_empty() {
                let request_ids = request_ids.join(", ");
                log::error("", format_args!("exiting with invocations still in flight: {request_ids}"));
            }
            return Err(failed);
        }
        log::warn("", format_args!("worker failed: {failed}; restarting worker in {delay} ms"));
        self.slots[at].state = SlotState::Restarting(DeadlineTimer::at(now + Duration::from_millis(delay)));
        Ok(())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
