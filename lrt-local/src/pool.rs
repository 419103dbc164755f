//! The execution environments of a function: up to `--concurrency`, each started on demand. Events that arrive while all of
//! them are busy wait for their turn.

use super::environment::{Environment, InvocationResult, Outcome, ShutdownSignal, shutdown_requested};
use super::history::History;
use super::lambda::MEMORY_MB;
use super::process::Program;
use super::recorder::Recorder;
use super::report::{InvocationReport, Status};
use super::terminal::say;
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Answer, Event, Pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::sleep;

/// Delays before the retries of an asynchronous invocation: seconds instead of Lambda's minutes
/// ([error handling](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)).
const RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Settings that apply to all functions.
#[derive(Clone)]
pub(super) struct PoolSettings {
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) shutdown: ShutdownSignal,
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) history: Arc<History>,
}

/// The environments of a function. Clones share them.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    program: Program,
    settings: PoolSettings,
    memory_mb: u32,
    /// Limits the number of busy environments, in the order of arrival.
    permits: Semaphore,
    idle: Mutex<Vec<Environment>>,
}

/// An invocation in progress.
pub(super) struct PendingInvocation {
    pub(super) answer: Pending,
    pub(super) report: oneshot::Receiver<InvocationReport>,
}

/// Describes an event in reports.
enum Call {
    /// An invocation, or the first attempt of an asynchronous one.
    Invoke,
    /// An HTTP request, without its query, which may contain secrets: `GET /orders/7`.
    Request(String),
    Retry {
        attempt: usize,
    },
}

impl Call {
    fn describe(&self, function: &str) -> String {
        match self {
            Call::Invoke => function.to_owned(),
            Call::Request(request) => format!("{function} {request}"),
            Call::Retry { attempt } => format!("{function} (attempt {attempt})"),
        }
    }
}

