//! An execution environment: a process of the function and its Runtime API. Handles one event at a time.

use super::lambda::MAX_PAYLOAD_BYTES;
use super::output::Log;
use super::process::{Build, Process, Program};
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Answer, Event, Pending, RuntimeApi};
use std::future::pending;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep, timeout};

/// Time for a process to exit after SIGTERM, as for functions with extensions in Lambda ([shutdown
/// phase](https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown)).
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// Time for reading data that a process sent before it exited.
const EXIT_DRAIN_TIMEOUT: Duration = Duration::from_millis(500);

/// Becomes true when the local Lambda shuts down.
pub(super) type ShutdownSignal = watch::Receiver<bool>;

/// Waits for the shutdown. Never completes if the sender is dropped.
pub(super) async fn shutdown_requested(signal: &ShutdownSignal) {
    if signal.clone().wait_for(|is_requested| *is_requested).await.is_err() {
        pending::<()>().await;
    }
}

/// An environment whose init has completed.
pub(super) struct Environment {
    api: RuntimeApi,
    process: Process,
    /// The build of the executable that the process runs.
    build: Option<Build>,
    /// Duration of the init, until the first invocation.
    init_duration: Option<Duration>,
}

/// The end of an invocation.
pub(super) enum Outcome {
    /// The function replied or failed. The answer is lost if a stream was interrupted.
    Answered(Answer),
    /// The process has posted an init error.
    InitFailed(Answer),
    TimedOut,
    /// The process exited. The text is Lambda's description of the exit status.
    Exited(String),
    /// The local Lambda shut down.
    ShutDown,
}

/// Result of an invocation.
pub(super) struct InvocationResult {
    pub(super) outcome: Outcome,
    /// Duration of the init, for the first invocation of an environment.
    pub(super) init_duration: Option<Duration>,
    pub(super) duration: Duration,
    pub(super) memory_mb: Option<u64>,
    pub(super) log: Arc<Log>,
    /// Number of bytes of the log that were written before the event.
    pub(super) init_log_bytes: usize,
}

/// Result of waiting for a process.
enum WaitResult<T> {
    Ready(T),
    Exited(String),
    TimedOut,
    ShuttingDown,
}

impl Environment {
    /// Starts a process and waits until its init has completed.
    pub(super) async fn start(program: &Program, shutdown: &ShutdownSignal) -> Result<Environment, InvocationResult> {
        let start = Instant::now();
        let started = async {
            let api = RuntimeApi::builder().record_requests(false).require_secret().start().await?;
            let build = program.build();
            let process = Process::start(program, api.address()).await?;
            io::Result::Ok(Environment { api, process, build, init_duration: None })
        };
        let mut environment = match started.await {
            Ok(environment) => environment,
            Err(error) => {
                let outcome = Outcome::Exited(format!("failed to start the process: {error}"));
                return Err(InvocationResult::without_process(outcome));
            }
        };
        let api = environment.api.clone();
        let is_initialized = async {
            tokio::select! {
                biased;
                () = api.next_waiting() => true,
                _ = api.init_error() => false,
            }
        };
        let outcome = match environment.wait(is_initialized, None, shutdown).await {
            WaitResult::Ready(true) => {
                environment.init_duration = Some(start.elapsed());
                return Ok(environment);
            }
            WaitResult::Ready(false) => environment.init_failed().await,
            WaitResult::Exited(status) => {
                environment.api.try_init_error().map_or(Outcome::Exited(status), Outcome::InitFailed)
            }
            WaitResult::ShuttingDown | WaitResult::TimedOut => {
                environment.end().await;
                Outcome::ShutDown
            }
        };
        let mut result = environment.result(outcome, start, 0).await;
        result.init_log_bytes = result.log.written();
        Err(result)
    }

    async fn init_failed(&mut self) -> Outcome {
        // The process exits after it has posted the error.
        _ = timeout(SHUTDOWN_TIMEOUT, self.process.exit_status()).await;
        self.api.try_init_error().map_or(Outcome::ShutDown, Outcome::InitFailed)
    }

    /// Invokes the function with an event. With `parts`, a streamed reply is sent there as it arrives.
    ///
    /// [`wait_until_idle`](Self::wait_until_idle) must be called before the next event.
    pub(super) async fn invoke(
        &mut self,
        event: Event,
        parts: Option<mpsc::Sender<ReplyPart>>,
        limit: Duration,
        shutdown: &ShutdownSignal,
    ) -> InvocationResult {
        self.process.output.settle().await;
        let (start, init_log_bytes) = (Instant::now(), self.process.output.log().written());
        let event = event.deadline_in(limit);
        let mut answer = pin!(match parts {
            Some(parts) => self.api.send_parts_to(parts, event),
            None => self.api.send(event),
        });
        let mut result = self.wait(answer.as_mut(), Some(limit), shutdown).await;
        if matches!(result, WaitResult::ShuttingDown) {
            // The function may use the entire time that it would have in Lambda.
            self.process.terminate();
            result = self.wait(answer.as_mut(), Some(SHUTDOWN_TIMEOUT), &watch::channel(false).1).await;
            if matches!(result, WaitResult::TimedOut) {
                result = WaitResult::ShuttingDown;
            }
        }
        let outcome = match result {
            WaitResult::Ready(answer) => self.outcome_of(answer).await,
            WaitResult::Exited(status) => self.drain(answer.as_mut(), status).await,
            WaitResult::TimedOut => Outcome::TimedOut,
            WaitResult::ShuttingDown => Outcome::ShutDown,
        };
        let mut result = self.result(outcome, start, init_log_bytes).await;
        result.init_duration = self.init_duration.take();
        if matches!(result.outcome, Outcome::TimedOut | Outcome::ShutDown) {
            self.process.kill();
        }
        result
    }

