//! A function that logs what its event specifies, for the tests of the log.
//!
//! With `LOGGER_INIT=subscriber`, `init` installs a subscriber; with `logger`, a logger for the crate `log`; with `panic`, it
//! panics; with `elsewhere`, other threads panic.

use lrt::prelude::*;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex};
use tokio::sync::Barrier;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, debug, error, info, info_span, trace, warn};

#[derive(serde::Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
enum Task {
    /// Logs at each level with both crates, and once within a span.
    Levels,
    /// Logs a line with unusual fields.
    Fields {
        item: String,
    },
    /// Logs in a task, on another thread, and after the reply.
    Elsewhere,
    Fail,
    Panic,
    /// Panics inside `catch_unwind`, in a task and on another thread.
    PanicElsewhere,
    /// Logs before and after all eight invocations have started; the third fails.
    Together {
        n: u32,
    },
}

#[derive(Debug, thiserror::Error)]
#[error("order {id} failed")]
struct OrderError {
    id: u32,
    source: std::num::ParseIntError,
}

/// A barrier that opens when eight tasks wait for it.
static EIGHT: LazyLock<Barrier> = LazyLock::new(|| Barrier::new(8));

#[handler(init = init)]
async fn logger(task: Task, ctx: Context) -> Result<(), OrderError> {
    match task {
        Task::Levels => {
            trace!("of trace");
            debug!("of debug");
            info!("of info");
            warn!("of warn");
            error!("of error");
            log::debug!("debug of log");
            log::warn!(target: "library", "warn\nof log");
            info_span!("order", id = 7).in_scope(|| error!(attempt = 1, "in a span"));
        }
        Task::Fields { item } => {
            let error = order_error();
            let source: &(dyn std::error::Error + 'static) = &error;
            error!(item, level = "mine", error = source, "line one\nline two");
        }
        Task::Elsewhere => {
            tokio::spawn(tracing::Instrument::instrument(async { info!("in a task") }, tracing::Span::current()))
                .await
                .expect("the task ends");
            let thread = std::thread::spawn(|| info!("on a thread"));
            thread.join().expect("the thread ends");
            ctx.wait_until(async { info!("after the reply") });
        }
        Task::Fail => return Err(order_error()),
        Task::Panic => panic!("no\nstock"),
        Task::PanicElsewhere => {
            _ = std::panic::catch_unwind(|| panic!("caught by the function"));
            _ = tokio::spawn(async { panic!("in a task") }).await;
            _ = std::thread::spawn(|| panic!("on a thread")).join();
        }
        Task::Together { n } => {
            info!(n, "started");
            EIGHT.wait().await;
            info!(n, "all have started");
            if n == 3 {
                return Err(order_error());
            }
        }
    }
    Ok(())
}

fn order_error() -> OrderError {
    OrderError { id: 7, source: "x".parse::<u32>().expect_err("not a number") }
}

/// Eight invocations run concurrently, and each waits for all others before its second line.
#[handler(sqs, concurrency = 8)]
async fn records(message: lrt::sqs::Message<String>) -> Result<(), Error> {
    info!(body = message.body, "started");
    EIGHT.wait().await;
    info!(body = message.body, "all have started");
    if message.body == "3" { Err(Error::msg("not 3")) } else { Ok(()) }
}

#[handler(sqs)]
async fn whole(batch: Batch<Message<u32>>) -> BatchFailures {
    batch.into_iter().for_each(drop);
    BatchFailures::new()
}

async fn init() {
    info!("in init");
    match std::env::var("LOGGER_INIT").as_deref() {
        Ok("subscriber") => tracing::subscriber::set_global_default(Own::default()).expect("no other is installed"),
        Ok("logger") => {
            log::set_logger(&OwnLogger).expect("no other is installed");
            log::set_max_level(log::LevelFilter::Trace);
        }
        Ok("panic") => panic!("init panics"),
        Ok("elsewhere") => {
            _ = std::thread::spawn(|| panic!("on a thread")).join();
            _ = tokio::task::spawn_blocking(|| panic!("in blocking work")).await;
        }
        _ => {}
    }
}

/// A minimal subscriber that prints the events it receives.
#[derive(Default)]
struct Own {
    spans: AtomicU64,
    entered: Mutex<Vec<u64>>,
}

impl Subscriber for Own {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        eprintln!("own: span {}{}", span.metadata().name(), Shown(&|visit| span.record(visit)));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let depth = self.entered.lock().expect("the lock is not poisoned").len();
        let (level, target) = (event.metadata().level(), event.metadata().target());
        eprintln!("own: {level} {target}{} in {depth} spans", Shown(&|visit| event.record(visit)));
    }

    fn enter(&self, span: &Id) {
        self.entered.lock().expect("the lock is not poisoned").push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let mut entered = self.entered.lock().expect("the lock is not poisoned");
        assert_eq!(entered.pop(), Some(span.into_u64()));
    }
}

struct Shown<'a>(&'a dyn Fn(&mut dyn tracing::field::Visit));

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        (self.0)(&mut |field: &tracing::field::Field, value: &dyn fmt::Debug| {
            text.push_str(&format!(" {field}={value:?}"));
        });
        f.write_str(&text)
    }
}

struct OwnLogger;

impl log::Log for OwnLogger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        eprintln!("own: {} {} {}", record.level(), record.target(), record.args());
    }

    fn flush(&self) {}
}

lrt::main!(logger, records, whole);
