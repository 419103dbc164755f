//! Parses heads of responses in place.

use memchr::memchr;
use std::ops::Range;

/// The maximum size of a head in bytes. Lambda's heads are below 8 KB; the longest headers are the client context and
/// the identity.
pub(crate) const MAX_HEAD_BYTES: usize = 64 * 1024;

/// The head of a response, with the positions of the headers that are used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// The size of the head in bytes, including its empty line.
    pub(crate) len: usize,
    pub(crate) status: u16,
    pub(crate) framing: Framing,
    /// True if the server closes the connection after this response.
    pub(crate) close: bool,
    /// The start and the length of each value.
    values: [(u16, u16); FIELDS],
}

/// Framing of a body, from which its end is detected.
///
/// See [RFC 9112, section 6.3](https://www.rfc-editor.org/rfc/rfc9112#section-6.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Framing {
    Length(usize),
    Chunked,
    /// The body ends with the connection.
    #[default]
    UntilClose,
}

/// The headers that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

/// Returns the headers whose names have this length, with the names as Lambda writes them.
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

/// The error of an invalid head.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HeadError {
    #[error("expected HTTP/1.1 and a status")]
    Status,
    #[error("malformed header line at byte {0}")]
    Line(usize),
    #[error("control character in the value at byte {0}")]
    Control(usize),
    #[error("head exceeds {MAX_HEAD_BYTES} bytes")]
    TooLong,
    #[error("invalid Content-Length: {0:?}")]
    Length(String),
    #[error("unsupported Transfer-Encoding: {0:?} (expected chunked)")]
    Encoding(String),
    #[error("unexpected protocol switch (status 101)")]
    Switched,
}

impl Head {
    /// Parses a head at the start of `bytes`. Returns `None` if it is incomplete.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Head>, HeadError> {
        let text = &bytes[..bytes.len().min(MAX_HEAD_BYTES)];
        let unfinished = || if text.len() < MAX_HEAD_BYTES { Ok(None) } else { Err(HeadError::TooLong) };
        let mut lines = HeadLines { text, at: 0 };
        let Some(line) = lines.next() else {
            // Other protocols may not send lines.
            let begins = PROTOCOL.starts_with(text) || text.starts_with(PROTOCOL);
            return if begins { unfinished() } else { Err(HeadError::Status) };
        };
        let mut head = Head::of_status(line).ok_or(HeadError::Status)?;
        loop {
            let start = lines.at;
            match lines.next() {
                None => return unfinished(),
                Some([]) => break,
                Some(line) => {
                    let (name, value) = field(line).ok_or(HeadError::Line(start))?;
                    head.read_header(name, value, value.as_ptr() as usize - text.as_ptr() as usize)?;
                }
            }
        }
        head.len = lines.at;
        match head.status {
            101 => return Err(HeadError::Switched),
            // These statuses have no body, regardless of the headers.
            100..=199 | 204 | 304 => head.framing = Framing::Length(0),
            _ => {}
        }
        Ok(Some(head))
    }

    /// Creates a head from its first line: `HTTP/1.1 200 OK`.
    fn of_status(line: &[u8]) -> Option<Head> {
        let (&[version @ b'0'..=b'1', b' ', a, b, c], reason) = line.strip_prefix(PROTOCOL)?.split_first_chunk()?
        else {
            return None;
        };
        let status = number(&[a, b, c])?.try_into().ok()?;
        // HTTP/1.0 closes the connection by default.
        let close = version == b'0';
        matches!(reason, [] | [b' ', ..]).then(|| Head { status, close, ..Head::default() })
    }

    fn read_header(&mut self, name: &[u8], value: &[u8], at: usize) -> Result<(), HeadError> {
        // The length alone excludes most headers.
        match name.len() {
            10 if is_same_name(name, b"Connection") => {
                for word in value.split(|&byte| byte == b',') {
                    match word.trim_ascii() {
                        word if is_same_name(word, b"close") => self.close = true,
                        word if is_same_name(word, b"keep-alive") => self.close = false,
                        _ => {}
                    }
                }
            }
            // Chunked takes precedence over a length: RFC 9112, section 6.3.
            14 if is_same_name(name, b"Content-Length") => {
                let length = number(value).and_then(|length| length.try_into().ok());
                let length = length.ok_or_else(|| HeadError::Length(text(value)))?;
                match self.framing {
                    Framing::Length(other) if other != length => return Err(HeadError::Length(text(value))),
                    Framing::Chunked => {}
                    _ => self.framing = Framing::Length(length),
                }
            }
            17 if is_same_name(name, b"Transfer-Encoding") => {
                if !is_same_name(value.trim_ascii(), b"chunked") {
                    return Err(HeadError::Encoding(text(value)));
                }
                self.framing = Framing::Chunked;
            }
            length => {
                if let Some((_, field)) = fields(length).iter().find(|(known, _)| is_same_name(name, known)) {
                    // This value is sent back as the value of a header.
                    if matches!(field, Field::InvocationId) && !value.iter().all(is_value) {
                        return Err(HeadError::Control(at));
                    }
                    // Both are below MAX_HEAD_BYTES.
                    self.values[*field as usize] = (at as u16, value.len() as u16);
                }
            }
        }
        Ok(())
    }

    /// Returns the value of a header from the bytes that the head was parsed from. A value that is not UTF-8 counts as
    /// absent.
    pub(crate) fn value<'a>(&self, bytes: &'a [u8], field: Field) -> Option<&'a str> {
        std::str::from_utf8(bytes.get(self.range(field)?)?).ok()
    }

    /// Returns the value of a header that is a number.
    pub(crate) fn number(&self, bytes: &[u8], field: Field) -> Option<u64> {
        number(bytes.get(self.range(field)?)?)
    }

    fn range(&self, field: Field) -> Option<Range<usize>> {
        let (start, len) = self.values[field as usize];
        (len > 0).then(|| usize::from(start)..usize::from(start) + usize::from(len))
    }
}

