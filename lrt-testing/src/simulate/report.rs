//! What became of each record.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::fmt;
use std::time::Duration;

/// Where a record ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordOutcome {
    /// It was done: deleted from its queue, or behind the checkpoint of its stream.
    Done,
    /// It was received too often, and is in the queue's dead-letter queue.
    DeadLetterQueue,
    /// Its stream went on without it, and nobody was told.
    Discarded,
    /// Its stream went on without it, and the on-failure destination was told.
    OnFailureDestination,
    /// It failed, and the event source mapping took it for done, since it lacks `ReportBatchItemFailures`.
    Lost,
    /// It was still to be delivered when the run was [ended](super::MAX_INVOCATIONS).
    Waiting,
}

/// In words, as the table has it.
impl fmt::Display for RecordOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            RecordOutcome::Done => "done",
            RecordOutcome::DeadLetterQueue => "dead-letter queue",
            RecordOutcome::Discarded => "discarded",
            RecordOutcome::OnFailureDestination => "on-failure destination",
            RecordOutcome::Lost => "lost",
            RecordOutcome::Waiting => "still waiting",
        })
    }
}

/// The life of one record. Times are on the run's own clock, which begins with 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulatedRecord {
    id: String,
    deliveries: Vec<Duration>,
    outcome: RecordOutcome,
    ended: Option<Duration>,
}

impl SimulatedRecord {
    pub(super) fn new(id: String) -> SimulatedRecord {
        SimulatedRecord { id, deliveries: Vec::new(), outcome: RecordOutcome::Waiting, ended: None }
    }

    pub(super) fn delivered(&mut self, now: Duration) {
        self.deliveries.push(now);
    }

    pub(super) fn end(&mut self, outcome: RecordOutcome, now: Duration) {
        self.outcome = outcome;
        self.ended = Some(now);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.outcome == RecordOutcome::Waiting
    }

    /// What identifies it: the message id, the sequence number.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When the function was called with a batch that it was in. That is once for each time that it ran, and for each
    /// time that it was not started, since a record before it had failed.
    pub fn deliveries(&self) -> &[Duration] {
        &self.deliveries
    }

    /// Where it ended.
    pub fn outcome(&self) -> RecordOutcome {
        self.outcome
    }

    /// When it ended there; `None` if it is still waiting.
    pub fn ended_at(&self) -> Option<Duration> {
        self.ended
    }

    fn times(&self) -> Vec<String> {
        self.deliveries.iter().copied().map(shown).collect()
    }
}

/// A time as `0s`, `30s`, `1.5s`.
fn shown(time: Duration) -> String {
    if time.is_zero() { "0s".to_owned() } else { format!("{time:?}") }
}

/// What became of each record, as a table and as JSON that is the same for each run.
///
/// ```
/// use lrt::testing::{events, simulate};
///
/// async fn process(n: u32) -> Result<(), String> {
///     if n == 2 { Err("no stock".to_owned()) } else { Ok(()) }
/// }
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// let messages = events::sqs().json(&1).json(&2);
/// let report = simulate::sqs(lrt::sqs(process).harness()).messages(messages).max_receive(2).run().await;
/// assert_eq!(
///     report.to_string(),
///     "\
/// record     deliveries  at      ended
/// message-1  1           0s      done at 0s
/// message-2  2           0s 30s  dead-letter queue at 60s
/// "
/// );
/// let json = serde_json::to_value(&report).unwrap();
/// assert_eq!(json["records"][1]["outcome"], "dead-letter queue");
/// assert_eq!(json["records"][1]["deliveries"][1], "30s");
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimulationReport {
    records: Vec<SimulatedRecord>,
    invocations: usize,
}

impl SimulationReport {
    pub(super) fn new(records: Vec<SimulatedRecord>, invocations: usize) -> SimulationReport {
        SimulationReport { records, invocations }
    }

    /// Each record, in the order in which they came into being.
    pub fn records(&self) -> &[SimulatedRecord] {
        &self.records
    }

    /// The record of this identifier.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[track_caller]
    pub fn record(&self, id: &str) -> &SimulatedRecord {
        let found = self.records.iter().find(|record| record.id == id);
        found.unwrap_or_else(|| panic!("there is no record {id}: the run was\n{self}"))
    }

    /// The identifiers of the records that ended so.
    pub fn with_outcome(&self, outcome: RecordOutcome) -> Vec<&str> {
        self.records.iter().filter(|record| record.outcome == outcome).map(SimulatedRecord::id).collect()
    }

    /// How often the function was called.
    pub fn invocations(&self) -> usize {
        self.invocations
    }

    /// Whether it came to an end for each record. If not, the run was [ended](super::MAX_INVOCATIONS).
    pub fn converged(&self) -> bool {
        !self.records.iter().any(SimulatedRecord::is_waiting)
    }
}

/// How many of a record's deliveries the table shows; a record that is delivered more often shows the first and the last.
const SHOWN: usize = 8;

/// A line for each record.
impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |record: &SimulatedRecord| {
            let mut times = record.times();
            if times.len() > SHOWN {
                times.splice(SHOWN - 2..times.len() - 1, ["…".to_owned()]);
            }
            let ended = record.ended.map_or(String::new(), |time| format!(" at {}", shown(time)));
            let outcome = format!("{}{ended}", record.outcome);
            [record.id.clone(), record.deliveries.len().to_string(), times.join(" "), outcome]
        };
        let mut rows = vec![["record", "deliveries", "at", "ended"].map(str::to_owned)];
        rows.extend(self.records.iter().map(row));
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
        let widths = [width(0), width(1), width(2)];
        for [id, count, times, outcome] in &rows {
            let [id_width, count_width, times_width] = widths;
            writeln!(f, "{id:id_width$}  {count:count_width$}  {times:times_width$}  {outcome}")?;
        }
        if !self.converged() {
            writeln!(f, "It was not over after {} invocations.", self.invocations)?;
        }
        Ok(())
    }
}

impl Serialize for SimulationReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut report = serializer.serialize_struct("SimulationReport", 3)?;
        report.serialize_field("converged", &self.converged())?;
        report.serialize_field("invocations", &self.invocations)?;
        report.serialize_field("records", &self.records)?;
        report.end()
    }
}

impl Serialize for SimulatedRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("SimulatedRecord", 4)?;
        record.serialize_field("id", &self.id)?;
        record.serialize_field("deliveries", &self.times())?;
        record.serialize_field("outcome", &self.outcome.to_string())?;
        record.serialize_field("endedAt", &self.ended.map(shown))?;
        record.end()
    }
}
