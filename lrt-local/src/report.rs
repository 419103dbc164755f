//! What became of an invocation: for its caller, for its log, and in one line for the terminal.

use super::environment::{InvocationResult, Outcome};
use super::function_error::FunctionError;
use super::lambda::VERSION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lrt_testing::Answer;
use std::time::{Duration, SystemTime};

/// The most bytes of a log that the caller gets: the last ones
/// ([Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)).
const MAX_TAIL_BYTES: usize = 4 * 1024;

/// An invocation that is over.
pub(super) struct Report {
    pub(super) request_id: String,
    pub(super) status: Status,
    /// That of the response which the reply is, for one to an HTTP request.
    http_status: Option<u16>,
    /// How many records of a batch the reply says have failed.
    pub(super) failed: usize,
    /// How long the init took; none for an environment that was there already.
    pub(super) init: Option<Duration>,
    pub(super) duration: Duration,
    memory_mb: u32,
    max_memory_mb: Option<u64>,
    /// What the function wrote before it had the event, and after that.
    init_log: Vec<u8>,
    log: Vec<u8>,
    ended: SystemTime,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ok,
    /// The function's error, by its type.
    Error(String),
    InitError(String),
    TimedOut,
    /// Its process ended: the words that Lambda has for it.
    Exited(String),
    /// A streamed reply of which the rest did not come, or was not wanted.
    BrokenOff,
    /// The local Lambda ended.
    Ended,
}

/// How many failed, by the reply of a function of records; none where it is no such reply.
fn failures(reply: &[u8]) -> usize {
    #[derive(serde::Deserialize)]
    struct Failures {
        #[serde(rename = "batchItemFailures")]
        items: Vec<serde::de::IgnoredAny>,
    }
    // serde would take a list for the members of a struct, too.
    let object = Some(reply).filter(|reply| reply.trim_ascii_start().starts_with(b"{"));
    object.and_then(|reply| serde_json::from_slice(reply).ok()).map_or(0, |Failures { items }| items.len())
}

impl Report {
    /// What is told of an invocation, and what its caller gets.
    pub(super) fn of(request_id: &str, handled: InvocationResult, limit: Duration, memory_mb: u32) -> (Report, Answer) {
        let (status, answer) = concluded(request_id, handled.outcome, limit);
        // To the millisecond, as Lambda has it: what it took to kill it does not count.
        let duration = if status == Status::TimedOut { limit } else { handled.duration };
        let (init_log, log) = handled.log.split_at(handled.before);
        let is_ok = status == Status::Ok;
        let report = Report {
            request_id: request_id.to_owned(),
            status,
            http_status: None,
            failed: if is_ok { failures(&answer.body) } else { 0 },
            init: handled.init,
            duration,
            memory_mb,
            max_memory_mb: handled.memory_mb,
            init_log,
            log,
            ended: SystemTime::now(),
        };
        (report, answer)
    }

    /// The reply is the answer to an HTTP request.
    pub(super) fn is_response(&mut self, answer: &Answer) {
        #[derive(serde::Deserialize)]
        struct Head {
            #[serde(rename = "statusCode")]
            status: u16,
        }
        // Of a streamed reply it is the prelude, behind which other bytes follow.
        let mut values = serde_json::Deserializer::from_slice(&answer.body).into_iter();
        self.http_status = values.next().and_then(Result::ok).map(|head: Head| head.status);
    }

    /// What became of it, in the middle of a line.
    pub(super) fn outcome(&self) -> String {
        match (&self.status, self.http_status) {
            (Status::Ok, Some(status)) => status.to_string(),
            (Status::Ok, None) if self.failed > 0 => format!("{} failed", self.failed),
            (status, _) => status.describe(),
        }
    }

    /// For the terminal.
    pub(super) fn line(&self, what: &str) -> String {
        let start = match self.init {
            Some(init) => format!("cold (init {})", ms(init)),
            None if matches!(self.status, Status::InitError(_)) => "cold".to_owned(),
            None => "warm".to_owned(),
        };
        format!("REPORT {what}: {} in {}, {start}", self.outcome(), ms(self.duration))
    }

