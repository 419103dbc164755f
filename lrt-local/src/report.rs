//! Reports an invocation that has ended: to its caller, in its log, and in one line on the terminal.

use super::environment::{InvocationResult, Outcome};
use super::function_error::FunctionError;
use super::lambda::VERSION;
use super::output::Log;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lrt_core::__private::write_rfc3339;
use lrt_testing::Answer;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Maximum size of the log that the caller receives, which is its end
/// ([Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)).
const MAX_TAIL_BYTES: usize = 4 * 1024;

/// Report of an invocation.
#[derive(Clone)]
pub(super) struct InvocationReport {
    pub(super) request_id: String,
    pub(super) status: Status,
    /// Status of the HTTP response, for an HTTP request.
    http_status: Option<u16>,
    /// Number of failed records in the reply to a batch.
    pub(super) failed: usize,
    /// Duration of the init; `None` for a warm environment.
    pub(super) init: Option<Duration>,
    pub(super) duration: Duration,
    memory_mb: u32,
    max_memory_mb: Option<u64>,
    /// Output of the function, to which its work after the reply adds.
    output: Arc<Log>,
    /// Number of bytes of the output that were written before the event.
    init_log_bytes: usize,
    ended_at: SystemTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    /// The function failed. Contains the type of the error.
    Error(String),
    InitError(String),
    TimedOut,
    /// The process exited. The text is Lambda's description of the exit status.
    Exited(String),
    /// A stream ended early, or its caller disconnected.
    Interrupted,
    /// The local Lambda shut down.
    ShutDown,
}

/// Counts the failed records in the reply to a batch; 0 for other replies.
fn count_failures(reply: &[u8]) -> usize {
    #[derive(serde::Deserialize)]
    struct Failures {
        #[serde(rename = "batchItemFailures")]
        items: Vec<serde::de::IgnoredAny>,
    }
    // serde also deserializes structs from lists.
    let object = Some(reply).filter(|reply| reply.trim_ascii_start().starts_with(b"{"));
    object.and_then(|reply| serde_json::from_slice(reply).ok()).map_or(0, |Failures { items }| items.len())
}

impl InvocationReport {
    /// Creates the report of an invocation, and the answer for its caller.
    pub(super) fn new(
        request_id: &str,
        result: InvocationResult,
        limit: Duration,
        memory_mb: u32,
    ) -> (InvocationReport, Answer) {
        let (status, answer) = conclude(request_id, result.outcome, limit);
        // As in Lambda, the time that it took to kill the process is not included.
        let duration = if status == Status::TimedOut { limit } else { result.duration };
        let is_ok = status == Status::Ok;
        let report = InvocationReport {
            request_id: request_id.to_owned(),
            status,
            http_status: None,
            failed: if is_ok { count_failures(&answer.body) } else { 0 },
            init: result.init_duration,
            duration,
            memory_mb,
            max_memory_mb: result.memory_mb,
            output: result.log,
            init_log_bytes: result.init_log_bytes,
            ended_at: SystemTime::now(),
        };
        (report, answer)
    }

    /// Sets the HTTP status from the reply to an HTTP request.
    pub(super) fn set_http_status(&mut self, answer: &Answer) {
        #[derive(serde::Deserialize)]
        struct Head {
            #[serde(rename = "statusCode")]
            status: u16,
        }
        // In a streamed reply, the body follows the JSON.
        let mut values = serde_json::Deserializer::from_slice(&answer.body).into_iter();
        self.http_status = values.next().and_then(Result::ok).map(|head: Head| head.status);
    }

    /// Describes the outcome in a few words.
    pub(super) fn outcome(&self) -> String {
        match (&self.status, self.http_status) {
            (Status::Ok, Some(status)) => status.to_string(),
            (Status::Ok, None) if self.failed > 0 => format!("{} failed", self.failed),
            (status, _) => status.describe(),
        }
    }

    /// Returns the line for the terminal.
    pub(super) fn line(&self, description: &str) -> String {
        let start = match self.init {
            Some(init) => format!("cold (init {})", ms(init)),
            None if matches!(self.status, Status::InitError(_)) => "cold".to_owned(),
            None => "warm".to_owned(),
        };
        format!("REPORT {description}: {} in {}, {start}", self.outcome(), ms(self.duration))
    }

