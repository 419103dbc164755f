//! Work that outlives the reply: what `Context::wait_until` took.

use super::context::Context;
use super::deadline::Margin;
use crate::error::Report;
use crate::log;
use crate::runtime::guard::{self, Stop};
use crate::runtime::panics;
use std::future::{Future, poll_fn, ready};
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Poll;

pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs work beside the loop. All of it is of one type, since each type is a task of its own in the binary.
pub(crate) fn spawn(work: Work) {
    drop(tokio::spawn(work));
}

/// The futures that wait for the reply to be sent.
#[derive(Default)]
pub(crate) struct Background(Mutex<Queue>);

enum Queue {
    /// The invocation runs, or its work does.
    Open(Vec<Work>),
    /// The next event may be on its way: nobody looks here any more.
    Closed,
}

impl Default for Queue {
    fn default() -> Queue {
        Queue::Open(Vec::new())
    }
}

impl Background {
    /// Keeps `work` until the reply was sent. After the end of the invocation it is started at once, since it would
    /// be lost otherwise; it then runs whenever Lambda lets the process run.
    pub(crate) fn push(&self, work: Work) {
        match &mut *self.lock() {
            Queue::Open(queue) => queue.push(work),
            Queue::Closed => spawn(work),
        }
    }

    /// Whether anything waits; otherwise this is the end of the queue.
    pub(crate) fn has_work(&self) -> bool {
        let mut queue = self.lock();
        let work = matches!(&*queue, Queue::Open(waiting) if !waiting.is_empty());
        if !work {
            *queue = Queue::Closed;
        }
        work
    }

    /// Runs all that waits, and what is added meanwhile, until it is done, the guard's moment before the deadline has
    /// come or the process has to end.
    pub(crate) async fn run(&self, context: &Context, margin: Margin, stop: &mut Stop<'_>) {
        let request_id = context.request_id();
        let mut running: Vec<Work> = Vec::new();
        // Its destructor is the function's own code as much as its polls are.
        let end = |work: &mut Work| *work = Box::pin(ready(()));
        let noted = |caught: Result<bool, Report>| {
            caught.inspect_err(|panic| log::error(request_id, format_args!("wait_until: {}", panic.line())))
        };
        let done = poll_fn(|cx| {
            loop {
                running.retain_mut(|work| {
                    let polled = noted(panics::catch(|| work.as_mut().poll(cx).is_pending()));
                    let pending = polled.unwrap_or(false);
                    if !pending {
                        let _ = noted(panics::catch(|| end(work)).map(|()| false));
                    }
                    pending
                });
                // What runs may have added more, which is polled at once.
                match &mut *self.lock() {
                    Queue::Open(waiting) if !waiting.is_empty() => running.append(waiting),
                    queue if running.is_empty() => {
                        *queue = Queue::Closed;
                        return Poll::Ready(());
                    }
                    _ => return Poll::Pending,
                }
            }
        });
        let ended = guard::in_time(pin!(done), || margin.guard(context.due()), stop).await;
        if let Err(cut) = ended {
            *self.lock() = Queue::Closed;
            let n = running.len();
            log::error(request_id, format_args!("wait_until: {cut}: work that was left is dropped ({n})"));
        }
        for mut work in running {
            let _ = noted(panics::catch(|| end(&mut work)).map(|()| false));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