    /// The log, with the lines that Lambda writes around it.
    pub(super) fn log(&self) -> Vec<u8> {
        let id = &self.request_id;
        let mut log = self.init_log.clone();
        end_line(&mut log);
        log.extend_from_slice(format!("START RequestId: {id} Version: {VERSION}\n").as_bytes());
        log.extend_from_slice(&self.log);
        end_line(&mut log);
        let seconds = self.duration.as_secs_f64();
        match &self.status {
            Status::TimedOut => {
                let time = rfc3339(self.ended);
                log.extend_from_slice(format!("{time} {id} Task timed out after {seconds:.2} seconds\n\n").as_bytes());
            }
            Status::Exited(how) => {
                log.extend_from_slice(format!("RequestId: {id} Error: {how}\nRuntime.ExitError\n").as_bytes());
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

    /// The end of the log, in base64: what `LogType=Tail` asks for.
    pub(super) fn tail(&self) -> String {
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
            Status::Exited(how) => how.clone(),
            Status::BrokenOff => "broken off".to_owned(),
            Status::Ended => "ended with the local Lambda".to_owned(),
        }
    }
}

/// The caller gets what Lambda would give.
fn concluded(id: &str, outcome: Outcome, limit: Duration) -> (Status, Answer) {
    let service = |name, message: &str| Answer::of_service(name, &format!("RequestId: {id} Error: {message}"));
    match outcome {
        Outcome::Answered(answer) => (status_of(id, &answer), answer),
        Outcome::InitFailed(answer) => (Status::InitError(error_type(id, &answer).unwrap_or_default()), answer),
        Outcome::TimedOut => {
            let message = format!("Task timed out after {:.2} seconds", limit.as_secs_f64());
            (Status::TimedOut, service("Sandbox.Timedout", &message))
        }
        Outcome::Exited(how) => {
            let answer = service("Runtime.ExitError", &how);
            (Status::Exited(how), answer)
        }
        Outcome::Ended => (Status::Ended, service("Runtime.ExitError", "the local Lambda has ended")),
    }
}

fn status_of(id: &str, answer: &Answer) -> Status {
    match error_type(id, answer) {
        _ if answer.is_lost() => Status::BrokenOff,
        Some(name) => Status::Error(name),
        None => Status::Ok,
    }
}

/// The `errorType` of an error, which is more exact than what the Runtime API was told beside it.
fn error_type(id: &str, answer: &Answer) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Body {
        #[serde(rename = "errorType")]
        error_type: String,
    }
    let failure = FunctionError::of(answer, id)?;
    Some(serde_json::from_slice(&failure.error).map_or(failure.error_type, |body: Body| body.error_type))
}

fn ms(duration: Duration) -> String {
    format!("{:.2} ms", duration.as_secs_f64() * 1000.0)
}

fn end_line(log: &mut Vec<u8>) {
    if log.last().is_some_and(|last| *last != b'\n') {
        log.push(b'\n');
    }
}

/// `2025-01-31T12:00:00.000Z`.
fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let second = since.as_secs() % 86_400;
    let date = super::lambda::date(time).replace('/', "-");
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(outcome: Outcome, init: Option<u64>) -> (Report, Answer) {
        let init = init.map(Duration::from_millis);
        let handled = InvocationResult {
            init,
            duration: Duration::from_micros(1_234_500),
            memory_mb: Some(9),
            ..InvocationResult::without_process(outcome)
        };
        let (mut report, answer) = Report::of("a-1", handled, Duration::from_secs(3), 128);
        report.ended = SystemTime::UNIX_EPOCH + Duration::from_millis(1_772_323_199_005);
        (report, answer)
    }

    fn error(name: &str) -> Answer {
        Answer::of_service(name, "no")
    }