/// Returns the value of a header from the start of a response, which may be incomplete or invalid.
#[cold]
pub(crate) fn find_value(response: &[u8], wanted: Field) -> Option<&str> {
    let mut lines = HeadLines { text: response, at: 0 };
    lines.next()?;
    loop {
        let line = lines.next()?;
        if line.is_empty() {
            return None;
        }
        let Some((name, value)) = field(line) else { continue };
        let is_wanted = |(known, field): &(&[u8], Field)| *field == wanted && is_same_name(name, known);
        if fields(name.len()).iter().any(is_wanted) && value.iter().all(is_value) {
            return std::str::from_utf8(value).ok().filter(|value| !value.is_empty());
        }
    }
}

/// The start of responses, up to the minor version.
const PROTOCOL: &[u8] = b"HTTP/1.";

/// The lines of a head.
struct HeadLines<'a> {
    text: &'a [u8],
    /// The position of the next line.
    at: usize,
}

impl<'a> HeadLines<'a> {
    /// Returns the next line without its end, or `None` if it is incomplete.
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = &self.text[self.at..];
        let line = &rest[..memchr(b'\n', rest)?];
        self.at += line.len() + 1;
        Some(line.strip_suffix(b"\r").unwrap_or(line))
    }
}

/// Splits a header line into name and value. White space around a name is invalid, or continues the previous line: [RFC
/// 9112, section 5](https://www.rfc-editor.org/rfc/rfc9112#section-5).
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (name, value) = line.split_at(memchr(b':', line)?);
    let is_name = name.first()? > &b' ' && name.last()? > &b' ';
    is_name.then(|| (name, value[1..].trim_ascii()))
}

