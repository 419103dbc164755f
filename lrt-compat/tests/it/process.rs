//! A program in its own process, with a fake Runtime API.

use lrt::testing::{Answer, AnswerKind, Event, IntoEvent, RuntimeApi};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// The variable with the name of the program.
pub(crate) const PROGRAM: &str = "LRT_COMPAT_PROGRAM";

/// The variable with the loop.
pub(crate) const LOOP: &str = "LRT_COMPAT_LOOP";

/// Timeout of a step, far longer than any should take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The loop that runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loop {
    LambdaRuntime,
    Lrt,
}

impl Loop {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Loop::LambdaRuntime => "lambda_runtime",
            Loop::Lrt => "lrt",
        }
    }
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
        command.args(["--ignored", "--exact", "--nocapture", "programs::program"]).env(PROGRAM, program);
        command.env(LOOP, on.name()).env("AWS_LAMBDA_RUNTIME_API", api.address()).env_remove("RUST_BACKTRACE");
        for (name, value) in [
            ("FUNCTION_NAME", "shop"),
            ("FUNCTION_VERSION", "7"),
            ("FUNCTION_MEMORY_SIZE", "256"),
            ("LOG_GROUP_NAME", "/aws/lambda/shop"),
            ("LOG_STREAM_NAME", "2026/[7]1"),
        ] {
            command.env(format!("AWS_LAMBDA_{name}"), value);
        }
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

/// Asserts that both loops give the same answers to these events, and returns them.
pub(crate) async fn same_answers(program: &str, events: Vec<Event>) -> Vec<String> {
    let expected = answers(program, Loop::LambdaRuntime, &events).await;
    let found = answers(program, Loop::Lrt, &events).await;
    for ((event, expected), found) in events.iter().zip(&expected).zip(&found) {
        assert_eq!(found, expected, "{program}: {}", String::from_utf8_lossy(event.payload()));
    }
    found.into_iter().map(|seen| seen.body).collect()
}

/// Returns an event with this payload and the same headers each time it is sent.
pub(crate) fn event(payload: impl IntoEvent) -> Event {
    let deadline = SystemTime::UNIX_EPOCH + Duration::from_millis(4_000_000_000_123);
    Event::new(payload.into_event().unwrap()).deadline(deadline)
}