    #[test]
    fn a_log_has_lambdas_lines_around_it() {
        let (mut report, _) = report(Outcome::Answered(error("OrderError")), Some(20));
        report.init_log = b"init".to_vec();
        report.log = b"one\ntwo".to_vec();
        let log = "init\nSTART RequestId: a-1 Version: $LATEST\none\ntwo\nEND RequestId: a-1\n\
            REPORT RequestId: a-1\tDuration: 1234.50 ms\tBilled Duration: 1255 ms\tMemory Size: 128 MB\t\
            Max Memory Used: 9 MB\tInit Duration: 20.00 ms\t\n";
        assert_eq!(String::from_utf8(report.log()).unwrap(), log);
        assert_eq!(report.line("f"), "REPORT f: error OrderError in 1234.50 ms, cold (init 20.00 ms)");
        report.log = vec![b'x'; 5000];
        let tail = STANDARD.decode(report.tail()).unwrap();
        assert_eq!(tail.len(), 4096);
        assert!(tail.starts_with(b"xxx") && tail.ends_with(b"20.00 ms\t\n"));
    }

    #[test]
    fn a_timeout_and_the_end_of_a_process_are_told_as_lambda_tells_them() {
        let (report_, answer) = report(Outcome::TimedOut, None);
        let text = r#"{"errorMessage":"RequestId: a-1 Error: Task timed out after 3.00 seconds","errorType":"Sandbox.Timedout"}"#;
        assert_eq!((&*answer.text(), answer.is_error()), (text, true));
        let log = String::from_utf8(report_.log()).unwrap();
        assert!(log.contains("\n2026-02-28T23:59:59.005Z a-1 Task timed out after 3.00 seconds\n\nEND"), "{log}");
        assert!(log.ends_with("\tMax Memory Used: 9 MB\tStatus: timeout\t\n"), "{log}");
        assert_eq!(report_.line("f"), "REPORT f: timed out in 3000.00 ms, warm");

        let how = "Runtime exited with error: exit status 3";
        let (report_, answer) = report(Outcome::Exited(how.to_owned()), None);
        let text = format!(r#"{{"errorMessage":"RequestId: a-1 Error: {how}","errorType":"Runtime.ExitError"}}"#);
        assert_eq!(answer.text(), text);
        let log = String::from_utf8(report_.log()).unwrap();
        assert!(log.contains(&format!("\nRequestId: a-1 Error: {how}\nRuntime.ExitError\nEND ")), "{log}");
        assert!(log.ends_with("\tStatus: error\tError Type: Runtime.ExitError\t\n"), "{log}");
    }

    #[test]
    fn of_a_response_the_status_is_told() {
        let replied = |body: &'static [u8]| {
            let mut reply = error("X");
            (reply.kind, reply.headers, reply.body) = (lrt_testing::AnswerKind::Reply, Default::default(), body.into());
            let (mut report, answer) = report(Outcome::Answered(reply), None);
            report.is_response(&answer);
            report.outcome()
        };
        assert_eq!(replied(br#"{"statusCode":404,"body":""}"#), "404");
        assert_eq!(replied(b"{\"statusCode\":201}\0\0\0\0\0\0\0\0body"), "201");
        assert_eq!(replied(br#"{"any":"json"}"#), "ok");
        assert_eq!(replied(b""), "ok");
    }

    #[test]
    fn of_a_batch_it_is_told_how_many_failed() {
        let failed = |reply: &str| failures(reply.as_bytes());
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
    fn each_end_has_its_status() {
        let status = |outcome| report(outcome, None).0.status;
        let mut failed = error("X");
        failed.kind = lrt_testing::AnswerKind::Reply;
        assert_eq!(status(Outcome::InitFailed(error("Init"))), Status::InitError("Init".to_owned()));
        assert_eq!(status(Outcome::Answered(failed.clone())), Status::Ok);
        failed.trailers = failed.headers.clone();
        assert_eq!(status(Outcome::Answered(failed)), Status::Error("X".to_owned()));
        assert_eq!(status(Outcome::Ended), Status::Ended);
    }
}
