//! The environments of a function: as many as `--concurrency` says, each started when it is needed. What comes while all of
//! them are busy waits for its turn.

use super::environment::{Environment, InvocationResult, Outcome, ShutdownSignal, over};
use super::first::{First, first};
use super::history::History;
use super::lambda::MEMORY_MB;
use super::process::Program;
use super::recorder::{RecordedEvent, Recorder};
use super::report::{Report, Status};
use super::terminal::say;
use lrt_testing::__private::ReplyPart;
use lrt_testing::{Answer, Event, Pending};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::sleep;

/// How long Lambda waits before it has an event that nobody waits for tried again, here a second for each of its minutes
/// ([error handling](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)).
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// What the command line says about environments.
#[derive(Clone)]
pub(super) struct PoolSettings {
    pub(super) concurrency: usize,
    pub(super) timeout: Duration,
    pub(super) ending: ShutdownSignal,
    pub(super) recorder: Option<Arc<Recorder>>,
    pub(super) history: Arc<History>,
}

/// A function's environments. Clones are the same.
#[derive(Clone)]
pub(super) struct Pool(Arc<Shared>);

struct Shared {
    program: Program,
    rules: PoolSettings,
    memory_mb: u32,
    /// One for each environment that may be busy. It is fair: first come, first served.
    free: Semaphore,
    idle: Mutex<Vec<Environment>>,
}

/// An invocation whose answer is waited for.
pub(super) struct PendingInvocation {
    pub(super) answer: Pending,
    pub(super) report: oneshot::Receiver<Report>,
}

/// What an event is, for who reads of it.
enum Call {
    /// That of a caller who waits, unless it is the first attempt of what nobody waits for.
    Invoke,
    /// A request, as it was written: `GET /orders/7`.
    Request(String),
    Again {
        attempt: usize,
    },
}

impl Call {
    fn of(&self, function: &str) -> String {
        match self {
            Call::Invoke => function.to_owned(),
            Call::Request(request) => format!("{function} {request}"),
            Call::Again { attempt } => format!("{function} (attempt {attempt})"),
        }
    }
}

impl Pool {
    pub(super) fn new(program: Program, rules: PoolSettings) -> Pool {
        let memory = std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().and_then(|size| size.parse().ok());
        let free = Semaphore::new(rules.concurrency);
        let memory_mb = memory.unwrap_or(MEMORY_MB);
        Pool(Arc::new(Shared { program, rules, memory_mb, free, idle: Mutex::default() }))
    }

    /// Starts an environment before there is an event for it, so that what is wrong with its init is seen at once.
    pub(super) fn start_one(&self) {
        let pool = self.clone();
        tokio::spawn(async move {
            let Ok(_permit) = pool.0.free.acquire().await else { return };
            match Environment::start(&pool.0.program, &pool.0.rules.ending).await {
                Ok(environment) => pool.idle().push(environment),
                Err(InvocationResult { outcome: Outcome::Exited(how), .. }) => {
                    eprintln!("ERROR {}: {how}, in its init", pool.0.program.function);
                }
                // The function has said why.
                Err(_) => {}
            }
        });
    }

    /// Has the function handle an event. It does so even if nobody waits for the answer.
    pub(super) fn invoke(&self, event: Event) -> PendingInvocation {
        self.start(event, None, Call::Invoke)
    }

    /// The same for who wants a streamed reply as it comes. Its answer has but the first megabyte of it then; of a reply that is
    /// not streamed, no part comes.
    pub(super) fn invoke_in_parts(&self, event: Event) -> (mpsc::Receiver<ReplyPart>, PendingInvocation) {
        let (parts, received) = mpsc::channel(1);
        (received, self.start(event, Some(parts), Call::Invoke))
    }

