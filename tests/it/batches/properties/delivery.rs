//! Properties of the response to an event.

use super::case::{Case, MarginOption, Shape, Source};
use super::function::{Answer, Function};
use super::world::{Done, Moment, World};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt::batch::{OnAllFailed, OnFailure};
use std::time::Duration;
use tokio::time::Instant;

/// A description of the violated property.
pub(super) type Violation = String;

/// The precision of timers.
const TICK: Duration = Duration::from_millis(1);

macro_rules! holds {
    ($holds:expr, $($message:tt)*) => {
        if !$holds {
            return Err(format!($($message)*));
        }
    };
}

/// Invokes the function with a batch of pairs of a record's number and its delivery count. Returns a flag for each
/// record, which is true if the service treats the record as successful.
pub(super) async fn deliver(
    case: &Case,
    world: &World,
    function: &mut dyn Function,
    batch: &[(usize, u32)],
) -> Result<Vec<bool>, Violation> {
    let event = event(case, batch);
    let before = world.now();
    let (start, time) = (Instant::now(), Duration::from_millis(case.deadline_ms));
    let mut call = function.invoke(event, time);
    let answer = match case.deadline_margin {
        // Without a margin, Lambda ends the invocation and the process.
        MarginOption::Off => tokio::time::timeout(time, &mut call).await.ok(),
        _ => Some((&mut call).await),
    };
    world.kill(|| drop(call));
    let (moments, times) = world.since(before);
    let took = start.elapsed();
    let delivery = Delivery { case, batch, moments: &moments, times: &times, start, took };
    let checked = match answer {
        Some(answer) => delivery.check(&answer),
        None => delivery.check_order().map(|()| vec![false; batch.len()]),
    };
    checked.map_err(|violation| format!("{violation}\nof {batch:?}: {moments:?}"))
}

struct Delivery<'a> {
    case: &'a Case,
    batch: &'a [(usize, u32)],
    moments: &'a [Moment],
    /// The time of each moment.
    times: &'a [Instant],
    start: Instant,
    took: Duration,
}

