//! Work that runs after the reply: futures passed to `Context::wait_until`.

use super::context::Context;
use crate::error::ErrorReport;
use crate::interrupt::{DeadlineMargin, Fraction, ShutdownSignal, with_deadline_or_shutdown};
use crate::log;
use crate::panics;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs all waiting futures, including those added in the meantime, until they are done, the cutoff before the deadline
/// is reached or the process shuts down.
pub(crate) type Run =
    for<'a> fn(&'a Context, DeadlineMargin, &'a mut ShutdownSignal<'_>) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The futures that run after the reply.
#[derive(Default)]
pub(crate) struct Background(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    work: Vec<Work>,
    /// Set with the first future, so that functions without background work do not contain this code.
    run: Option<Run>,
}

impl Background {
    pub(crate) fn push(&self, work: Work) {
        let mut waiting = self.lock();
        waiting.work.push(work);
        waiting.run = Some(|context, margin, shutdown| Box::pin(context.background().run(context, margin, shutdown)));
    }

    /// Returns the function that runs the work, if there is any.
    pub(crate) fn waiting(&self) -> Option<Run> {
        let waiting = self.lock();
        if waiting.work.is_empty() { None } else { waiting.run }
    }

    async fn run(&self, context: &Context, margin: DeadlineMargin, shutdown: &mut ShutdownSignal<'_>) {
        let mut running: Vec<Work> = Vec::new();
        // Destructors are the function's code as well, and may panic.
        let drop_future = |work: &mut Work| *work = Box::pin(ready(()));
        let log_panic = |caught: Result<bool, ErrorReport>| {
            caught.unwrap_or_else(|panic| {
                log::error(context.request_id(), format_args!("wait_until: {}", panic.text()));
                false
            })
        };
        let done = poll_fn(|cx| {
            loop {
                running.retain_mut(|work| {
                    let pending = log_panic(panics::catch_panic(|| work.as_mut().poll(cx).is_pending()));
                    pending || log_panic(panics::catch_panic(|| drop_future(work)).map(|()| false))
                });
                let waiting = &mut self.lock().work;
                if waiting.is_empty() {
                    return if running.is_empty() { Poll::Ready(()) } else { Poll::Pending };
                }
                // Running futures may have added more.
                running.append(waiting);
            }
        });
        // Half of the margin, since a function that is stopped before its deadline may add work when it is dropped.
        let margin = margin.inner(Fraction::DEFAULT);
        let ended = with_deadline_or_shutdown(pin!(done), || margin.cutoff(context.due()), shutdown).await;
        if let Err(interrupted) = ended {
            let n = running.len();
            let tasks = if n == 1 { "task" } else { "tasks" };
            log::error(
                context.request_id(),
                format_args!("wait_until: {interrupted}: dropped {n} unfinished background {tasks}"),
            );
        }
        for mut work in running {
            log_panic(panics::catch_panic(|| drop_future(&mut work)).map(|()| false));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