impl Pool {
    pub(super) fn new(program: Program, settings: PoolSettings) -> Pool {
        let memory = std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse().ok());
        let permits = Semaphore::new(settings.concurrency);
        let memory_mb = memory.unwrap_or(MEMORY_MB);
        Pool(Arc::new(Shared { program, settings, memory_mb, permits, idle: Mutex::default() }))
    }

    /// Starts an environment before the first event, so that errors in its init are visible at once.
    pub(super) fn start_environment(&self) {
        let pool = self.clone();
        tokio::spawn(async move {
            let Ok(_permit) = pool.0.permits.acquire().await else { return };
            match Environment::start(&pool.0.program, &pool.0.settings.shutdown).await {
                Ok(environment) => pool.idle().push(environment),
                Err(InvocationResult { outcome: Outcome::Exited(status), .. }) => {
                    eprintln!("ERROR {}: {status}, in its init", pool.0.program.function);
                }
                // The function has logged the error.
                Err(_) => {}
            }
        });
    }

    /// Invokes the function with an event, even if the caller no longer waits for the answer.
    pub(super) fn invoke(&self, event: Event) -> PendingInvocation {
        self.start(event, None, Call::Invoke)
    }

    /// Invokes the function with an event and sends the parts of a streamed reply as they arrive; the answer contains
    /// only the first megabyte in this case. For a buffered reply, no part is sent.
    pub(super) fn invoke_streaming(&self, event: Event) -> (mpsc::Receiver<ReplyPart>, PendingInvocation) {
        let (parts, received) = mpsc::channel(1);
        (received, self.start(event, Some(parts), Call::Invoke))
    }

    /// Like [`invoke_streaming`](Self::invoke_streaming), for the event of this HTTP request.
    pub(super) fn request(&self, event: Event, request: String) -> (mpsc::Receiver<ReplyPart>, PendingInvocation) {
        let (parts, received) = mpsc::channel(1);
        (received, self.start(event, Some(parts), Call::Request(request)))
    }

    fn start(&self, event: Event, parts: Option<mpsc::Sender<ReplyPart>>, call: Call) -> PendingInvocation {
        let (sender, answer) = Pending::of(&event);
        let (report_sender, report) = oneshot::channel();
        let pool = self.clone();
        tokio::spawn(async move {
            pool.run(event, parts, call, |report, answer| {
                // A caller that no longer waits is not an error. The report is sent first, so that it is available with
                // the answer.
                _ = report_sender.send(report);
                _ = sender.send(answer);
            })
            .await;
        });
        PendingInvocation { answer, report }
    }

    /// Invokes the function asynchronously with an event, with up to two retries.
    pub(super) fn invoke_async(&self, event: Event) {
        let pool = self.clone();
        tokio::spawn(async move {
            let name = pool.0.program.function.clone();
            for attempt in 1..=RETRY_DELAYS.len() + 1 {
                let call = if attempt == 1 { Call::Invoke } else { Call::Retry { attempt } };
                let mut failed = false;
                let conclude =
                    |report: InvocationReport, _| failed = !matches!(report.status, Status::Ok | Status::ShutDown);
                pool.run(event.clone(), None, call, conclude).await;
                let Some(delay) = RETRY_DELAYS.get(attempt - 1).filter(|_| failed) else { return };
                let seconds = delay.as_secs();
                say(format!("{name}: async invocation failed; retrying in {seconds} s (Lambda: {seconds} min)")
                    .as_bytes());
                sleep(*delay).await;
            }
        });
    }

    /// Waits for an environment and for its handling of an event, including `wait_until` work.
    async fn run(
        &self,
        event: Event,
        parts: Option<mpsc::Sender<ReplyPart>>,
        call: Call,
        conclude: impl FnOnce(InvocationReport, Answer),
    ) {
        let Shared { settings, permits, program, .. } = &*self.0;
        let id = event.header_value("Lambda-Runtime-Aws-Request-Id").unwrap_or_default().to_owned();
        let (payload, description) = (event.payload().clone(), call.describe(&program.function));
        let is_streaming = parts.is_some();
        let permit = tokio::select! {
            biased;
            () = shutdown_requested(&settings.shutdown) => None,
            permit = permits.acquire() => permit.ok(),
        };
        let Some(_permit) = permit else {
            let (report, answer) = self.report(&id, InvocationResult::without_process(Outcome::ShutDown));
            return conclude(report, answer);
        };
        let environment = match self.idle_environment().await {
            Some(environment) => Ok(environment),
            None => Environment::start(program, &settings.shutdown).await,
        };
        let (mut result, environment) = match environment {
            Ok(mut environment) => {
                let result = environment.invoke(event, parts, settings.timeout, &settings.shutdown).await;
                (result, Some(environment))
            }
            Err(result) => (result, None),
        };
        if !is_streaming {
            result.limit_buffered_reply();
        }
        let remaining = settings.timeout.saturating_sub(result.duration);
        let (mut report, answer) = self.report(&id, result);
        if let Call::Request(_) = call {
            report.set_http_status(&answer);
        }
        say(report.line(&description).as_bytes());
        settings.history.add(&program.function, &description, payload.clone(), &report, &answer);
        if let Some(recorder) = settings.recorder.as_ref().filter(|_| !matches!(call, Call::Retry { .. })) {
            let reply = (!answer.body.is_empty()).then_some(&*answer.body);
            match recorder.record(&program.function, &payload, reply) {
                Ok(recorded) => say(format!("recorded as {recorded}").as_bytes()),
                Err(error) => eprintln!("ERROR failed to record the event: {error}"),
            }
        }
        let is_reusable = matches!(report.status, Status::Ok | Status::Error(_) | Status::Interrupted);
        conclude(report, answer);
        let Some(mut environment) = environment.filter(|_| is_reusable) else { return };
        match environment.wait_until_idle(remaining, &settings.shutdown).await {
            Ok(()) => self.idle().push(environment),
            Err(Some(reason)) => say(format!("REPORT {description}: {reason}").as_bytes()),
            Err(None) => {}
        }
    }

    fn report(&self, id: &str, result: InvocationResult) -> (InvocationReport, Answer) {
        InvocationReport::new(id, result, self.0.settings.timeout, self.0.memory_mb)
    }

    /// Returns the idle environment that was used last. Ends environments whose executable has been rebuilt.
    async fn idle_environment(&self) -> Option<Environment> {
        let program = &self.0.program;
        let mut is_reported = false;
        loop {
            let mut environment = self.idle().pop()?;
            if !environment.is_alive() {
                continue;
            }
            if environment.is_current(program) {
                return Some(environment);
            }
            if !std::mem::replace(&mut is_reported, true) {
                say(format!("{}: the executable has changed; starting a new environment", program.function).as_bytes());
            }
            environment.end().await;
        }
    }

    /// Waits until the busy environments are idle, which the shutdown signal causes, and ends all of them.
    pub(super) async fn shut_down(&self) {
        let all = u32::try_from(self.0.settings.concurrency).unwrap_or(u32::MAX);
        let Ok(_permits) = self.0.permits.acquire_many(all).await else { return };
        let idle = std::mem::take(&mut *self.idle());
        let ends: Vec<_> = idle
            .into_iter()
            .map(|mut environment| {
                tokio::spawn(async move {
                    environment.end().await;
                })
            })
            .collect();
        for end in ends {
            _ = end.await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Environment>> {
        self.0.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
