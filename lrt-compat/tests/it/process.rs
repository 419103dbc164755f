//! A program in its own process, with a fake Runtime API.

use lrt::testing::{Answer, AnswerKind, Event, IntoEvent, RuntimeApi};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The variable with the name of the program.
pub(crate) const PROGRAM: &str = "LRT_COMPAT_PROGRAM";

/// The variable with the loop.
const LOOP: &str = "LRT_COMPAT_LOOP";

/// Timeout of a step, far longer than any should take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The loop that runs a program, and the way to start it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    LambdaRuntime,
    /// `Compat::serve`.
    Lrt,
    /// `Compat::run`.
    LrtRun,
}

impl Loop {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Loop::LambdaRuntime => "lambda_runtime",
            Loop::Lrt => "lrt",
            Loop::LrtRun => "lrt run",
        }
    }

    /// Returns the loop that the environment names.
    pub(crate) fn of_environment() -> Loop {
        let name = std::env::var(LOOP).unwrap();
        let loops = [Loop::LambdaRuntime, Loop::Lrt, Loop::LrtRun];
        loops.into_iter().find(|on| on.name() == name).unwrap_or_else(|| panic!("invalid {LOOP}: {name}"))
    }
}

/// The arguments with which the executable of the tests runs the program that the environment names.
pub(crate) const ARGS: [&str; 4] = ["--ignored", "--exact", "--nocapture", "programs::program"];

/// Returns the environment of a program, without the address of the Runtime API.
pub(crate) fn environment(program: &str, on: Loop) -> [(&'static str, String); 7] {
    [
        (PROGRAM, program),
        (LOOP, on.name()),
        ("AWS_LAMBDA_FUNCTION_NAME", "shop"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "7"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/shop"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/[7]1"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
}

/// A running program.
pub(crate) struct Process {
    pub(crate) api: RuntimeApi,
    child: Child,
}

impl Process {
    pub(crate) async fn start(program: &str, on: Loop) -> Process {
        Process::start_with(program, on, 1).await
    }

    /// Starts a program whose environment handles this number of events at once.
    pub(crate) async fn start_with(program: &str, on: Loop, concurrency: usize) -> Process {
        let api = RuntimeApi::builder().concurrency(concurrency).start().await.unwrap();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(ARGS).envs(environment(program, on));
        command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env_remove("RUST_BACKTRACE");
        if concurrency > 1 {
            command.env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency.to_string());
        }
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        Process { api, child }
    }

    pub(crate) async fn invoke(&self, event: Event) -> Answer {
        timeout(TIMEOUT, self.api.invoke(event)).await.expect("the program should answer")
    }

    /// Sends SIGTERM and waits until the process has exited.
    pub(crate) async fn terminate(self) -> Output {
        timeout(TIMEOUT, self.api.next_waiting()).await.expect("the program should wait for an event");
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
        self.output().await
    }

    /// Waits until the process has exited.
    pub(crate) async fn output(self) -> Output {
        timeout(TIMEOUT, self.child.wait_with_output()).await.expect("the process should exit").unwrap()
    }
}

/// An answer, as far as the caller of the function sees it.
#[derive(Debug, PartialEq)]
pub(crate) struct SeenAnswer {
    kind: AnswerKind,
    body: String,
    /// Mode and content type of a streamed reply.
    stream: Option<(String, String)>,
    trailers: Vec<(String, String)>,
}

impl SeenAnswer {
    pub(crate) fn of(answer: &Answer) -> SeenAnswer {
        let header = |name| answer.headers.get(name).map(str::to_owned);
        SeenAnswer {
            kind: answer.kind,
            body: String::from_utf8_lossy(&answer.body).into_owned(),
            stream: header("Lambda-Runtime-Function-Response-Mode").zip(header("Content-Type")),
            trailers: answer.trailers.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        }
    }
}

/// Returns the answers of a program to these events.
pub(crate) async fn answers(program: &str, on: Loop, events: &[Event]) -> Vec<SeenAnswer> {
    let process = Process::start(program, on).await;
    let mut seen = Vec::new();
    for event in events {
        seen.push(SeenAnswer::of(&process.invoke(event.clone()).await));
    }
    seen
}

/// Asserts that all loops give the same answers to these events, and returns them.
pub(crate) async fn same_answers(program: &str, events: Vec<Event>) -> Vec<String> {
    let expected = answers(program, Loop::LambdaRuntime, &events).await;
    for on in [Loop::Lrt, Loop::LrtRun] {
        let found = answers(program, on, &events).await;
        for ((event, expected), found) in events.iter().zip(&expected).zip(&found) {
            assert_eq!(found, expected, "{program} on {on:?}: {}", String::from_utf8_lossy(event.payload()));
        }
    }
    expected.into_iter().map(|seen| seen.body).collect()
}

/// Returns an event with this payload and the same headers each time it is sent.
pub(crate) fn event(payload: impl IntoEvent) -> Event {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(4_000_000_000_123);
    Event::new(payload.into_event().unwrap()).deadline(deadline)
}
