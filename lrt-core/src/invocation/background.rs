//! Work that outlives the reply: what `Context::wait_until` took.

use crate::log;
use crate::runtime::guard::{self, Stop};
use crate::runtime::panics;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::task::JoinSet;
use tokio::time::Instant;

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

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
            Queue::Closed => drop(tokio::spawn(work)),
        }
    }

    /// Runs all that waits, and what is added meanwhile, until it is done, `due` has come or the process has to end.
    pub(crate) async fn run(&self, request_id: &str, due: Option<Instant>, stop: &mut Stop<'_>) {
        if self.close_if_empty() {
            return;
        }
        let mut tasks = JoinSet::new();
        while self.start(&mut tasks) {
            let ended = guard::in_time(pin!(tasks.join_next()), due, stop).await;
            match ended {
                Ok(Some(Err(error))) if error.is_panic() => {
                    let panic = panics::describe(error.into_panic());
                    log::error(request_id, format_args!("wait_until: {}", panic.line()));
                }
                Ok(_) => {}
                Err(cut) => {
                    let n = tasks.len();
                    log::error(request_id, format_args!("wait_until: {cut}: work that was left is dropped ({n})"));
                    *self.lock() = Queue::Closed;
                }
            }
        }
    }

    /// The usual end, without a set of tasks.
    fn close_if_empty(&self) -> bool {
        let mut queue = self.lock();
        let empty = matches!(&*queue, Queue::Open(waiting) if waiting.is_empty());
        if empty {
            *queue = Queue::Closed;
        }
        empty
    }

    /// Starts what waits; `false`, and the end of the queue, when there is nothing left.
    fn start(&self, tasks: &mut JoinSet<()>) -> bool {
        let mut queue = self.lock();
        let Queue::Open(waiting) = &mut *queue else { return false };
        for work in waiting.drain(..) {
            tasks.spawn(work);
        }
        if tasks.is_empty() {
            *queue = Queue::Closed;
        }
        !tasks.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