    /// Returns the log so far, with Lambda's own lines.
    pub(super) fn log(&self) -> Vec<u8> {
        let id = &self.request_id;
        let (mut log, output) = self.output.split_at(self.init_log_bytes);
        end_line(&mut log);
        log.extend_from_slice(format!("START RequestId: {id} Version: {VERSION}\n").as_bytes());
        log.extend_from_slice(&output);
        end_line(&mut log);
        let seconds = self.duration.as_secs_f64();
        match &self.status {
            Status::TimedOut => {
                let mut time = String::new();
                write_rfc3339(&mut time, self.ended_at);
                log.extend_from_slice(format!("{time} {id} Task timed out after {seconds:.2} seconds\n\n").as_bytes());
            }
            Status::Exited(status) => {
                log.extend_from_slice(format!("RequestId: {id} Error: {status}\nRuntime.ExitError\n").as_bytes());
            }
            _ => {}
        }
        log.extend_from_slice(format!("END RequestId: {id}\n{}\n", self.report_line()).as_bytes());
        log
    }

    fn report_line(&self) -> String {
        let (id, memory) = (&self.request_id, self.memory_mb);
        let billed = (self.duration + self.init.unwrap_or_default()).as_micros().div_ceil(1000);
        let mut line = format!(
            "REPORT RequestId: {id}\tDuration: {}\tBilled Duration: {billed} ms\tMemory Size: {memory} MB",
            ms(self.duration)
        );
        if let Some(used) = self.max_memory_mb {
            line.push_str(&format!("\tMax Memory Used: {used} MB"));
        }
        if let Some(init) = self.init {
            line.push_str(&format!("\tInit Duration: {}", ms(init)));
        }
        match &self.status {
            Status::TimedOut => line.push_str("\tStatus: timeout"),
            Status::Exited(_) => line.push_str("\tStatus: error\tError Type: Runtime.ExitError"),
            Status::InitError(name) => line.push_str(&format!("\tStatus: error\tError Type: {name}")),
            _ => {}
        }
        line.push('\t');
        line
    }

    /// Returns the end of the log in base64, for `LogType=Tail`.
    pub(super) fn log_tail(&self) -> String {
        let log = self.log();
        STANDARD.encode(&log[log.len().saturating_sub(MAX_TAIL_BYTES)..])
    }
}

impl Status {
    fn describe(&self) -> String {
        match self {
            Status::Ok => "ok".to_owned(),
            Status::Error(name) => format!("error {name}"),
            Status::InitError(name) => format!("init error {name}"),
            Status::TimedOut => "timed out".to_owned(),
            Status::Exited(status) => status.clone(),
            Status::Interrupted => "interrupted".to_owned(),
            Status::ShutDown => "shut down with the local Lambda".to_owned(),
        }
    }
}

/// Returns the answer that Lambda would send.
fn conclude(id: &str, outcome: Outcome, limit: Duration) -> (Status, Answer) {
    let service = |name, message: &str| Answer::of_service(name, &format!("RequestId: {id} Error: {message}"));
    match outcome {
        Outcome::Answered(answer) => (status_of(id, &answer), answer),
        Outcome::InitFailed(answer) => (Status::InitError(error_type(id, &answer).unwrap_or_default()), answer),
        Outcome::TimedOut => {
            let message = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
            (Status::TimedOut, service("Sandbox.Timedout", &message))
        }
        Outcome::Exited(status) => {
            let answer = service("Runtime.ExitError", &status);
            (Status::Exited(status), answer)
        }
        Outcome::ShutDown => (Status::ShutDown, service("Runtime.ExitError", "the local Lambda is shutting down")),
    }
}

fn status_of(id: &str, answer: &Answer) -> Status {
    match error_type(id, answer) {
        _ if answer.is_lost() => Status::Interrupted,
        Some(name) => Status::Error(name),
        None => Status::Ok,
    }
}

/// Returns the `errorType` in the body of an error, which is more specific than the header of the Runtime API.
fn error_type(id: &str, answer: &Answer) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(rename = "errorType")]
        error_type: String,
    }
    let error = FunctionError::from_answer(answer, id)?;
    Some(serde_json::from_slice(&error.body).map_or(error.error_type, |body: Body| body.error_type))
}

fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

