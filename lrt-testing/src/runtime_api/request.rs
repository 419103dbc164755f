use bytes::Bytes;

use super::endpoint::Endpoint;
use super::error::ConnectionError;
use super::headers::Headers;

/// Maximum number of header fields, and of trailer fields.
const MAX_HEADERS: usize = 100;

/// A request to the API.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Request {
    /// Number of its connection, from 1.
    pub connection: usize,
    /// The endpoint, or `None` for an unknown path.
    pub endpoint: Option<Endpoint>,
    /// The method.
    pub method: String,
    /// The request target, without changes.
    pub path: String,
    /// The headers.
    pub headers: Headers,
    /// The body without its framing, up to the size limit or the end of the connection.
    pub body: Bytes,
    /// The trailers after a chunked body.
    pub trailers: Headers,
    pub(super) chunk_sizes: Vec<usize>,
}

impl Request {
    /// Returns the chunks of a chunked body, as they were sent. A body with a length has none.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        chunks(&self.body, &self.chunk_sizes)
    }
}

pub(super) fn chunks<'a>(mut body: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    sizes.iter().map(move |size| {
        // The last chunk is incomplete if the connection was lost.
        let (chunk, rest) = body.split_at(body.len().min(*size));
        body = rest;
        chunk
    })
}

/// A part of a streamed reply.
#[doc(hidden)]
#[derive(Debug)]
pub enum ReplyPart {
    /// The function started to send the reply. Always the first part.
    Started,
    /// Bytes of the body.
    Bytes(Bytes),
}

/// The head of a request, and how its body is framed.
pub(super) struct Head {
    pub(super) request: Request,
    pub(super) length: Length,
    pub(super) keep_alive: bool,
    pub(super) expects_continue: bool,
}

#[derive(Clone, Copy)]
pub(super) enum Length {
    Bytes(u64),
    Chunked,
}

/// Parses the head at the start of `buffer`. Returns it with its length in bytes, or `None` if it is incomplete.
pub(super) fn parse_head(buffer: &[u8]) -> Result<Option<(Head, usize)>, ConnectionError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut parsed = httparse::Request::new(&mut fields);
    let bytes = match parsed.parse(buffer) {
        Ok(httparse::Status::Complete(bytes)) => bytes,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(_) => return Err(ConnectionError::Malformed("invalid request head")),
    };
    let headers = headers(parsed.headers);
    let http_1_1 = parsed.version == Some(1);
    if http_1_1 && headers.get("Host").is_none() {
        return Err(ConnectionError::Malformed("missing required Host header"));
    }
    let says = |name, value| headers.get(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    let length = match (headers.get("Transfer-Encoding"), headers.get("Content-Length")) {
        (Some(_), _) if says("Transfer-Encoding", "chunked") => Length::Chunked,
        (Some(_), _) => return Err(ConnectionError::Malformed("unknown Transfer-Encoding")),
        (None, Some(length)) => match length.parse() {
            Ok(length) => Length::Bytes(length),
            Err(_) => return Err(ConnectionError::Malformed("invalid Content-Length")),
        },
        (None, None) => Length::Bytes(0),
    };
    let head = Head {
        length,
        keep_alive: http_1_1 && !says("Connection", "close"),
        expects_continue: http_1_1 && says("Expect", "100-continue"),
        request: Request {
            connection: 0,
            endpoint: None,
            method: parsed.method.unwrap_or_default().to_owned(),
            path: parsed.path.unwrap_or_default().to_owned(),
            headers,
            body: Bytes::new(),
            trailers: Headers::default(),
            chunk_sizes: Vec::new(),
        },
    };
    Ok(Some((head, bytes)))
}

/// Parses the trailers at the start of `buffer`, including the empty line after them. Returns them with their length in bytes, or
/// `None` if they are incomplete.
pub(super) fn parse_trailers(buffer: &[u8]) -> Result<Option<(Headers, usize)>, ConnectionError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_HEADERS];
    match httparse::parse_headers(buffer, &mut fields) {
        Ok(httparse::Status::Complete((bytes, fields))) => Ok(Some((headers(fields), bytes))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(ConnectionError::Malformed("invalid trailers")),
    }
}

fn headers(fields: &[httparse::Header<'_>]) -> Headers {
    let mut headers = Headers::default();
    for field in fields {
        headers.push(field.name, String::from_utf8_lossy(field.value));
    }
    headers
}
