//! What the service is told of a batch.

use super::event::{BatchEvent, batch_failed};
use super::options::OnAllFailed;
use lrt_core::{ErrorReport, Reply, ReplyBuffer};

/// Writes the answer: these records have failed
/// ([reporting batch item failures](https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html#services-sqs-batchfailurereporting)).
/// A tumbling window's state goes back as it came, since Lambda takes an answer without it for a failed invocation
/// ([tumbling windows](https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html)).
///
/// # Errors
///
/// `BatchFailed` when no record was done, unless the author wants it reported.
pub(crate) fn report(
    event: &BatchEvent,
    failed: &[usize],
    nothing_done: Option<String>,
    on_all_failed: OnAllFailed,
    buffer: ReplyBuffer,
) -> Result<Reply, ErrorReport> {
    if let (Some(reason), OnAllFailed::Error) = (nothing_done, on_all_failed) {
        let n = event.entries.len();
        return Err(batch_failed(format!("none of {n} records was done: {reason}")));
    }
    Ok(buffer.write(|out| {
        out.push(b'{');
        if let Some(state) = event.state {
            let state = Some(event.json(state)).filter(|state| !state.is_empty());
            out.extend_from_slice(b"\"state\":");
            out.extend_from_slice(state.unwrap_or("{}").as_bytes());
            out.push(b',');
        }
        out.extend_from_slice(b"\"batchItemFailures\":[");
        for (at, record) in failed.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(b"{\"itemIdentifier\":");
            (event.schema.write_id)(out, event, &event.entries[*record]);
            out.push(b'}');
        }
        out.extend_from_slice(b"]}");
    }))
}