fn end_line(log: &mut Vec<u8>) {
    if log.last().is_some_and(|last| *last != b'\n') {
        log.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: Outcome, init: Option<u64>) -> (InvocationReport, Answer) {
        let result = InvocationResult {
            init_duration: init.map(Duration::from_millis),
            duration: Duration::from_micros(1_234_500),
            memory_mb: Some(9),
            ..InvocationResult::without_process(outcome)
        };
        let (mut report, answer) = InvocationReport::new("a-1", result, Duration::from_secs(3), 128);
        report.ended_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_323_199_005);
        (report, answer)
    }

    fn error(name: &str) -> Answer {
        Answer::of_service(name, "no")
    }

    #[test]
    fn log_contains_the_lines_of_lambda() {
        let (mut report, _) = report(Outcome::Answered(error("OrderError")), Some(20));
        report.output.push(b"initone\n");
        report.init_log_bytes = 4;
        // Written after the reply.
        report.output.push(b"two");
        let log = "init\nSTART RequestId: a-1 Version: $LATEST\none\ntwo\nEND RequestId: a-1\n\
            REPORT RequestId: a-1\tDuration: 1234.50 ms\tBilled Duration: 1255 ms\tMemory Size: 128 MB\t\
            Max Memory Used: 9 MB\tInit Duration: 20.00 ms\t\n";
        assert_eq!(String::from_utf8(report.log()).unwrap(), log);
        assert_eq!(report.line("f"), "REPORT f: error OrderError in 1234.50 ms, cold (init 20.00 ms)");
        report.output.push(&[b'x'; 5000]);
        let tail = STANDARD.decode(report.log_tail()).unwrap();
        assert_eq!(tail.len(), 4096);
        assert!(tail.starts_with(b"xxx") && tail.ends_with(b"20.00 ms\t\n"));
    }

    #[test]
    fn timeout_and_exit_are_reported_as_in_lambda() {
        let (report_, answer) = report(Outcome::TimedOut, None);
        let text = r#"{"errorMessage":"RequestId: a-1 Error: Task timed out after 3.00 seconds","errorType":"Sandbox.Timedout"}"#;
        assert_eq!((&*answer.text(), answer.is_error()), (text, true));
        let log = String::from_utf8(report_.log()).unwrap();
        assert!(log.contains("\n2026-02-28T23:59:59.005Z a-1 Task timed out after 3.00 seconds\n\nEND"), "{log}");
        assert!(log.ends_with("\tMax Memory Used: 9 MB\tStatus: timeout\t\n"), "{log}");
        assert_eq!(report_.line("f"), "REPORT f: timed out in 3000.00 ms, warm");

        let status = "Runtime exited with error: exit status 3";
        let (report_, answer) = report(Outcome::Exited(status.to_owned()), None);
        let text = format!(r#"{{"errorMessage":"RequestId: a-1 Error: {status}","errorType":"Runtime.ExitError"}}"#);
        assert_eq!(answer.text(), text);
        let log = String::from_utf8(report_.log()).unwrap();
        assert!(log.contains(&format!("\nRequestId: a-1 Error: {status}\nRuntime.ExitError\nEND ")), "{log}");
        assert!(log.ends_with("\tStatus: error\tError Type: Runtime.ExitError\t\n"), "{log}");
    }

    #[test]
    fn http_status_is_reported() {
        let replied = |body: &'static [u8]| {
            let mut reply = error("X");
            (reply.kind, reply.headers, reply.body) = (lrt_testing::AnswerKind::Reply, Default::default(), body.into());
            let (mut report, answer) = report(Outcome::Answered(reply), None);
            report.set_http_status(&answer);
            report.outcome()
        };
        assert_eq!(replied(br#"{"statusCode":404,"body":""}"#), "404");
        assert_eq!(replied(b"{\"statusCode\":201}\0\0\0\0\0\0\0\0body"), "201");
        assert_eq!(replied(br#"{"any":"json"}"#), "ok");
        assert_eq!(replied(b""), "ok");
    }

    #[test]
    fn failed_records_are_counted() {
        let failed = |reply: &str| count_failures(reply.as_bytes());
        assert_eq!(failed(r#" {"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]}"#), 2);
        for none in [r#"{"batchItemFailures":[]}"#, r#"{"batchItemFailures":null}"#, "{}", "[[1,2]]", "null", ""] {
            assert_eq!(failed(none), 0, "{none}");
        }
        let mut reply = error("X");
        (reply.kind, reply.headers, reply.body) = (
            lrt_testing::AnswerKind::Reply,
            Default::default(),
            br#"{"batchItemFailures":[{"itemIdentifier":"a"}]}"#[..].into(),
        );
        let (report, _) = report(Outcome::Answered(reply), None);
        assert_eq!(report.line("f"), "REPORT f: 1 failed in 1234.50 ms, warm");
    }

    #[test]
    fn each_outcome_has_a_status() {
        let status = |outcome| report(outcome, None).0.status;
        let mut failed = error("X");
        failed.kind = lrt_testing::AnswerKind::Reply;
        assert_eq!(status(Outcome::InitFailed(error("Init"))), Status::InitError("Init".to_owned()));
        assert_eq!(status(Outcome::Answered(failed.clone())), Status::Ok);
        failed.trailers = failed.headers.clone();
        assert_eq!(status(Outcome::Answered(failed)), Status::Error("X".to_owned()));
        assert_eq!(status(Outcome::ShutDown), Status::ShutDown);
    }
}
