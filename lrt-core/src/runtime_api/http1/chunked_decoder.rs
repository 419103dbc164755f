//! Decodes chunked bodies in place.

/// The maximum size of a body in bytes, including the framing of its chunks. Lambda's events are at most 6 MB.
pub(crate) const MAX_BODY_BYTES: usize = 64 * 1024 * 1024;

/// The maximum size in bytes of a line of the framing: a chunk size with its extensions, or a trailer.
pub(crate) const MAX_LINE_BYTES: usize = 8 * 1024;

/// The maximum number of trailers.
pub(crate) const MAX_TRAILERS: usize = 64;

/// The error of an invalid body.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BodyError {
    #[error("body exceeds {MAX_BODY_BYTES} bytes")]
    TooLong,
    #[error("invalid chunk size (expected a hexadecimal number)")]
    Size,
    #[error("chunk longer than its size")]
    Overrun,
    #[error("invalid line in a chunked body (expected at most {MAX_LINE_BYTES} bytes and CR LF)")]
    Line,
    #[error("chunked body has more than {MAX_TRAILERS} trailers")]
    Trailers,
}

/// Joins the chunks of a body in the buffer that they were read into, by moving data over the framing.
///
/// `start..data` is the body so far, `raw..` is not decoded yet.
#[derive(Debug)]
pub(crate) struct ChunkedDecoder {
    start: usize,
    data: usize,
    raw: usize,
    state: DecoderState,
}

#[derive(Clone, Copy, Debug)]
enum DecoderState {
    /// Before or within the line with the size of a chunk.
    Size,
    /// Within a chunk, with the number of bytes that are missing.
    Data(usize),
    /// Before the line end after a chunk.
    End,
    /// After the last chunk, with the number of trailers so far.
    Trailers(usize),
    Done,
}

impl ChunkedDecoder {
    /// Creates a decoder of a body whose framing starts at `start` of the buffer.
    pub(crate) fn new(start: usize) -> ChunkedDecoder {
        ChunkedDecoder { start, data: start, raw: start, state: DecoderState::Size }
    }

    /// Decodes the data read since the last call. `buffer` is the entire buffer each time. Returns true when the body
    /// is complete.
    pub(crate) fn decode(&mut self, buffer: &mut [u8]) -> Result<bool, BodyError> {
        loop {
            match self.state {
                DecoderState::Size => {
                    let Some(line) = self.line(buffer)? else { return Ok(false) };
                    let size = chunk_size(line)?;
                    // The framing counts, since the buffer keeps it until the body is complete.
                    if size > MAX_BODY_BYTES.saturating_sub(self.raw - self.start) {
                        return Err(BodyError::TooLong);
                    }
                    self.state = if size == 0 { DecoderState::Trailers(0) } else { DecoderState::Data(size) };
                }
                DecoderState::Data(left) => {
                    let n = left.min(buffer.len() - self.raw);
                    buffer.copy_within(self.raw..self.raw + n, self.data);
                    self.raw += n;
                    self.data += n;
                    if n < left {
                        self.state = DecoderState::Data(left - n);
                        return Ok(false);
                    }
                    self.state = DecoderState::End;
                }
                DecoderState::End => match &buffer[self.raw..] {
                    [b'\r', b'\n', ..] => {
                        self.raw += 2;
                        self.state = DecoderState::Size;
                    }
                    [] | [b'\r'] => return Ok(false),
                    _ => return Err(BodyError::Overrun),
                },
                DecoderState::Trailers(n) => {
                    let Some(line) = self.line(buffer)? else { return Ok(false) };
                    self.state = match n {
                        _ if line.is_empty() => DecoderState::Done,
                        MAX_TRAILERS.. => return Err(BodyError::Trailers),
                        _ => DecoderState::Trailers(n + 1),
                    };
                }
                DecoderState::Done => return Ok(true),
            }
        }
    }

    /// Returns a line of the framing without its end, or `None` if it is incomplete.
    fn line<'a>(&mut self, buffer: &'a [u8]) -> Result<Option<&'a [u8]>, BodyError> {
        let rest = &buffer[self.raw..];
        match rest.iter().take(MAX_LINE_BYTES).position(|&byte| byte == b'\n') {
            Some(end) => {
                self.raw += end + 1;
                rest[..end].strip_suffix(b"\r").map(Some).ok_or(BodyError::Line)
            }
            None if rest.len() < MAX_LINE_BYTES => Ok(None),
            None => Err(BodyError::Line),
        }
    }

    /// Returns the position of the decoded body.
    pub(crate) fn body(&self) -> std::ops::Range<usize> {
        self.start..self.data
    }

    /// Returns the end of the encoded body.
    pub(crate) fn end(&self) -> usize {
        self.raw
    }
}

