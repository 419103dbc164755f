//! The head of an answer, found in place.

use std::mem::MaybeUninit;
use std::ops::Range;

/// Bytes of an answer's head. Lambda's own stay below 8 KB: client context and identity are the long ones.
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Header lines of an answer. Lambda sends about ten.
pub(crate) const MAX_HEADERS: usize = 128;

/// An answer's head: where the headers that matter stand. All others are passed over.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Bytes of the head, its empty line included.
    pub(crate) len: usize,
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// The server closes the connection after this answer.
    pub(crate) close: bool,
    /// Where each value starts, and how long it is.
    values: [(u16, u16); FIELDS],
}

/// How the end of a body is found.
///
/// See [RFC 9112, section 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
    /// Neither is said: the body goes on until the connection is closed.
    #[default]
    UntilClose,
}

/// The headers whose values are kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Field {
    RequestId,
    DeadlineMs,
    FunctionArn,
    TraceId,
    ClientContext,
    Identity,
    TenantId,
    InvocationId,
    ExtensionId,
}

const FIELDS: usize = 9;

/// The kept headers whose names have this length, as Lambda itself writes them.
fn fields(length: usize) -> &'static [(&'static [u8], Field)] {
    match length {
        23 => &[(b"Lambda-Runtime-Trace-Id", Field::TraceId)],
        26 => &[(b"Lambda-Runtime-Deadline-Ms", Field::DeadlineMs)],
        27 => &[(b"Lambda-Extension-Identifier", Field::ExtensionId)],
        28 => &[
            (b"Lambda-Runtime-Invocation-Id", Field::InvocationId),
            (b"Lambda-Runtime-Aws-Tenant-Id", Field::TenantId),
        ],
        29 => &[
            (b"Lambda-Runtime-Aws-Request-Id", Field::RequestId),
            (b"Lambda-Runtime-Client-Context", Field::ClientContext),
        ],
        31 => &[(b"Lambda-Runtime-Cognito-Identity", Field::Identity)],
        35 => &[(b"Lambda-Runtime-Invoked-Function-Arn", Field::FunctionArn)],
        _ => &[],
    }
}

/// Why bytes are no head of an answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadError {
    #[error("{0}")]
    Syntax(#[from] httparse::Error),
    #[error("the head has more than {MAX_HEAD_BYTES} bytes")]
    TooLong,
    #[error("Content-Length {0:?} is no length")]
    Length(String),
    #[error("Transfer-Encoding {0:?} is not chunked")]
    Encoding(String),
    #[error("the protocol was switched (status 101)")]
    Switched,
}

impl Head {
    /// Finds a head at the start of `bytes`; `None` when its end has not come yet.
    // Its frame of 4 KB must not become that of each poll that may come to it.
    #[inline(never)]
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Head>, HeadError> {
        let mut headers = [const { MaybeUninit::uninit() }; MAX_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default().parse_response_with_uninit_headers(
            &mut response,
            &bytes[..bytes.len().min(MAX_HEAD_BYTES)],
            &mut headers,
        )?;
        let httparse::Status::Complete(len) = parsed else {
            return if bytes.len() < MAX_HEAD_BYTES { Ok(None) } else { Err(HeadError::TooLong) };
        };
        let mut head = Head { len, status: response.code.unwrap_or(0), ..Head::default() };
        // HTTP/1.0 closes unless it says otherwise.
        head.close = response.version == Some(0);
        let start = bytes.as_ptr() as usize;
        for header in response.headers.iter() {
            head.note(header.name.as_bytes(), header.value, header.value.as_ptr() as usize - start)?;
        }
        match head.status {
            101 => return Err(HeadError::Switched),
            // These have no body, whatever their headers say.
            100..=199 | 204 | 304 => head.framing = Framing::Length(0),
            _ => {}
        }
        Ok(Some(head))
    }

    fn note(&mut self, name: &[u8], value: &[u8], at: usize) -> Result<(), HeadError> {
        let text = || String::from_utf8_lossy(value).into_owned();
        // The lengths alone pass over most headers.
        match name.len() {
            10 if same(name, b"Connection") => {
                for word in value.split(|&byte| byte == b',') {
                    match word.trim_ascii() {
                        word if same(word, b"close") => self.close = true,
                        word if same(word, b"keep-alive") => self.close = false,
                        _ => {}
                    }
                }
            }
            // Chunked outranks a length: RFC 9112, section 6.3.
            14 if same(name, b"Content-Length") => {
                let length = number(value).and_then(|length| length.try_into().ok());
                let length = length.ok_or_else(|| HeadError::Length(text()))?;
                match self.framing {
                    Framing::Length(other) if other != length => return Err(HeadError::Length(text())),
                    Framing::Chunked => {}
                    _ => self.framing = Framing::Length(length),
                }
            }
            17 if same(name, b"Transfer-Encoding") => {
                if !same(value.trim_ascii(), b"chunked") {
                    return Err(HeadError::Encoding(text()));
                }
                self.framing = Framing::Chunked;
            }
            length => {
                if let Some((_, field)) = fields(length).iter().find(|(known, _)| same(name, known)) {
                    // Both are below MAX_HEAD_BYTES.
                    self.values[*field as usize] = (at as u16, value.len() as u16);
                }
            }
        }
        Ok(())
    }

    /// The value of a header, in the bytes that the head was found in. One that is no text counts as absent.
    pub(crate) fn value<'a>(&self, bytes: &'a [u8], field: Field) -> Option<&'a str> {
        std::str::from_utf8(bytes.get(self.range(field)?)?).ok()
    }

    /// The value of a header that is a number.
    pub(crate) fn number(&self, bytes: &[u8], field: Field) -> Option<u64> {
        number(bytes.get(self.range(field)?)?)
    }

    fn range(&self, field: Field) -> Option<Range<usize>> {
        let (start, len) = self.values[field as usize];
        (len > 0).then(|| usize::from(start)..usize::from(start) + usize::from(len))
    }
}

