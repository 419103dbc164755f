//! The handler, and what it writes down of itself: what lrt says is compared with that.

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

/// A moment in the life of a record's handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Starts(usize),
    /// It is over; whether its work is done, and if it is, whether it was given up for good.
    Ends(usize, Option<Done>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    Ok,
    ForGood,
}

pub(super) struct World {
    records: Vec<Record>,
    moments: Mutex<Vec<(Moment, Instant)>>,
    /// The process was killed: no destructor runs in one that is.
    killed: AtomicBool,
}

impl World {
    pub(super) fn new(records: &[Record]) -> Arc<World> {
        Arc::new(World { records: records.to_vec(), moments: Mutex::default(), killed: AtomicBool::new(false) })
    }

    /// All moments from that of this number on, and when they were.
    pub(super) fn since(&self, first: usize) -> (Vec<Moment>, Vec<Instant>) {
        self.moments.lock().unwrap()[first..].iter().copied().unzip()
    }

    /// How many moments there were.
    pub(super) fn now(&self) -> usize {
        self.moments.lock().unwrap().len()
    }

    /// Has `f` end a future as the end of the process does.
    pub(super) fn kill(&self, f: impl FnOnce()) {
        self.killed.store(true, Ordering::Relaxed);
        f();
        self.killed.store(false, Ordering::Relaxed);
    }

    fn note(&self, moment: Moment) {
        self.moments.lock().unwrap().push((moment, Instant::now()));
    }

    /// Which run of a record's handler this is.
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
                End::FailsForGood => {
                    life.is(Done::ForGood);
                    Err(Error::permanent("nobody can do it"))
                }
                End::Fails => Err(Error::named("Busy", "not now")),
                End::Panics | End::PanicsAtOnce => panic!("{ON_PURPOSE}: later"),
                End::PanicsInDrop => Ok(()),
            }
        };
        Work { future: Box::pin(future), bomb }
    }
}

/// While it lives, so does the handler of a record, however it ends.
struct Life {
    world: Arc<World>,
    record: usize,
    done: Option<Done>,
}

impl Life {
    /// A method, so that a future that calls it holds all of this.
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
