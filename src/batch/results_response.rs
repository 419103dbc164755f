//! Writes the results of transformed records.

use super::event::{BatchEvent, RecordEntry};
use super::results::TransformedRecord;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lrt_core::__private::json::escape::write_string;
use lrt_core::{Reply, ReplyBuffer, log};

/// Maximum size of the reply
/// ([transform source data](https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html)).
const MAX_REPLY_BYTES: usize = 6 * 1024 * 1024;

/// Writes the result of each record, in the order of the event
/// ([required parameters](https://docs.aws.amazon.com/firehose/latest/dev/data-transformation-status-model.html)).
///
/// A result that does not fit into the reply is `ProcessingFailed`, so that the others are delivered.
pub(crate) fn respond(event: &BatchEvent, unsuccessful: &[usize], buffer: ReplyBuffer) -> Reply {
    let mut results = event.results.take();
    // A layer may have failed the record after the function has returned.
    unsuccessful.iter().for_each(|record| drop(results.remove(record)));
    let mut too_large = 0;
    let reply = buffer.write(|out| {
        let start = out.len();
        out.extend_from_slice(b"{\"records\":[");
        // Each record can at least fail: every such result is shorter than its record in the event.
        let shortest = |entry: &RecordEntry| FAILED_BYTES + event.json(entry.id_json).len();
        let mut reserved: usize = event.entries.iter().map(shortest).sum::<usize>() + END.len();
        for (index, entry) in event.entries.iter().enumerate() {
            reserved -= shortest(entry);
            if index > 0 {
                out.push(b',');
            }
            let end = out.len();
            let fits = |out: &Vec<u8>| out.len() - start + reserved <= MAX_REPLY_BYTES;
            if let Some(result) = results.get(&index) {
                write_result(out, event, entry, result);
                if fits(out) {
                    continue;
                }
                too_large += 1;
                out.truncate(end);
            }
            write_failed(out, event, entry, original_data(event, entry));
            if !fits(out) {
                out.truncate(end);
                write_failed(out, event, entry, "\"\"");
            }
        }
        out.extend_from_slice(END);
    });
    if too_large > 0 {
        let all = event.entries.len();
        log::error(
            event.context.request_id(),
            format_args!(
                "the results of {too_large} of {all} records do not fit into the reply of at most 6 MB, and are returned as \
                 ProcessingFailed; reduce the buffer size (BufferSizeInMBs) of the Firehose stream's processor"
            ),
        );
    }
    reply
}

const END: &[u8] = b"]}";

/// Size of the shortest failed result with its comma, without the identifier.
const FAILED_BYTES: usize = r#",{"recordId":,"result":"ProcessingFailed","data":""}"#.len();

fn write_result(out: &mut Vec<u8>, event: &BatchEvent, entry: &RecordEntry, result: &TransformedRecord) {
    write_start(out, event, entry, result.result);
    out.push(b'"');
    out.extend_from_slice(STANDARD.encode(&result.data).as_bytes());
    out.push(b'"');
    if !result.partition_keys.is_empty() {
        out.extend_from_slice(b",\"metadata\":{\"partitionKeys\":{");
        for (n, (name, value)) in result.partition_keys.iter().enumerate() {
            if n > 0 {
                out.push(b',');
            }
            write_string(out, name);
            out.push(b':');
            write_string(out, value);
        }
        out.extend_from_slice(b"}}");
    }
    out.push(b'}');
}

/// Writes a failed result with the record's own data, as JSON.
fn write_failed(out: &mut Vec<u8>, event: &BatchEvent, entry: &RecordEntry, data: &str) {
    write_start(out, event, entry, "ProcessingFailed");
    out.extend_from_slice(data.as_bytes());
    out.push(b'}');
}

fn write_start(out: &mut Vec<u8>, event: &BatchEvent, entry: &RecordEntry, result: &str) {
    out.extend_from_slice(b"{\"recordId\":");
    out.extend_from_slice(event.json(entry.id_json).as_bytes());
    out.extend_from_slice(b",\"result\":\"");
    out.extend_from_slice(result.as_bytes());
    out.extend_from_slice(b"\",\"data\":");
}

/// Returns the JSON of the record's data, if it is a string.
fn original_data<'a>(event: &'a BatchEvent, entry: &RecordEntry) -> &'a str {
    let data = entry.spans.as_ref().map_or("", |spans| event.json(spans.payload));
    if data.starts_with('"') { data } else { "\"\"" }
}
