//! Private parsers and writers for the targets in `fuzz/`. Compiled with `--cfg fuzzing` only.

#[cfg(feature = "tracing")]
use crate::log;
use crate::runtime_api::http1::chunked_decoder::ChunkedDecoder;
use crate::runtime_api::http1::chunked_encoder::ChunkedEncoder;
use crate::runtime_api::http1::response_head::{self, Field, Framing, Head};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// A response head, as the Runtime API client reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct ResponseHead<'a> {
    /// The size in bytes.
    pub len: usize,
    /// The status code.
    pub status: u16,
    /// The size of the body, if the head has it.
    pub length: Option<usize>,
    /// True if the body is chunked.
    pub is_chunked: bool,
    /// The value of each header that is used.
    pub headers: Vec<(&'static str, Option<&'a str>)>,
}

const FIELDS: [(&str, Field); 9] = [
    ("Lambda-Runtime-Aws-Request-Id", Field::RequestId),
    ("Lambda-Runtime-Deadline-Ms", Field::DeadlineMs),
    ("Lambda-Runtime-Invoked-Function-Arn", Field::FunctionArn),
    ("Lambda-Runtime-Trace-Id", Field::TraceId),
    ("Lambda-Runtime-Client-Context", Field::ClientContext),
    ("Lambda-Runtime-Cognito-Identity", Field::Identity),
    ("Lambda-Runtime-Aws-Tenant-Id", Field::TenantId),
    ("Lambda-Runtime-Invocation-Id", Field::InvocationId),
    ("Lambda-Extension-Identifier", Field::ExtensionId),
];

/// Parses a response head. Returns `None` if it is incomplete.
///
/// # Errors
///
/// Returns the message of the error.
pub fn response_head(bytes: &[u8]) -> Result<Option<ResponseHead<'_>>, String> {
    let head = Head::parse(bytes).map_err(|error| error.to_string())?;
    Ok(head.map(|head| ResponseHead {
        len: head.len,
        status: head.status,
        length: if let Framing::Length(length) = head.framing { Some(length) } else { None },
        is_chunked: head.framing == Framing::Chunked,
        headers: FIELDS.map(|(name, field)| (name, head.value(bytes, field))).into(),
    }))
}

/// Returns the request id from the start of a response, which may be incomplete or invalid.
pub fn find_request_id(bytes: &[u8]) -> Option<&str> {
    response_head::find_value(bytes, Field::RequestId)
}

/// A chunked body that arrives in pieces.
#[derive(Debug)]
pub struct ChunkedBody {
    decoder: ChunkedDecoder,
    buffer: Vec<u8>,
}

impl Default for ChunkedBody {
    fn default() -> ChunkedBody {
        ChunkedBody { decoder: ChunkedDecoder::new(0), buffer: Vec::new() }
    }
}

impl ChunkedBody {
    /// Decodes the next piece. Returns true at the end of the body.
    ///
    /// # Errors
    ///
    /// Returns the message of the error.
    pub fn push(&mut self, piece: &[u8]) -> Result<bool, String> {
        self.buffer.extend_from_slice(piece);
        self.decoder.decode(&mut self.buffer).map_err(|error| error.to_string())
    }

    /// Returns the decoded body.
    pub fn body(&self) -> &[u8] {
        &self.buffer[self.decoder.body()]
    }

    /// Returns the bytes that are not decoded: after the end of the body, those of the next response.
    pub fn rest(&self) -> &[u8] {
        &self.buffer[self.decoder.end()..]
    }
}

/// Encodes a body in chunks, which must not be empty.
pub fn encode_chunks(chunks: &[&[u8]]) -> Vec<u8> {
    let mut written = Vec::new();
    let mut encoder = ChunkedEncoder::default();
    let mut write = |encoder: &mut ChunkedEncoder| {
        while !encoder.is_empty() {
            let write = encoder.poll_write(pin!(&mut written), &mut Context::from_waker(Waker::noop()));
            assert!(matches!(write, Poll::Ready(Ok(_))), "writing to a Vec does not fail");
        }
    };
    for chunk in chunks {
        encoder.chunk(bytes::Bytes::copy_from_slice(chunk));
        write(&mut encoder);
    }
    encoder.end(b"");
    write(&mut encoder);
    written
}

/// Returns a subscriber that writes log lines, as JSON or as text.
#[cfg(feature = "tracing")]
pub fn log_lines(is_json: bool, write: fn(&str)) -> tracing_core::Dispatch {
    let format = if is_json { log::settings::Format::Json } else { log::settings::Format::Text };
    let filter = log::filter::Filter::from(tracing_core::LevelFilter::TRACE);
    tracing_core::Dispatch::new(log::subscriber::LambdaSubscriber::new(format, filter, write))
}

/// Writes a warning of lrt to a subscriber of [`log_lines`].
#[cfg(feature = "tracing")]
pub fn log_warning(lines: &tracing_core::Dispatch, request_id: &str, message: &str) {
    if let Some(lines) = lines.downcast_ref::<log::subscriber::LambdaSubscriber>() {
        lines.write_own(log::Level::Warn, request_id, format_args!("{message}"), None);
    }
}