/// Whether two names are the same. In the case that Lambda itself writes, that is ten times as fast to see.
fn same(name: &[u8], known: &[u8]) -> bool {
    /// Apart, so that it is there once.
    #[inline(never)]
    fn but_for_case(name: &[u8], known: &[u8]) -> bool {
        name.eq_ignore_ascii_case(known)
    }
    name == known || but_for_case(name, known)
}

/// A number in digits alone: `str::parse` would take a sign.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    // So many digits fit into 64 bits, whatever they are.
    if text.is_empty() || text.len() > 19 {
        return None;
    }
    text.iter().try_fold(0, |number, byte| match byte.wrapping_sub(b'0') {
        digit @ 0..=9 => Some(number * 10 + u64::from(digit)),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEXT: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLAMBDA-RUNTIME-AWS-REQUEST-ID: 8476-a\r\n\
        lambda-runtime-deadline-ms:1542409706888\r\nLambda-Runtime-Trace-Id: \r\nX-Odd: \xff\r\n\
        lambda-runtime-client-context: \xff\r\ncontent-length: 2\r\n\r\n{}";

    fn parse(head: &str) -> Result<Option<Head>, HeadError> {
        Head::parse(head.as_bytes())
    }

    #[test]
    fn headers_are_found_in_any_case_and_odd_ones_count_as_absent() {
        let head = Head::parse(NEXT).unwrap().unwrap();
        assert_eq!((head.status, head.framing, head.close), (200, Framing::Length(2), false));
        assert_eq!(&NEXT[head.len..], b"{}");
        assert_eq!(head.value(NEXT, Field::RequestId), Some("8476-a"));
        assert_eq!(head.value(NEXT, Field::DeadlineMs), Some("1542409706888"));
        for absent in [Field::TraceId, Field::ClientContext, Field::InvocationId] {
            assert_eq!(head.value(NEXT, absent), None, "{absent:?}");
        }
    }

    #[test]
    fn a_head_is_found_once_it_is_whole() {
        let len = NEXT.len() - 2;
        for end in 0..len {
            assert_eq!(Head::parse(&NEXT[..end]), Ok(None), "{end}");
        }
        assert!(Head::parse(&NEXT[..len]).unwrap().is_some());
    }

    #[test]
    fn framing_follows_rfc_9112() {
        for (headers, framing) in [
            ("", Framing::UntilClose),
            ("Content-Length: 0\r\n", Framing::Length(0)),
            ("Content-Length: 7\r\nContent-Length: 7\r\n", Framing::Length(7)),
            ("Content-Length: 7\r\nTransfer-Encoding: Chunked\r\n", Framing::Chunked),
            ("Transfer-Encoding: chunked\r\nContent-Length: 7\r\n", Framing::Chunked),
        ] {
            let head = parse(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n")).unwrap().unwrap();
            assert_eq!(head.framing, framing, "{headers}");
        }
        for status in [100, 103, 204, 304] {
            let head = parse(&format!("HTTP/1.1 {status} X\r\nContent-Length: 9\r\n\r\n")).unwrap().unwrap();
            assert_eq!(head.framing, Framing::Length(0), "{status}");
        }
    }

    #[test]
    fn closing_is_said_by_header_or_version() {
        for (head, close) in [
            ("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nconnection: x, Close\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\n\r\n", true),
            ("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n\r\n", false),
        ] {
            assert_eq!(parse(head).unwrap().unwrap().close, close, "{head}");
        }
    }

    #[test]
    fn wrong_heads_are_errors() {
        for length in ["", "-1", "+1", "1 2", "0x10", "99999999999999999999999", "1,1"] {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            assert_eq!(parse(&head), Err(HeadError::Length(length.to_owned())), "{length}");
        }
        for head in [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\n\r\n",
            "HTTP/1.1 2000 OK\r\n\r\n",
            "SMTP 220\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ] {
            assert!(parse(head).is_err(), "{head}");
        }
    }

    #[test]
    fn limits_hold() {
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD_BYTES));
        assert_eq!(parse(&endless), Err(HeadError::TooLong));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(MAX_HEADERS + 1));
        assert_eq!(parse(&many), Err(HeadError::Syntax(httparse::Error::TooManyHeaders)));
        let most = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(MAX_HEADERS));
        assert!(parse(&most).unwrap().is_some());
    }
}