/// Returns true if a byte is valid in the value of a header: [RFC 9110, section
/// 5.5](https://www.rfc-editor.org/rfc/rfc9110#section-5.5).
fn is_value(byte: &u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

/// Compares names, ignoring case. Comparing the case that Lambda writes first is ten times as fast.
fn is_same_name(name: &[u8], known: &[u8]) -> bool {
    name == known || name.eq_ignore_ascii_case(known)
}

/// Returns a value as a string, for an error.
#[cold]
fn text(value: &[u8]) -> String {
    String::from_utf8_lossy(value).into_owned()
}

/// Parses a number that consists of digits only: `str::parse` accepts a sign.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    // Numbers of 19 digits always fit into 64 bits.
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
    use proptest::prelude::*;

    const NEXT: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLAMBDA-RUNTIME-AWS-REQUEST-ID: 8476-a\r\n\
        lambda-runtime-deadline-ms:1542409706888\r\nLambda-Runtime-Trace-Id: \r\nX-Latin: \xff\r\n\
        lambda-runtime-client-context: \xff\r\ncontent-length: 2\r\n\r\n{}";

    fn parse(head: &str) -> Result<Option<Head>, HeadError> {
        Head::parse(head.as_bytes())
    }

    #[test]
    fn header_names_are_case_insensitive_and_invalid_values_count_as_absent() {
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
    fn incomplete_head_is_none() {
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
    fn connection_closes_by_header_or_version() {
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
    fn invalid_heads_are_errors() {
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
            "S",
            "HTTP/2",
            "HTTP/1.2 200 OK\r\n",
            "HTTP/1.1 20 OK\r\n",
            "HTTP/1.1 20x OK\r\n",
            "HTTP/1.1  200 OK\r\n",
            "HTTP/1.1 200\tOK\r\n",
            "\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: y\r\n folded: z\r\n\r\n",
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Invocation-Id: a\rb\r\n\r\n",
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Invocation-Id: a\0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Invocation-Id: a\x7f\r\n\r\n",
        ] {
            assert!(parse(head).is_err(), "{head}");
        }
    }

    #[test]
    fn errors_have_their_position() {
        let line = parse("HTTP/1.1 200 OK\r\nX: y\r\nz\r\n").unwrap_err();
        assert_eq!(line.to_string(), "malformed header line at byte 23");
        let value = parse("HTTP/1.1 200 OK\r\nLambda-Runtime-Invocation-Id: \x07\r\n").unwrap_err();
        assert_eq!(value.to_string(), "control character in the value at byte 47");
    }

    #[test]
    fn value_is_found_as_soon_as_its_line_is_complete() {
        let line_end = NEXT.windows(8).position(|bytes| bytes == b"8476-a\r\n").unwrap() + 8;
        for end in 0..NEXT.len() {
            let expected = (end >= line_end).then_some("8476-a");
            assert_eq!(find_value(&NEXT[..end], Field::RequestId), expected, "{end}");
        }
    }

    #[test]
    fn value_is_found_in_an_invalid_head_but_not_in_a_body() {
        for (response, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: x\r\nno colon\r\nLambda-Runtime-Aws-Request-Id: a\r\n", Some("a")),
            ("HTTP/1.1 200 OK\r\n\r\nLambda-Runtime-Aws-Request-Id: a\r\n", None),
            ("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: \r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: a\x07\r\n\r\n", None),
            ("garbage", None),
        ] {
            assert_eq!(find_value(response.as_bytes(), Field::RequestId), expected, "{response:?}");
        }
    }

    #[test]
    fn lines_may_end_without_a_carriage_return() {
        let text = "HTTP/1.1 200\nContent-Length: 2\nLambda-Runtime-Trace-Id:\t a b \n\n{}";
        let head = parse(text).unwrap().unwrap();
        assert_eq!((head.len, head.framing), (text.len() - 2, Framing::Length(2)));
        assert_eq!(head.value(text.as_bytes(), Field::TraceId), Some("a b"));
    }

    #[test]
    fn head_above_the_size_limit_is_an_error() {
        let endless = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(MAX_HEAD_BYTES));
        assert_eq!(parse(&endless), Err(HeadError::TooLong));
        let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(1000));
        assert!(parse(&many).unwrap().is_some());
    }

    /// Header lines, valid and invalid.
    fn headers() -> impl Strategy<Value = String> {
        let name =
            prop_oneof!["Lambda-Runtime-(Trace-Id|Deadline-Ms)", "content-length|Connection|date", "[!-~ \t]{0,9}"];
        let value = prop_oneof!["[0-9]{1,3}", "close|Keep-Alive", "[ -~\t]{0,20}", "[\x00-\x7e]{0,5}"];
        let line = (name, ":[ \t]{0,2}", value, "\r?\n").prop_map(|(a, b, c, d)| a + &b + &c + &d);
        proptest::collection::vec(line, 0..5).prop_map(|lines| lines.concat())
    }

    proptest! {
        #[test]
        fn heads_are_parsed_as_httparse_parses_them(status in "HTTP/1\\.[01] [1-9][0-9]{2}( OK)?\r?\n", headers in headers(), end in "\r?\n?") {
            let text = status + &headers + &end;
            let mut fields = [httparse::EMPTY_HEADER; 16];
            let mut response = httparse::Response::new(&mut fields);
            let read = response.parse(text.as_bytes());
            match (read, parse(&text)) {
                (Ok(httparse::Status::Complete(length)), Ok(Some(head))) => {
                    prop_assert_eq!((head.len, Some(head.status)), (length, response.code));
                    let last = |name| response.headers.iter().rfind(|header| header.name.eq_ignore_ascii_case(name));
                    for (name, field) in [("Lambda-Runtime-Trace-Id", Field::TraceId), ("Lambda-Runtime-Deadline-Ms", Field::DeadlineMs)] {
                        let value = last(name).map(|header| header.value).filter(|value| !value.is_empty());
                        prop_assert_eq!(head.value(text.as_bytes(), field).map(str::as_bytes), value);
                    }
                }
                // In that case, only the framing or a protocol switch can be invalid.
                (Ok(_), Err(HeadError::Length(_) | HeadError::Switched)) => {}
                (Ok(httparse::Status::Partial), Ok(None)) => {}
                // Unused lines are not validated.
                (Err(_), _) => {}
                (read, parsed) => prop_assert!(false, "{text:?}: {read:?}, {parsed:?}"),
            }
        }
    }
}
