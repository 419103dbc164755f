//! Work that outlives the reply: what `Context::wait_until` took.

use super::context::Context;
use super::deadline::DeadlineMargin;
use crate::error::ErrorReport;
use crate::log;
use crate::runtime::guard::{self, Stop};
use crate::runtime::panics;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs all that waits, and what is added meanwhile, until it is done, the guard's moment before the deadline has come
/// or the process has to end.
pub(crate) type Run =
    for<'a> fn(&'a Context, DeadlineMargin, &'a mut Stop<'_>) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// The futures that wait for a reply to be sent.
#[derive(Default)]
pub(crate) struct Background(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    work: Vec<Work>,
    /// It comes with the first work, so that a function that has none ever has nothing of this in its binary (5 KB).
    run: Option<Run>,
}

impl Background {
    pub(crate) fn push(&self, work: Work) {
        let mut waiting = self.lock();
        waiting.work.push(work);
        waiting.run = Some(|context, margin, stop| Box::pin(context.background().run(context, margin, stop)));
    }

    /// What runs the work, if there is any.
    pub(crate) fn waiting(&self) -> Option<Run> {
        let waiting = self.lock();
        if waiting.work.is_empty() { None } else { waiting.run }
    }

    async fn run(&self, context: &Context, margin: DeadlineMargin, stop: &mut Stop<'_>) {
        let mut running: Vec<Work> = Vec::new();
        // Its destructor is the function's own code as much as its polls are.
        let end = |work: &mut Work| *work = Box::pin(ready(()));
        let noted = |caught: Result<bool, ErrorReport>| {
            caught.unwrap_or_else(|panic| {
                log::error(context.request_id(), format_args!("wait_until: {}", panic.text()));
                false
            })
        };
        let done = poll_fn(|cx| {
            loop {
                running.retain_mut(|work| {
                    let pending = noted(panics::catch_panic(|| work.as_mut().poll(cx).is_pending()));
                    pending || noted(panics::catch_panic(|| end(work)).map(|()| false))
                });
                let waiting = &mut self.lock().work;
                if waiting.is_empty() {
                    return if running.is_empty() { Poll::Ready(()) } else { Poll::Pending };
                }
                // What runs has added more, which is polled at once.
                running.append(waiting);
            }
        });
        let ended = guard::in_time(pin!(done), || margin.cutoff(context.due()), stop).await;
        if let Err(cut) = ended {
            let n = running.len();
            log::error(context.request_id(), format_args!("wait_until: {cut}: work that was left is dropped ({n})"));
        }
        for mut work in running {
            noted(panics::catch_panic(|| end(&mut work)).map(|()| false));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
