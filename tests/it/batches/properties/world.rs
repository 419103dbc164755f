//! The handler, and its own log, with which lrt's response and log lines are compared.

use super::case::{End, Record, Wait};
use crate::batches::support::{ON_PURPOSE, block};
use lrt::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Instant;

/// The start or end of a record's handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Starts(usize),
    /// The end of a handler, with its success if it succeeded.
    Ends(usize, Option<Done>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Ok,
    Permanently,
}

pub(super) struct World {
    records: Vec<Record>,
    moments: Mutex<Vec<(Moment, Instant)>>,
    /// True while destructors run that would not run in a process that is killed.
    killed: AtomicBool,
}

impl World {
    pub(super) fn new(records: &[Record]) -> Arc<World> {
        Arc::new(World { records: records.to_vec(), moments: Mutex::default(), killed: AtomicBool::new(false) })
    }

    /// Returns the moments starting at an index, and their times.
    pub(super) fn since(&self, first: usize) -> (Vec<Moment>, Vec<Instant>) {
        self.moments.lock().unwrap()[first..].iter().copied().unzip()
    }

    /// Returns the number of moments.
    pub(super) fn now(&self) -> usize {
        self.moments.lock().unwrap().len()
    }

    /// Lets `f` drop a future, as if the process were killed.
    pub(super) fn kill(&self, f: impl FnOnce()) {
        self.killed.store(true, Ordering::Relaxed);
        f();
        self.killed.store(false, Ordering::Relaxed);
    }

    fn note(&self, moment: Moment) {
        self.moments.lock().unwrap().push((moment, Instant::now()));
    }

    /// Returns the behavior of the next run of a record's handler.
    fn run(&self, record: usize) -> (Wait, End) {
        let moments = self.moments.lock().unwrap();
        let starts = moments.iter().filter(|(moment, _)| *moment == Moment::Starts(record)).count();
        let runs = &self.records[record].runs;
        runs[starts.min(runs.len() - 1)]
    }

    /// Handles a record.
    pub(super) fn handle(self: &Arc<World>, record: usize) -> Work {
        let (wait, end) = self.run(record);
        self.note(Moment::Starts(record));
        let mut life = Life { world: Arc::clone(self), record, done: None };
        if end == End::PanicsAtOnce {
            panic!("{ON_PURPOSE}: at once");
        }
        let bomb = (end == End::PanicsInDrop).then(|| Arc::clone(self));
        let future = async move {
            match wait {
                Wait::No => {}
                Wait::Yields => tokio::task::yield_now().await,
                Wait::Sleeps(ms) => tokio::time::sleep(Duration::from_millis(ms)).await,
                Wait::Blocks(ms) => block(Duration::from_millis(ms)),
                Wait::Forever => std::future::pending().await,
            }
            match end {
                End::Ok => {
                    life.is(Done::Ok);
                    Ok(())
                }
                End::FailsPermanently => {
                    life.is(Done::Permanently);
                    Err(Error::permanent("never"))
                }
                End::Fails => Err(Error::named("Busy", "not now")),
                End::Panics | End::PanicsAtOnce => panic!("{ON_PURPOSE}: later"),
                End::PanicsInDrop => Ok(()),
            }
        };
        Work { future: Box::pin(future), bomb }
    }
}

/// A guard that is dropped when the handler of a record ends, in any way.
struct Life {
    world: Arc<World>,
    record: usize,
    done: Option<Done>,
}

impl Life {
    /// A method, so that a future that calls it captures the whole value.
    fn is(&mut self, done: Done) {
        self.done = Some(done);
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.world.note(Moment::Ends(self.record, self.done));
    }
}

/// The handler's future.
pub(super) struct Work {
    future: Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>,
    bomb: Option<Arc<World>>,
}

impl Future for Work {
    type Output = Result<(), Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.future.as_mut().poll(cx)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if self.bomb.as_ref().is_some_and(|world| !world.killed.load(Ordering::Relaxed)) {
            panic!("{ON_PURPOSE}: in a destructor");
        }
    }
}
