//! The workers side by side: where one fails, another takes its place.

use super::Life;
use super::shutdown::Ending;
use crate::log;
use crate::runtime::guard::{Alarm, GRACE, Stop};
use crate::runtime::panics;
use crate::runtime::wake_tracker::Quiet;
use crate::runtime_api::Fatal;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::time::Instant;

/// How long the end waits for the answers of invocations that were cut off. One that blocks its thread is not waited for.
const POSTING: Duration = Duration::from_millis(100);

/// Pauses, in ms, before the next worker takes the place of one that failed, if failures come one after the other.
const PAUSES: [u64; 7] = [100, 200, 400, 800, 1600, 3200, 5000];

/// When all workers have failed within this time, it is not they that fail. It is longer than the longest pause and the
/// tries of a worker take together.
const OUTAGE: Duration = Duration::from_secs(15);

pub(super) struct Crew<'a> {
    hire: &'a dyn Fn() -> Life,
    ending: &'a Ending,
    places: Vec<Place>,
    /// Whose turn it is to be polled first.
    first: usize,
    /// When the end of the process does not wait for them any longer.
    over: Option<Alarm>,
}

struct Place {
    state: State,
    /// When the last worker failed here, and how many did in a row.
    failed: Option<Instant>,
    in_a_row: usize,
}

enum State {
    Works(Quiet<Life>),
    /// One has failed. The next begins after this.
    Waits(Alarm),
    Ended,
}

impl<'a> Crew<'a> {
    pub(super) fn new(count: usize, hire: &'a dyn Fn() -> Life, ending: &'a Ending) -> Crew<'a> {
        let place = |_| Place { state: State::Works(Quiet::new(hire())), failed: None, in_a_row: 0 };
        Crew { hire, ending, places: (0..count).map(place).collect(), first: 0, over: None }
    }

    /// Ready when all workers have ended, as `stop` has told them, or none can go on.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, stop: &mut Stop<'_>) -> Poll<Result<(), Fatal>> {
        // Each is first in its turn: tokio lets a task do so much at a time, and those at the end would get what those
        // before them leave.
        self.first += 1;
        let mut ended = Poll::Ready(Ok(()));
        for n in 0..self.places.len() {
            let at = (self.first + n) % self.places.len();
            if let Poll::Ready(Err(failed)) = self.poll_place(at, cx) {
                self.failed(at, failed)?;
                // The pause is to be polled as well.
                cx.waker().wake_by_ref();
            }
            if !matches!(self.places[at].state, State::Ended) {
                ended = Poll::Pending;
            }
        }
        match (&mut self.over, stop.poll(cx)) {
            (Some(over), _) if ended.is_pending() => {
                ready!(over.rings(cx));
                log::warn("", format_args!("the process ends before all of its invocations"));
                Poll::Ready(Ok(()))
            }
            (None, Some(came)) => {
                self.ending.begin();
                self.over = Some(Alarm::at(came + GRACE + POSTING));
                cx.waker().wake_by_ref();
                ended
            }
            _ => ended,
        }
    }

    fn poll_place(&mut self, at: usize, cx: &mut Context<'_>) -> Poll<Result<(), Fatal>> {
        let state = &mut self.places[at].state;
        match state {
            State::Waits(_) if self.ending.has_begun() => *state = State::Ended,
            State::Waits(pause) => {
                ready!(pause.rings(cx));
                *state = State::Works(Quiet::new((self.hire)()));
            }
            _ => {}
        }
        let State::Works(worker) = state else { return Poll::Ready(Ok(())) };
        // The functions' own panics are errors of their invocations. One that comes this far is one of the loop.
        let ended = match panics::catch_panic(|| worker.poll(cx)) {
            Ok(polled) => ready!(polled),
            Err(panic) => Err(Fatal::Worker(panic.text())),
        };
        *state = State::Ended;
        Poll::Ready(ended)
    }

    /// Another worker is to take the place of one that failed, unless that was the last of all.
    fn failed(&mut self, at: usize, failed: Fatal) -> Result<(), Fatal> {
        let now = Instant::now();
        let lately = |place: &Place| place.failed.is_some_and(|failed| now - failed <= OUTAGE);
        let place = &mut self.places[at];
        place.in_a_row = if lately(place) { place.in_a_row + 1 } else { 0 };
        place.failed = Some(now);
        let pause = PAUSES[place.in_a_row.min(PAUSES.len() - 1)];
        if matches!(failed, Fatal::NonRecoverable(_)) || self.places.iter().all(lately) {
            return Err(failed);
        }
        log::warn("", format_args!("a worker has failed: {failed}; another takes its place in {pause} ms"));
        self.places[at].state = State::Waits(Alarm::at(now + Duration::from_millis(pause)));
        Ok(())
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
