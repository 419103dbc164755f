//! Writes the reply to a batch: the partial batch response, or the form that the source defines.

use super::event::BatchEvent;
use super::options::OnAllFailed;
use super::results_response;
use super::run::LOGS;
use super::window_state::WindowEvent;
use lrt_core::{Error, ErrorReport, Reply, ReplyBuffer, log};

/// Describes the unsuccessful records of a batch.
pub(crate) struct Failures {
    /// Counts of these records: `2 failed, 1 not started`.
    pub(crate) counts: String,
    /// The error of the first of them.
    pub(crate) cause: String,
    /// True if each failed record has its own line in the log.
    pub(crate) are_logged: bool,
    /// The error of the first of them, unless the function handles the entire batch.
    pub(crate) first: Option<ErrorReport>,
}

/// Form of the reply to a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reporting {
    /// A partial batch response with each unsuccessful record.
    EachRecord,
    /// A partial batch response with the first unsuccessful record, from which the stream is read again.
    Checkpoint,
    /// An error if a record is unsuccessful: the service retries the entire invocation.
    Invocation,
    /// The result of each record.
    Results,
}

/// Writes the reply. A partial batch response reports the unsuccessful records, or only the first of them if that is a checkpoint
/// ([reporting batch item failures](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting)).
///
/// An event of a tumbling window is answered with the state of the window, since Lambda treats a response without it as a failed
/// invocation ([tumbling windows](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html)).
///
/// # Errors
///
/// Returns `BatchFailed` if no record succeeded, unless the author has chosen to report the records. If the entire invocation is
/// retried, returns the error of the first unsuccessful record.
pub(crate) fn respond(
    event: &BatchEvent,
    unsuccessful: Vec<usize>,
    describe: impl FnOnce() -> Failures,
    reporting: Reporting,
    on_all_failed: OnAllFailed,
    buffer: ReplyBuffer,
) -> Result<Reply, ErrorReport> {
    // The records in an aggregated record have its position, and are reported together.
    let mut unsuccessful = unsuccessful;
    unsuccessful.dedup_by_key(|record| event.entries[*record].json.start());
    let all = event.entries.chunk_by(|entry, next| entry.json.start() == next.json.start()).count();
    let succeeded = all - unsuccessful.len();
    let fails = match reporting {
        Reporting::EachRecord | Reporting::Checkpoint => {
            succeeded == 0 && all > 0 && on_all_failed == OnAllFailed::Error
        }
        Reporting::Invocation => succeeded < all,
        Reporting::Results => false,
    };
    if fails {
        let Failures { counts, cause, are_logged, first } = describe();
        let first = first.filter(|_| reporting == Reporting::Invocation);
        let has_own_line = first.is_some() || all == 1;
        let error = first.unwrap_or_else(|| {
            let message = format!("{succeeded} of {all} records succeeded, {counts}: {cause}");
            Error::named("BatchFailed", message).into()
        });
        // The line of the record contains everything.
        return Err(if LOGS && are_logged && has_own_line { error.already_logged() } else { error });
    }
    if LOGS && succeeded < all && all > 1 {
        let counts = describe().counts;
        log::error(event.context.request_id(), format_args!("{succeeded} of {all} records succeeded, {counts}"));
    }
    let state = event.window.as_ref().map(|window| write_state(event, window)).transpose()?;
    match reporting {
        Reporting::Invocation => return Ok(buffer.write(|out| out.extend_from_slice(b"null"))),
        Reporting::Results => return Ok(results_response::respond(event, &unsuccessful, buffer)),
        // A pipe retries exactly the records that are reported.
        Reporting::Checkpoint if !event.is_pipe => unsuccessful.truncate(1),
        Reporting::EachRecord | Reporting::Checkpoint => {}
    }
    Ok(buffer.write(|out| {
        out.push(b'{');
        if let Some(state) = &state {
            out.extend_from_slice(b"\"state\":");
            out.extend_from_slice(state);
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

/// The size above which Lambda ends a window early
/// ([tumbling windows](https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html)).
const MAX_STATE_BYTES: usize = 1024 * 1024;

/// Returns the state of a window as JSON. A state that the function does not use is unchanged.
fn write_state(event: &BatchEvent, window: &WindowEvent) -> Result<Vec<u8>, ErrorReport> {
    let state = match window.write()? {
        Some(state) => state,
        None => match window.json() {
            "" => b"{}".to_vec(),
            unchanged => unchanged.into(),
        },
    };
    if state.len() > MAX_STATE_BYTES {
        let bytes = state.len();
        log::warn(
            event.context.request_id(),
            format_args!("the state of the tumbling window has {bytes} bytes: Lambda ends a window early above 1 MB"),
        );
    }
    Ok(state)
}
