//! Invocations since the start of the local Lambda, for its page.

use super::report::{InvocationReport, Status};
use bytes::Bytes;
use lrt_testing::Answer;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// Limits of the history. The oldest invocations are dropped.
const MAX_ENTRIES: usize = 200;
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The invocations, oldest first.
#[derive(Default)]
pub(super) struct History(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    list: VecDeque<Arc<Entry>>,
    bytes: usize,
    last_number: u64,
}

/// An invocation that has ended.
pub(super) struct Entry {
    /// Consecutive number, starting at 1.
    number: u64,
    pub(super) function: String,
    /// The function's name, with the request or the attempt.
    description: String,
    report: InvocationReport,
    at: SystemTime,
    pub(super) event: Bytes,
    pub(super) reply: Bytes,
    /// Size of the event, the reply and the log until the reply.
    bytes: usize,
}

impl History {
    pub(super) fn add(
        &self,
        function: &str,
        description: &str,
        event: Bytes,
        report: &InvocationReport,
        answer: &Answer,
    ) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.last_number += 1;
        let entry = Entry {
            number: entries.last_number,
            function: function.to_owned(),
            description: description.to_owned(),
            report: report.clone(),
            at: SystemTime::now(),
            bytes: event.len() + answer.body.len() + report.log().len(),
            event,
            reply: answer.body.clone(),
        };
        entries.bytes += entry.bytes;
        entries.list.push_back(Arc::new(entry));
        while entries.list.len() > MAX_ENTRIES || entries.bytes > MAX_BYTES && entries.list.len() > 1 {
            let oldest = entries.list.pop_front().map_or(0, |entry| entry.bytes);
            entries.bytes -= oldest;
        }
    }

    /// Returns summaries of the invocations after this number, or of all invocations if the number comes from an
    /// earlier local Lambda.
    pub(super) fn after(&self, number: u64) -> Value {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let number = if number > entries.last_number { 0 } else { number };
        entries.list.iter().filter(|entry| entry.number > number).map(|entry| entry.summary()).collect()
    }

    /// Returns the last invocation with this request id, which retries share.
    pub(super) fn find(&self, request_id: &str) -> Option<Arc<Entry>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.list.iter().rfind(|entry| entry.report.request_id == request_id).cloned()
    }
}

impl Entry {
    fn summary(&self) -> Value {
        let ms = |duration: Duration| duration.as_secs_f64() * 1000.0;
        json!({
            "number": self.number,
            "function": self.function,
            "what": self.description,
            "requestId": self.report.request_id,
            "at": self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis() as u64,
            "ok": self.report.status == Status::Ok,
            "status": self.report.outcome(),
            "failed": self.report.failed,
            "durationMs": ms(self.report.duration),
            "initMs": self.report.init.map(ms),
        })
    }

    /// Returns the summary, with the event, the reply and the log.
    pub(super) fn details(&self) -> Value {
        let text = |bytes: &[u8]| Value::from(String::from_utf8_lossy(bytes));
        let mut details = self.summary();
        details["event"] = text(&self.event);
        details["reply"] = text(&self.reply);
        details["log"] = self.log().into();
        details
    }

    /// Returns the log so far.
    pub(super) fn log(&self) -> String {
        String::from_utf8_lossy(&self.report.log()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{InvocationResult, Outcome};

    fn add(history: &History, id: &str, bytes: usize) {
        let answer = Answer::of_service("OrderError", "no");
        let result = InvocationResult::without_process(Outcome::Answered(answer));
        let (report, answer) = InvocationReport::new(id, result, Duration::from_secs(3), 128);
        history.add("f", "f (attempt 2)", vec![b'1'; bytes].into(), &report, &answer);
    }

    #[test]
    fn oldest_entries_are_dropped() {
        let history = History::default();
        (0..MAX_ENTRIES + 5).for_each(|n| add(&history, &n.to_string(), 1));
        let list = history.after(0);
        assert_eq!((list.as_array().unwrap().len(), &list[0]["requestId"]), (MAX_ENTRIES, &json!("5")));
        assert_eq!(history.after(MAX_ENTRIES as u64 + 4).as_array().unwrap().len(), 1);
        assert!(history.find("4").is_none());
        assert_eq!(history.after(1_000_000), list);
        add(&history, "large", MAX_BYTES);
        assert_eq!(history.after(0)[0]["requestId"], "large");
        assert_eq!(history.after(0).as_array().unwrap().len(), 1);
        add(&history, "small", 1);
        assert_eq!(history.after(0)[0]["requestId"], "small");
    }

    #[test]
    fn details_are_complete() {
        let history = History::default();
        add(&history, "a-1", 2);
        let details = history.find("a-1").unwrap().details();
        for (name, value) in [
            ("number", json!(1)),
            ("function", json!("f")),
            ("what", json!("f (attempt 2)")),
            ("ok", json!(false)),
            ("status", json!("error OrderError")),
            ("failed", json!(0)),
            ("durationMs", json!(0.0)),
            ("initMs", Value::Null),
            ("event", json!("11")),
            ("reply", json!(r#"{"errorMessage":"no","errorType":"OrderError"}"#)),
        ] {
            assert_eq!(details[name], value, "{name}");
        }
        assert!(details["log"].as_str().unwrap().starts_with("START RequestId: a-1 "));
    }
}
