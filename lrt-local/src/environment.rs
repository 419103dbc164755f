//! An execution environment: a process of the function and the Runtime API that it asks for events, one at a time.

use super::first::{First, first};
use super::lambda::MAX_PAYLOAD_BYTES;
use super::output::Log;
use super::process::{Process, Program};
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Answer, Event, Pending, RuntimeApi};
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

/// How long a process may take to end once it was asked to: what Lambda gives to one with extensions
/// ([shutdown phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown)).
const SHUTDOWN: Duration = Duration::from_secs(2);

/// How long what a process has sent may take to be read once it has ended.
const EXIT_DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Becomes true once all has to end.
pub(super) type ShutdownSignal = watch::Receiver<bool>;

/// Waits until all has to end. Where nobody can say so any more, that does not come.
pub(super) async fn over(ending: &ShutdownSignal) {
    if ending.clone().wait_for(|ending| *ending).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Its process has been started, and is ready for events.
pub(super) struct Environment {
    api: RuntimeApi,
    process: Process,
    /// How long its init took, until its first invocation.
    cold: Option<Duration>,
}

/// What became of an invocation.
pub(super) enum Outcome {
    /// The function's reply or error; `Lost` for a stream that broke off.
    Answered(Answer),
    /// The process has posted its init error.
    InitFailed(Answer),
    TimedOut,
    /// The process ended, in the words that Lambda has for it.
    Exited(String),
    /// The local Lambda ends.
    Ended,
}

/// An invocation, as far as the environment knows it.
pub(super) struct InvocationResult {
    pub(super) outcome: Outcome,
    /// How long the init took, of the first invocation.
    pub(super) init: Option<Duration>,
    pub(super) duration: Duration,
    pub(super) memory_mb: Option<u64>,
    pub(super) log: Arc<Log>,
    /// So many bytes of the log came before the event.
    pub(super) before: usize,
}

/// How a wait for the process ended.
enum WaitResult<T> {
    Ready(T),
    Exited(String),
    TimedOut,
    ShutdownSignal,
}

impl Environment {
    /// Starts a process and waits for the end of its init; where that fails, what became of it.
    pub(super) async fn start(program: &Program, ending: &ShutdownSignal) -> Result<Environment, InvocationResult> {
        let begin = Instant::now();
        let started = async {
            let api = RuntimeApi::builder().record_requests(false).start().await?;
            let process = Process::start(program, api.address())?;
            io::Result::Ok(Environment { api, process, cold: None })
        };
        let mut environment = match started.await {
            Ok(environment) => environment,
            Err(error) => {
                let outcome = Outcome::Exited(format!("its process cannot be started: {error}"));
                return Err(InvocationResult::without_process(outcome));
            }
        };
        let api = environment.api.clone();
        let ready = async { matches!(first(api.next_waiting(), api.init_error()).await, First::One(())) };
        let outcome = match environment.wait(ready, None, ending).await {
            WaitResult::Ready(true) => {
                environment.cold = Some(begin.elapsed());
                return Ok(environment);
            }
            WaitResult::Ready(false) => environment.init_failed().await,
            WaitResult::Exited(how) => {
                environment.api.try_init_error().map_or(Outcome::Exited(how), Outcome::InitFailed)
            }
            WaitResult::ShutdownSignal | WaitResult::TimedOut => {
                environment.end().await;
                Outcome::Ended
            }
        };
        let mut handled = environment.handled(outcome, begin, 0).await;
        handled.before = handled.log.written();
        Err(handled)
    }

    async fn init_failed(&mut self) -> Outcome {
        // It ends by itself, having said why.
        _ = timeout(SHUTDOWN, self.process.ended()).await;
        self.api.try_init_error().map_or(Outcome::Ended, Outcome::InitFailed)
    }

    /// Has the function handle an event. With `parts`, a streamed reply goes there as it comes.
    ///
    /// After it, [`rest`](Self::rest) has to be called before the next.
    pub(super) async fn invoke(
        &mut self,
        event: Event,
        parts: Option<mpsc::Sender<ReplyPart>>,
        limit: Duration,
        ending: &ShutdownSignal,
    ) -> InvocationResult {
        self.process.output.settle().await;
        let (begin, before) = (Instant::now(), self.process.output.log().written());
        let event = event.deadline_in(limit);
        let mut pending = pin!(match parts {
            Some(parts) => self.api.send_parts_to(parts, event),
            None => self.api.send(event),
        });
        let mut waited = self.wait(pending.as_mut(), Some(limit), ending).await;
        if matches!(waited, WaitResult::ShutdownSignal) {
            // It has the time to finish that Lambda would give it.
            self.process.terminate();
            waited = self.wait(pending.as_mut(), Some(SHUTDOWN), &never()).await;
            if matches!(waited, WaitResult::TimedOut) {
                waited = WaitResult::ShutdownSignal;
            }
        }
        let outcome = match waited {
            WaitResult::Ready(answer) => self.unless_exited(answer).await,
            WaitResult::Exited(how) => self.last_words(pending.as_mut(), how).await,
            WaitResult::TimedOut => Outcome::TimedOut,
            WaitResult::ShutdownSignal => Outcome::Ended,
        };
        let mut handled = self.handled(outcome, begin, before).await;
        handled.init = self.cold.take();
        if matches!(handled.outcome, Outcome::TimedOut | Outcome::Ended) {
            self.process.kill();
        }
        handled
    }

    /// A stream that broke off may be that of a process that ended.
    async fn unless_exited(&mut self, answer: Answer) -> Outcome {
        if answer.is_lost()
            && let Ok(how) = timeout(EXIT_DRAIN_TIMEOUT / 10, self.process.ended()).await
        {
            return Outcome::Exited(how);
        }
        Outcome::Answered(answer)
    }

    /// It may have answered just before it ended.
    async fn last_words(&mut self, pending: std::pin::Pin<&mut Pending>, how: String) -> Outcome {
        match first(pending, timeout(EXIT_DRAIN_TIMEOUT, self.api.disconnected())).await {
            First::One(answer) if !answer.is_lost() => Outcome::Answered(answer),
            _ => Outcome::Exited(how),
        }
    }

    async fn handled(&mut self, outcome: Outcome, begin: Instant, before: usize) -> InvocationResult {
        let duration = begin.elapsed();
        let memory_mb = self.process.max_memory_mb();
        self.process.output.settle().await;
        InvocationResult { outcome, init: None, duration, memory_mb, log: self.process.output.log(), before }
    }

    /// Waits until the function is ready for the next event: its `wait_until` work is done then. Where that never comes,
    /// says why if there is something to say.
    pub(super) async fn rest(&mut self, left: Duration, ending: &ShutdownSignal) -> Result<(), Option<String>> {
        let api = self.api.clone();
        let why = match self.wait(api.next_waiting(), Some(left), ending).await {
            WaitResult::Ready(()) => {
                self.process.output.settle().await;
                self.process.output.begin_anew();
                return Ok(());
            }
            WaitResult::ShutdownSignal => {
                self.end().await;
                None
            }
            // Ctrl-c in a terminal reaches the process as well.
            WaitResult::Exited(_) if *ending.borrow() => None,
            WaitResult::Exited(how) => Some(format!("{how}, after its answer")),
            WaitResult::TimedOut => Some("timed out, after its answer".to_owned()),
        };
        // What it has said last is to be seen before why it is gone.
        self.process.output.settle().await;
        Err(why)
    }

    /// Whether its process is still there: it may have ended between two events.
    pub(super) fn is_alive(&mut self) -> bool {
        self.process.has_ended().is_none()
    }

    /// Ends the process in order, or at once if it takes too long.
    pub(super) async fn end(&mut self) {
        self.process.terminate();
        if timeout(SHUTDOWN, self.process.ended()).await.is_err() {
            self.process.kill();
        }
        self.process.output.settle().await;
    }

    async fn wait<T>(
        &mut self,
        what: impl Future<Output = T>,
        limit: Option<Duration>,
        ending: &ShutdownSignal,
    ) -> WaitResult<T> {
        let late = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        match first(first(what, self.process.ended()), first(late, over(ending))).await {
            First::One(First::One(value)) => WaitResult::Ready(value),
            First::One(First::Other(how)) => WaitResult::Exited(how),
            First::Other(First::One(())) => WaitResult::TimedOut,
            First::Other(First::Other(())) => WaitResult::ShutdownSignal,
        }
    }
}

impl InvocationResult {
    /// An invocation that no process has seen.
    pub(super) fn without_process(outcome: Outcome) -> InvocationResult {
        let log = Arc::default();
        InvocationResult { outcome, init: None, duration: Duration::ZERO, memory_mb: None, log, before: 0 }
    }

    /// A streamed reply that the caller gets as a whole has the limit of other replies
    /// ([invoke modes](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html)).
    pub(super) fn join(&mut self) {
        match &mut self.outcome {
            Outcome::Answered(answer) if answer.body.len() > MAX_PAYLOAD_BYTES => {
                *answer = Answer::too_large(MAX_PAYLOAD_BYTES);
            }
            _ => {}
        }
    }
}

/// An end that does not come.
fn never() -> ShutdownSignal {
    watch::channel(false).1
}
