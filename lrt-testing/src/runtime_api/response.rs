use bytes::Bytes;

use super::headers::Headers;

/// The default limit for replies: 6 MiB and 100 bytes, as in Lambda.
pub(super) const MAX_RESPONSE_BYTES: usize = 6 * 1024 * 1024 + 100;

/// Framing of a response body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Framing {
    /// `Content-Length`.
    Length,
    /// `Transfer-Encoding: chunked`, in chunks of 4096 bytes.
    Chunked,
    /// Valid but unusual chunks: of 1, 2, 3, … bytes, with sizes in upper case and with leading zeros, chunk extensions, and a
    /// trailer.
    OddChunks,
    /// Neither of these: the body ends with the connection.
    UntilClose,
}

/// An HTTP response, before a fault is applied.
#[derive(Clone, Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Headers,
    pub(super) body: Bytes,
    pub(super) framing: Framing,
}

impl Response {
    fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        let mut headers = Headers::default();
        headers.push("Content-Type", content_type);
        Self { status, headers, body: body.into(), framing: Framing::Length }
    }

    pub(super) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "application/json", body)
    }

    pub(super) fn text(status: u16, body: impl Into<Bytes>) -> Self {
        Self::new(status, "text/plain; charset=utf-8", body)
    }

    pub(super) fn accepted() -> Self {
        Self::json(202, "{\"status\":\"OK\"}\n")
    }

    pub(super) fn error(status: u16, error_type: &str, message: &str) -> Self {
        Self::json(status, format!("{{\"errorMessage\":\"{message}\",\"errorType\":\"{error_type}\"}}\n"))
    }

    pub(super) fn invalid_state(from: &str, to: &str) -> Self {
        let message =
            format!("State transition from {from} to {to} failed for runtime. Error: State transition is not allowed");
        Self::error(403, "InvalidStateTransition", &message)
    }

    pub(super) fn gone() -> Self {
        Self::error(410, "InvokeTimeout", "Invoke timeout")
    }

    pub(super) fn too_large(limit: usize) -> Self {
        let message = format!("Exceeded maximum allowed payload size ({limit} bytes).");
        Self::error(413, "RequestEntityTooLarge", &message)
    }

    pub(super) fn head(&self, close: bool, name: fn(&str) -> String) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        let mut field = |field: &str, value: &str| {
            head.extend([&name(field), ": ", value, "\r\n"]);
        };
        self.headers.iter().for_each(|(name, value)| field(name, value));
        match self.framing {
            // Responses with these statuses never have a length (RFC 9110, section 8.6).
            Framing::Length if matches!(self.status, 100..200 | 204 | 304) => {}
            Framing::Length => field("Content-Length", &self.body.len().to_string()),
            Framing::Chunked => field("Transfer-Encoding", "chunked"),
            Framing::OddChunks => {
                field("Transfer-Encoding", "chunked");
                field("Trailer", "Odd-Trailer");
            }
            Framing::UntilClose => {}
        }
        if close {
            field("Connection", "close");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Returns the body with its framing.
    pub(super) fn framed_body(&self) -> Vec<u8> {
        match self.framing {
            Framing::Length | Framing::UntilClose => self.body.to_vec(),
            Framing::Chunked => {
                let mut wire = Vec::with_capacity(self.body.len() + self.body.len() / 64 + 16);
                for chunk in self.body.chunks(4096) {
                    push_chunk(&mut wire, &format!("{:x}", chunk.len()), chunk);
                }
                wire.extend_from_slice(b"0\r\n\r\n");
                wire
            }
            Framing::OddChunks => {
                let (mut wire, mut rest) = (Vec::new(), &self.body[..]);
                for size in 1.. {
                    if rest.is_empty() {
                        break;
                    }
                    let (chunk, after) = rest.split_at(rest.len().min(size));
                    push_chunk(&mut wire, &format!("{:04X};odd=\"a\"", chunk.len()), chunk);
                    rest = after;
                }
                wire.extend_from_slice(b"000;last\r\nOdd-Trailer: yes\r\n\r\n");
                wire
            }
        }
    }
}

fn push_chunk(wire: &mut Vec<u8>, size_line: &str, chunk: &[u8]) {
    for part in [size_line.as_bytes(), b"\r\n", chunk, b"\r\n"] {
        wire.extend_from_slice(part);
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        410 => "Gone",
        413 => "Request Entity Too Large",
        500 => "Internal Server Error",
        _ => "Unknown",
    }
}