    /// The same for an event that is this request, and whose reply is the response.
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
                // A caller that has gone is no error. Whoever has the answer has the report, too.
                _ = report_sender.send(report);
                _ = sender.send(answer);
            })
            .await;
        });
        PendingInvocation { answer, report }
    }

    /// Has the function handle an event that nobody waits for: twice more, if it fails.
    pub(super) fn invoke_later(&self, event: Event) {
        let pool = self.clone();
        tokio::spawn(async move {
            let name = pool.0.program.function.clone();
            for attempt in 1..=PAUSES.len() + 1 {
                let call = if attempt == 1 { Call::Invoke } else { Call::Again { attempt } };
                let mut failed = false;
                let conclude = |report: Report, _| failed = !matches!(report.status, Status::Ok | Status::Ended);
                pool.run(event.clone(), None, call, conclude).await;
                let Some(pause) = PAUSES.get(attempt - 1).filter(|_| failed) else { return };
                let seconds = pause.as_secs();
                say(format!("{name}: nobody waits for this event, so it is tried again in {seconds} s, as Lambda does in {seconds} min").as_bytes());
                sleep(*pause).await;
            }
        });
    }

    /// Waits for an environment and has it handle an event, to the end of its `wait_until` work.
    async fn run(
        &self,
        event: Event,
        parts: Option<mpsc::Sender<ReplyPart>>,
        call: Call,
        conclude: impl FnOnce(Report, Answer),
    ) {
        let Shared { rules, free, program, .. } = &*self.0;
        let id = event.header_value("Lambda-Runtime-Aws-Request-Id").unwrap_or_default().to_owned();
        let (payload, what) = (event.payload().clone(), call.of(&program.function));
        let in_parts = parts.is_some();
        let First::Other(Ok(_permit)) = first(over(&rules.ending), free.acquire()).await else {
            let (report, answer) = self.report(&id, InvocationResult::without_process(Outcome::Ended));
            return conclude(report, answer);
        };
        let environment = match self.alive() {
            Some(environment) => Ok(environment),
            None => Environment::start(program, &rules.ending).await,
        };
        let (mut handled, environment) = match environment {
            Ok(mut environment) => {
                (environment.invoke(event, parts, rules.timeout, &rules.ending).await, Some(environment))
            }
            Err(handled) => (handled, None),
        };
        if !in_parts {
            handled.join();
        }
        let left = rules.timeout.saturating_sub(handled.duration);
        let (mut report, answer) = self.report(&id, handled);
        if let Call::Request(_) = call {
            report.is_response(&answer);
        }
        say(report.line(&what).as_bytes());
        rules.history.add(&program.function, &what, payload.clone(), &report, &answer);
        if let Some(recorder) = rules.recorder.as_ref().filter(|_| !matches!(call, Call::Again { .. })) {
            let reply = (!answer.body.is_empty()).then_some(&*answer.body);
            match recorder.record(&program.function, &payload, reply) {
                Ok(RecordedEvent { path, without_credentials: true }) => {
                    let hint = "without its credentials, which --with-credentials keeps";
                    say(format!("recorded as {}, {hint}", path.display()).as_bytes());
                }
                Ok(RecordedEvent { path, .. }) => say(format!("recorded as {}", path.display()).as_bytes()),
                Err(error) => eprintln!("ERROR the event is not recorded: {error}"),
            }
        }
        let goes_on = matches!(report.status, Status::Ok | Status::Error(_) | Status::BrokenOff);
        conclude(report, answer);
        let Some(mut environment) = environment.filter(|_| goes_on) else { return };
        match environment.rest(left, &rules.ending).await {
            Ok(()) => self.idle().push(environment),
            Err(Some(why)) => say(format!("REPORT {what}: {why}").as_bytes()),
            Err(None) => {}
        }
    }

    fn report(&self, id: &str, handled: InvocationResult) -> (Report, Answer) {
        Report::of(id, handled, self.0.rules.timeout, self.0.memory_mb)
    }

    /// An environment that has nothing to do: the one that was used last.
    fn alive(&self) -> Option<Environment> {
        let mut idle = self.idle();
        loop {
            let mut environment = idle.pop()?;
            if environment.is_alive() {
                return Some(environment);
            }
        }
    }

    /// Waits until those that are busy are done, which `ending` has them be soon, and ends all.
    pub(super) async fn end(&self) {
        let all = u32::try_from(self.0.rules.concurrency).unwrap_or(u32::MAX);
        let Ok(_permits) = self.0.free.acquire_many(all).await else { return };
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
