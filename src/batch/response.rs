//! Writes the partial batch response.

use super::event::BatchEvent;
use super::options::OnAllFailed;
use super::run::LOGS;
use lrt_core::{Error, ErrorReport, Reply, ReplyBuffer, log};

/// Describes the unsuccessful records of a batch.
pub(crate) struct Failures {
    /// Counts of these records: `2 failed, 1 not started`.
    pub(crate) counts: String,
    /// The error of the first of them.
    pub(crate) cause: String,
    /// True if each failed record has its own line in the log.
    pub(crate) are_logged: bool,
}

/// Writes the response that reports the unsuccessful records, or only the first of them if that is a checkpoint
/// ([reporting batch item failures](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting)).
///
/// The state of a tumbling window is returned unchanged, since Lambda treats a response without it as a failed
/// invocation ([tumbling windows](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html)).
///
/// # Errors
///
/// Returns `BatchFailed` if no record succeeded, unless the author has chosen to report the records.
pub(crate) fn respond(
    event: &BatchEvent,
    unsuccessful: Vec<usize>,
    describe: impl FnOnce() -> Failures,
    checkpoint: bool,
    on_all_failed: OnAllFailed,
    buffer: ReplyBuffer,
) -> Result<Reply, ErrorReport> {
    let mut unsuccessful = delivered_records(event, unsuccessful);
    let all = if event.is_split {
        delivered_records(event, (0..event.entries.len()).collect()).len()
    } else {
        event.entries.len()
    };
    let succeeded = all - unsuccessful.len();
    if succeeded == 0 && all > 0 && on_all_failed == OnAllFailed::Error {
        let Failures { counts, cause, are_logged } = describe();
        let message = format!("{succeeded} of {all} records succeeded, {counts}: {cause}");
        let error = ErrorReport::from(Error::named("BatchFailed", message));
        // For a batch of one record, the record's own line contains everything.
        return Err(if LOGS && are_logged && all == 1 { error.already_logged() } else { error });
    }
    if LOGS && succeeded < all && all > 1 {
        let counts = describe().counts;
        log::error(event.context.request_id(), format_args!("{succeeded} of {all} records succeeded, {counts}"));
    }
    // A pipe retries exactly the records that are reported.
    unsuccessful.truncate(if checkpoint && !event.is_pipe { 1 } else { all });
    Ok(buffer.write(|out| {
        out.push(b'{');
        if let Some(state) = event.window_state {
            let state = Some(event.json(state)).filter(|state| !state.is_empty());
            out.extend_from_slice(b"\"state\":");
            out.extend_from_slice(state.unwrap_or("{}").as_bytes());
            out.push(b',');
        }
        out.extend_from_slice(b"\"batchItemFailures\":[");
        for (n, record) in unsuccessful.iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"itemIdentifier\":");
            (event.schema.write_id)(out, event, &event.entries[*record]);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
    }))
}

/// Keeps one of the records of each aggregated record, which is reported as a whole.
fn delivered_records(event: &BatchEvent, mut records: Vec<usize>) -> Vec<usize> {
    if event.is_split {
        records.dedup_by_key(|record| event.entries[*record].json.start());
    }
    records
}