/// Parses the size of a chunk. Its extensions (`;name=value`) are ignored.
fn chunk_size(line: &[u8]) -> Result<usize, BodyError> {
    let digits = line.split(|&byte| byte == b';').next().unwrap_or(line).trim_ascii_end();
    if digits.is_empty() {
        return Err(BodyError::Size);
    }
    digits.iter().try_fold(0_usize, |size, &digit| {
        let digit = char::from(digit).to_digit(16).ok_or(BodyError::Size)?;
        // Saturates, so that a size that overflows is still too large.
        Ok(size.saturating_mul(16).saturating_add(digit as usize))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type BodyAndRest = (Vec<u8>, Vec<u8>);

    /// Decodes a body that arrives in `pieces`. Returns the body and the data after it.
    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<BodyAndRest>, BodyError> {
        let mut buffer = b"head".to_vec();
        let mut body = ChunkedDecoder::new(4);
        let mut done = false;
        for piece in pieces {
            buffer.extend_from_slice(piece);
            done = body.decode(&mut buffer)?;
        }
        Ok(done.then(|| (buffer[body.body()].to_vec(), buffer[body.end()..].to_vec())))
    }

    const BODIES: [&str; 4] = [
        "5\r\nhello\r\n0\r\n\r\n",
        "5;name=value;q=\"x\"\r\nhello\r\n1 \r\n \r\n0006\r\nworld!\r\n0\r\nX-Trailer: a\r\nY: b\r\n\r\n",
        "0\r\n\r\n",
        "A\r\n\r\n0\r\n\r\n\r\n0\r\n000;x\r\n\r\nHTTP/1.1 202 Accepted\r\n",
    ];

    #[test]
    fn body_split_at_every_byte_is_decoded() {
        for (bytes, (body, rest)) in BODIES.iter().zip([
            ("hello", ""),
            ("hello world!", ""),
            ("", ""),
            ("\r\n0\r\n\r\n\r\n0", "HTTP/1.1 202 Accepted\r\n"),
        ]) {
            let bytes = bytes.as_bytes();
            let expected = Ok(Some((body.as_bytes().to_vec(), rest.as_bytes().to_vec())));
            for at in 0..=bytes.len() {
                assert_eq!(decode([&bytes[..at], &bytes[at..]]), expected, "{at}");
            }
            assert_eq!(decode(bytes.chunks(1)), expected);
            for end in 0..bytes.len() - rest.len() {
                assert_eq!(decode([&bytes[..end]]), Ok(None), "{end}");
            }
        }
    }

    #[test]
    fn invalid_bodies_are_errors() {
        let long_line = format!("1;{}", "x".repeat(MAX_LINE_BYTES));
        let trailers = format!("0\r\n{}\r\n", "a: b\r\n".repeat(MAX_TRAILERS + 1));
        for (bytes, error) in [
            ("g\r\n", BodyError::Size),
            ("\r\n", BodyError::Size),
            (";x\r\n", BodyError::Size),
            ("-1\r\n", BodyError::Size),
            ("+1\r\n", BodyError::Size),
            ("1\n", BodyError::Line),
            ("1\r\nab", BodyError::Overrun),
            ("1\r\na\n", BodyError::Overrun),
            ("4000001\r\n", BodyError::TooLong),
            ("ffffffffffffffffffff\r\n", BodyError::TooLong),
            (&long_line, BodyError::Line),
            (&trailers, BodyError::Trailers),
        ] {
            assert_eq!(decode([bytes.as_bytes()]), Err(error), "{bytes:.20}");
        }
    }

    #[test]
    fn framing_counts_towards_the_limit() {
        let chunk = format!("1;{}\r\nA\r\n", "x".repeat(MAX_LINE_BYTES - 8));
        let body = chunk.repeat(MAX_BODY_BYTES / chunk.len() + 1);
        assert_eq!(decode([body.as_bytes()]), Err(BodyError::TooLong));
    }

    proptest! {
        #[test]
        fn chunks_of_any_size_are_joined(body: Vec<u8>, cuts: Vec<u8>, reads: Vec<u8>) {
            let mut wire = Vec::new();
            let mut rest = &body[..];
            for cut in cuts {
                let (chunk, after) = rest.split_at(rest.len().min(cut as usize));
                if !chunk.is_empty() {
                    wire.extend_from_slice(format!("{:X}\r\n", chunk.len()).as_bytes());
                    wire.extend_from_slice(chunk);
                    wire.extend_from_slice(b"\r\n");
                }
                rest = after;
            }
            let sent = &body[..body.len() - rest.len()];
            wire.extend_from_slice(b"0\r\n\r\n");
            let mut pieces = Vec::new();
            let mut left = &wire[..];
            for read in reads {
                let (piece, after) = left.split_at(left.len().min(read as usize));
                pieces.push(piece);
                left = after;
            }
            pieces.push(left);
            prop_assert_eq!(decode(pieces), Ok(Some((sent.to_vec(), vec![]))));
        }

        #[test]
        fn garbage_does_not_panic(bytes: Vec<u8>) {
            let _ = decode([&bytes[..]]);
            let _ = decode(bytes.chunks(1));
        }
    }
}