impl Delivery<'_> {
    fn check(&self, answer: &Answer) -> Result<Vec<bool>, Violation> {
        self.check_order()?;
        self.check_time()?;
        let failed = self.check_answer(answer)?;
        self.check_log(answer)?;
        Ok(failed.iter().map(|failed| !failed).collect())
    }

    /// Returns the successful end of the last run of a record's handler; `None` if it failed or did not run.
    fn done(&self, at: usize) -> Option<Done> {
        let last = self.moments.iter().rev().find_map(|moment| match moment {
            Moment::Ends(record, done) if *record == self.batch[at].0 => Some(*done),
            _ => None,
        });
        last.flatten()
    }

    fn started(&self, at: usize) -> bool {
        self.moments.contains(&Moment::Starts(self.batch[at].0))
    }

    fn shape(&self, at: usize) -> Shape {
        self.case.records[self.batch[at].0].shape
    }

    /// Returns the ordering group of a record.
    fn group(&self, at: usize) -> String {
        let record = self.batch[at].0;
        let is_malformed = |at| self.shape(at) == Shape::Malformed;
        match self.case.source {
            Source::Queue => format!("record {record}"),
            source if source.has_checkpoint() && self.concurrency() == 1 => "all".to_owned(),
            // A malformed record may be of any group, except in Kafka, where the identifier has it.
            Source::Fifo | Source::Stream | Source::Kinesis if (0..self.batch.len()).any(is_malformed) => {
                "all".to_owned()
            }
            Source::Fifo | Source::Stream | Source::Kinesis | Source::Kafka => {
                self.case.records[record].key.to_string()
            }
        }
    }

    fn concurrency(&self) -> usize {
        let one = self.case.source.has_checkpoint() || self.case.source == Source::Kafka;
        self.case.concurrency.unwrap_or(if one { 1 } else { 10 })
    }

    /// Returns true if the failure of one record keeps another from being started.
    fn stops(&self, failed: usize, at: usize) -> bool {
        let later = failed < at;
        match (self.case.source, self.case.on_failure) {
            (_, Some(OnFailure::Continue)) | (Source::Queue, None) => false,
            (Source::Fifo | Source::Kafka, _) => later && self.group(failed) == self.group(at),
            (Source::Stream | Source::Kinesis | Source::Queue, _) => later,
        }
    }

    /// Checks the order in which records start.
    fn check_order(&self) -> Result<(), Violation> {
        let mut running: Vec<usize> = Vec::new();
        for (now, moment) in self.moments.iter().enumerate() {
            let position = |record: usize| self.batch.iter().position(|(other, _)| *other == record).unwrap();
            match *moment {
                Moment::Ends(record, _) => running.retain(|at| *at != position(record)),
                Moment::Starts(record) => {
                    let at = position(record);
                    self.check_start(now, at, &running)?;
                    running.push(at);
                }
            }
        }
        holds!(running.is_empty(), "{running:?} run after the answer");
        Ok(())
    }

    fn check_start(&self, now: usize, at: usize, running: &[usize]) -> Result<(), Violation> {
        holds!(self.shape(at) == Shape::Good, "the handler was given {at}");
        holds!(running.len() < self.concurrency(), "{at} is one too many");
        let (past, future) = self.moments.split_at(now);
        // A layer may run a record in flight again.
        let again = past.contains(&Moment::Starts(self.batch[at].0));
        let late = self.times[now] - self.start >= self.due() + TICK;
        holds!(again || !late, "{at} is started after {:?}", self.times[now] - self.start);
        for other in 0..self.batch.len() {
            let record = self.batch[other].0;
            let is = |moment: &Moment| matches!(moment, Moment::Starts(n) | Moment::Ends(n, _) if *n == record);
            if self.group(other) == self.group(at) {
                holds!(!running.contains(&other), "{at} overlaps {other}");
                holds!(other <= at || !past.iter().any(is), "{at} runs after {other}");
                let over = self.shape(other) != Shape::Good || past.iter().any(is) && !future.iter().any(is);
                holds!(other >= at || over, "{at} runs before {other}");
                let failed = other < at && self.done(other).is_none();
                holds!(!failed || !self.stops(other, at), "{at} is of the group of {other}, which failed");
            }
            let failed = past.iter().any(is) && !future.iter().any(is) && self.done(other).is_none();
            holds!(!failed || again || !self.stops(other, at), "{at} runs though {other} failed");
        }
        Ok(())
    }

    /// Returns the time of the cutoff; without one, a time that no case reaches.
    fn due(&self) -> Duration {
        let time = Duration::from_millis(self.case.deadline_ms);
        let margin = match self.case.deadline_margin {
            MarginOption::Default => (time / 10).clamp(Duration::from_millis(50), Duration::from_secs(1)),
            MarginOption::Ms(ms) => Duration::from_millis(ms),
            MarginOption::Off => return Duration::from_secs(3600),
        };
        time - if margin < time { margin } else { time / 10 }
    }

    /// Checks that the response is sent in time, and that records are not held back without a reason.
    fn check_time(&self) -> Result<(), Violation> {
        holds!(self.case.blocks() || self.took <= self.due() + TICK, "the answer came after {:?}", self.took);
        if self.took + TICK >= self.due() {
            return Ok(());
        }
        for at in (0..self.batch.len()).filter(|at| self.shape(*at) == Shape::Good && !self.started(*at)) {
            let reason = (0..at).any(|other| self.stops(other, at) && self.done(other).is_none());
            holds!(reason, "{at} was not started, and there was time");
        }
        Ok(())
    }

    /// Checks that the response reports the unsuccessful records. Returns a flag for each record, which is true if it
    /// will be delivered again.
    fn check_answer(&self, answer: &Answer) -> Result<Vec<bool>, Violation> {
        let all = self.batch.len();
        let body = &answer.body;
        let unsuccessful: Vec<usize> = (0..all).filter(|at| self.done(*at).is_none()).collect();
        let none_succeeded = all > 0 && unsuccessful.len() == all;
        if none_succeeded && self.case.on_all_failed == OnAllFailed::Error {
            holds!(answer.is_error && body.contains(r#""errorType":"BatchFailed""#), "no record succeeded: {body}");
            return Ok(vec![true; all]);
        }
        let ids = |failed: &[usize]| {
            let items = failed.iter().map(|at| {
                let record = self.batch[*at].0;
                if self.case.source == Source::Kafka {
                    let key = self.case.records[record].key;
                    return format!(r#"{{"itemIdentifier":{{"partition":"t-{key}","offset":{}}}}}"#, 1000 + record);
                }
                format!(r#"{{"itemIdentifier":"{}"}}"#, id(self.case, record))
            });
            format!(r#"{{"batchItemFailures":[{}]}}"#, items.collect::<Vec<_>>().join(","))
        };
        let reported =
            if self.case.source.has_checkpoint() { unsuccessful.get(..1).unwrap_or_default() } else { &unsuccessful };
        let expected = ids(reported);
        holds!(!answer.is_error && *body == expected, "{body} instead of {expected}");
        Ok((0..all)
            .map(|at| match self.case.source {
                Source::Stream | Source::Kinesis => reported.first().is_some_and(|checkpoint| at >= *checkpoint),
                Source::Queue | Source::Fifo | Source::Kafka => reported.contains(&at),
            })
            .collect())
    }

    /// Checks that the log has one line for each record that failed or was given up, and one line with the counts of
    /// the batch.
    fn check_log(&self, answer: &Answer) -> Result<(), Violation> {
        let count = |parts: &[&str]| {
            let has = |line: &&String| parts.iter().all(|part| line.contains(part));
            answer.log.iter().filter(has).count()
        };
        let log = &answer.log;
        for (at, (record, _)) in self.batch.iter().enumerate() {
            let name = format!(" record {} ", id(self.case, *record));
            let lines = count(&[&name]);
            // A record that is cut off may have a second line, for a panic in its destructor.
            let (least, most) = match (self.done(at), self.started(at), self.shape(at)) {
                (Some(Done::Ok), ..) => (0, 0),
                (Some(Done::Permanently), ..) => (1, 1),
                (None, true, _) => (1, 1 + count(&[&name, "dropping its future failed"])),
                (None, false, Shape::Good) => (0, 0),
                // The record may not have been reached before the cutoff.
                (None, false, _) => (0, 1),
            };
            holds!((least..=most).contains(&lines), "{lines} lines of {at}: {log:?}");
            let acknowledged = count(&["WARN", &name, "acknowledged"]);
            holds!((acknowledged == 1) == (self.done(at) == Some(Done::Permanently)), "{at}: {log:?}");
        }
        let all = self.batch.len();
        let unsuccessful = (0..all).filter(|at| self.done(*at).is_none()).count();
        let counts = format!(" {} of {all} records succeeded, ", all - unsuccessful);
        let expected = match unsuccessful {
            0 => false,
            // The line of the only record contains everything.
            _ if all == 1 => self.case.on_all_failed == OnAllFailed::Error && count(&[" record "]) == 0,
            _ => true,
        };
        holds!(count(&[&counts]) == usize::from(expected), "counts: {log:?}");
        Ok(())
    }
}

/// Returns the identifier of a record.
fn id(case: &Case, record: usize) -> String {
    match case.source {
        // No identifier is the prefix of another.
        Source::Stream | Source::Kinesis => (1000 + record).to_string(),
        Source::Queue | Source::Fifo => format!("m{}", 1000 + record),
        Source::Kafka => format!("t-{}:{}", case.records[record].key, 1000 + record),
    }
}

fn event(case: &Case, batch: &[(usize, u32)]) -> String {
    let list = |batch: &[(usize, u32)]| {
        let records: Vec<String> = batch.iter().map(|(record, count)| json(case, *record, *count)).collect();
        format!("[{}]", records.join(","))
    };
    if case.source != Source::Kafka {
        return format!(r#"{{"Records":{}}}"#, list(batch));
    }
    let key = |(record, _): &(usize, u32)| case.records[*record].key;
    let partitions = batch.chunk_by(|one, other| key(one) == key(other));
    let partitions: Vec<String> =
        partitions.map(|batch| format!(r#""t-{}":{}"#, key(&batch[0]), list(batch))).collect();
    format!(r#"{{"eventSource":"aws:kafka","records":{{{}}}}}"#, partitions.join(","))
}

/// Returns the JSON of a record.
fn json(case: &Case, record: usize, count: u32) -> String {
    let (key, shape) = (case.records[record].key, case.records[record].shape);
    let id = id(case, record);
    if case.source == Source::Stream {
        let name = if shape == Shape::Malformed { r#""eventName":"MODIFY","# } else { "" };
        let image = match shape {
            Shape::Empty => String::new(),
            Shape::Undecodable => r#""NewImage":{"n":{"S":"x"}},"#.to_owned(),
            Shape::Good | Shape::Malformed => format!(r#""NewImage":{{"n":{{"N":"{record}"}}}},"#),
        };
        return format!(
            r#"{{"eventName":"INSERT",{name}"eventSource":"aws:dynamodb","dynamodb":{{"Keys":{{"k":{{"S":"{key}"}}}},{image}"SequenceNumber":"{id}"}}}}"#
        );
    }
    if case.source == Source::Kafka {
        let twice = if shape == Shape::Malformed { r#""timestamp":1,"# } else { "" };
        let value = match shape {
            Shape::Empty => String::new(),
            Shape::Undecodable => r#""value":"x","#.to_owned(),
            Shape::Good | Shape::Malformed => format!(r#""value":"{}","#, STANDARD.encode(record.to_string())),
        };
        let offset = 1000 + record;
        return format!(r#"{{"topic":"t","partition":{key},{twice}{value}"timestamp":1,"offset":{offset}}}"#);
    }
    if case.source == Source::Kinesis {
        let twice = if shape == Shape::Malformed { format!(r#""partitionKey":"{key}","#) } else { String::new() };
        let data = match shape {
            Shape::Empty => String::new(),
            Shape::Undecodable => r#""data":"x","#.to_owned(),
            Shape::Good | Shape::Malformed => format!(r#""data":"{}","#, STANDARD.encode(record.to_string())),
        };
        return format!(
            r#"{{"eventSource":"aws:kinesis","kinesis":{{"partitionKey":"{key}",{twice}{data}"sequenceNumber":"{id}"}}}}"#
        );
    }
    let fifo = if case.source == Source::Fifo { ".fifo" } else { "" };
    let twice = if shape == Shape::Malformed { r#""attributes":{},"# } else { "" };
    let body = match shape {
        Shape::Empty => String::new(),
        Shape::Undecodable => r#""body":"x","#.to_owned(),
        Shape::Good | Shape::Malformed => format!(r#""body":"{record}","#),
    };
    format!(
        r#"{{"messageId":"{id}",{body}{twice}"attributes":{{"MessageGroupId":"{key}","ApproximateReceiveCount":"{count}"}},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:q{fifo}"}}"#
    )
}