    /// A stream is also interrupted when the process exits.
    async fn outcome_of(&mut self, answer: Answer) -> Outcome {
        if answer.is_lost()
            && let Ok(status) = timeout(EXIT_DRAIN_TIMEOUT / 10, self.process.exit_status()).await
        {
            return Outcome::Exited(status);
        }
        Outcome::Answered(answer)
    }

    /// Waits for an answer that the process may have sent before it exited.
    async fn drain(&self, answer: Pin<&mut Pending>, status: String) -> Outcome {
        tokio::select! {
            biased;
            answer = answer => if answer.is_lost() { Outcome::Exited(status) } else { Outcome::Answered(answer) },
            _ = timeout(EXIT_DRAIN_TIMEOUT, self.api.disconnected()) => Outcome::Exited(status),
        }
    }

    async fn result(&mut self, outcome: Outcome, start: Instant, init_log_bytes: usize) -> InvocationResult {
        let duration = start.elapsed();
        let memory_mb = self.process.max_memory_mb();
        self.process.output.settle().await;
        let log = self.process.output.log();
        InvocationResult { outcome, init_duration: None, duration, memory_mb, log, init_log_bytes }
    }

    /// Waits until the function is ready for the next event, which is after its `wait_until` work.
    ///
    /// # Errors
    ///
    /// Returns an error if the environment cannot be used again, with the reason if it should be reported.
    pub(super) async fn wait_until_idle(
        &mut self,
        remaining: Duration,
        shutdown: &ShutdownSignal,
    ) -> Result<(), Option<String>> {
        let api = self.api.clone();
        let reason = match self.wait(api.next_waiting(), Some(remaining), shutdown).await {
            WaitResult::Ready(()) => {
                self.process.output.settle().await;
                self.process.output.start_new_log();
                return Ok(());
            }
            WaitResult::ShuttingDown => {
                self.end().await;
                None
            }
            // Ctrl-C in a terminal also reaches the process.
            WaitResult::Exited(_) if *shutdown.borrow() => None,
            WaitResult::Exited(status) => Some(format!("{status}, after its reply")),
            WaitResult::TimedOut => Some("timed out, after its reply".to_owned()),
        };
        // The last output of the process is shown before the reason.
        self.process.output.settle().await;
        Err(reason)
    }

    /// Returns true if the process is running. It may have exited between two events.
    pub(super) fn is_alive(&mut self) -> bool {
        self.process.try_exit_status().is_none()
    }

    /// Returns true if the process runs the current build of the executable, or if the executable is missing because it
    /// is being built.
    pub(super) fn is_current(&self, program: &Program) -> bool {
        program.build().is_none_or(|build| self.build.as_ref() == Some(&build))
    }

    /// Terminates the process, and kills it if the shutdown takes too long.
    pub(super) async fn end(&mut self) {
        self.process.terminate();
        if timeout(SHUTDOWN_TIMEOUT, self.process.exit_status()).await.is_err() {
            self.process.kill();
        }
        self.process.output.settle().await;
    }

    async fn wait<T>(
        &mut self,
        future: impl Future<Output = T>,
        limit: Option<Duration>,
        shutdown: &ShutdownSignal,
    ) -> WaitResult<T> {
        let limit = async {
            match limit {
                Some(limit) => sleep(limit).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            value = future => WaitResult::Ready(value),
            status = self.process.exit_status() => WaitResult::Exited(status),
            () = limit => WaitResult::TimedOut,
            () = shutdown_requested(shutdown) => WaitResult::ShuttingDown,
        }
    }
}

impl InvocationResult {
    /// Result of an invocation that was not sent to a process.
    pub(super) fn without_process(outcome: Outcome) -> InvocationResult {
        let log = Arc::default();
        InvocationResult {
            outcome,
            init_duration: None,
            duration: Duration::ZERO,
            memory_mb: None,
            log,
            init_log_bytes: 0,
        }
    }

    /// Applies the size limit of buffered replies to a streamed reply that the caller receives in one piece
    /// ([invoke modes](https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html)).
    pub(super) fn limit_buffered_reply(&mut self) {
        match &mut self.outcome {
            Outcome::Answered(answer) if answer.body.len() > MAX_PAYLOAD_BYTES => {
                *answer = Answer::too_large(MAX_PAYLOAD_BYTES);
            }
            _ => {}
        }
    }
}
