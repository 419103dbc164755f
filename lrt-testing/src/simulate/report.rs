//! Results of a simulation.

use serde::ser::{Serialize, SerializeStruct, Serializer};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// Outcome of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordOutcome {
    /// It succeeded: it was deleted from its queue, or is before the checkpoint of its stream.
    Done,
    /// It reached the maximum receive count and was moved to the dead-letter queue.
    DeadLetterQueue,
    /// The event source mapping or Lambda discarded it without a notification.
    Discarded,
    /// The event source mapping or Lambda discarded it and notified the on-failure destination.
    OnFailureDestination,
    /// It failed, but the event source mapping considers it successful, because `ReportBatchItemFailures` is not enabled.
    Lost,
    /// It was still waiting when the [maximum number of invocations](super::MAX_INVOCATIONS) was reached.
    Waiting,
}

/// Formats the outcome as in the report.
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

/// A record of a simulation. Times are relative to the start of the simulation.
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

    /// Returns the message id, the sequence number or the key.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the times at which the function was invoked with a batch that contained the record. This includes
    /// invocations in which the record was not started because an earlier record failed.
    pub fn deliveries(&self) -> &[Duration] {
        &self.deliveries
    }

    /// Returns the outcome.
    pub fn outcome(&self) -> RecordOutcome {
        self.outcome
    }

    /// Returns the time of the outcome, or `None` if the record is still waiting.
    pub fn ended_at(&self) -> Option<Duration> {
        self.ended
    }

    fn times(&self) -> Vec<String> {
        self.deliveries.iter().copied().map(shown).collect()
    }
}

/// Formats a time as `0s`, `30s` or `1.5s`.
fn shown(time: Duration) -> String {
    if time.is_zero() { "0s".to_owned() } else { format!("{time:?}") }
}

/// Results of a simulation, as a table and as JSON. Both are the same in each run.
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
    window_states: Vec<Value>,
}

impl SimulationReport {
    pub(super) fn new(records: Vec<SimulatedRecord>, invocations: usize) -> SimulationReport {
        SimulationReport { records, invocations, window_states: Vec::new() }
    }

    pub(super) fn with_window_states(self, window_states: Vec<Value>) -> SimulationReport {
        SimulationReport { window_states, ..self }
    }

    /// Returns the states with which the tumbling windows ended, in their order.
    pub fn window_states(&self) -> &[Value] {
        &self.window_states
    }

    /// Returns the records, in the order of their creation.
    pub fn records(&self) -> &[SimulatedRecord] {
        &self.records
    }

    /// Returns the record with this identifier.
    ///
    /// # Panics
    ///
    /// Panics if there is no such record.
    #[track_caller]
    pub fn record(&self, id: &str) -> &SimulatedRecord {
        let found = self.records.iter().find(|record| record.id == id);
        found.unwrap_or_else(|| panic!("no record {id} in the simulation:\n{self}"))
    }

    /// Returns the identifiers of the records with this outcome.
    pub fn with_outcome(&self, outcome: RecordOutcome) -> Vec<&str> {
        self.records.iter().filter(|record| record.outcome == outcome).map(SimulatedRecord::id).collect()
    }

    /// Returns the number of invocations.
    pub fn invocations(&self) -> usize {
        self.invocations
    }

    /// Returns true if no record is waiting. Otherwise, the [maximum number of invocations](super::MAX_INVOCATIONS) was reached.
    pub fn converged(&self) -> bool {
        !self.records.iter().any(SimulatedRecord::is_waiting)
    }
}

/// Maximum number of deliveries per row. Longer rows show the first ones and the last one.
const MAX_SHOWN: usize = 8;

/// Writes a table with one row per record.
impl fmt::Display for SimulationReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |record: &SimulatedRecord| {
            let mut times = record.times();
            if times.len() > MAX_SHOWN {
                times.splice(MAX_SHOWN - 2..times.len() - 1, ["…".to_owned()]);
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
        for (number, state) in self.window_states.iter().enumerate() {
            writeln!(f, "window {} ended with {state}", number + 1)?;
        }
        if !self.converged() {
            writeln!(f, "did not converge after {} invocations", self.invocations)?;
        }
        Ok(())
    }
}

impl Serialize for SimulationReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let has_windows = !self.window_states.is_empty();
        let mut report = serializer.serialize_struct("SimulationReport", 3 + usize::from(has_windows))?;
        report.serialize_field("converged", &self.converged())?;
        report.serialize_field("invocations", &self.invocations)?;
        report.serialize_field("records", &self.records)?;
        if has_windows {
            report.serialize_field("windowStates", &self.window_states)?;
        }
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
