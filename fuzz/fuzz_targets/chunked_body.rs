//! Chunked bodies.
//!
//! Oracles: httparse; a body that arrives in pieces of any size is the same as one that arrives at once; the decoder
//! inverts the encoder.

#![no_main]

use httparse::Status;
use lrt_core::fuzzing::{ChunkedBody, encode_chunks};
use lrt_fuzz::split;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let decoded = decode([bytes]);
    assert_eq!(decode(bytes.chunks(1)), decoded);
    for seed in 0..2 {
        assert_eq!(decode(split(bytes, seed)), decoded, "{seed}");
    }
    match (decode_with_httparse(bytes), &decoded) {
        (Some(Some(expected)), Ok(Some(decoded))) => assert_eq!(*decoded, expected),
        (Some(None), Ok(Some(decoded))) => panic!("decoded an incomplete body: {decoded:?}"),
        (Some(Some(expected)), Ok(None)) => panic!("did not decode {expected:?}"),
        (Some(Some(expected)), Err(error)) => {
            // httparse accepts lines that end with LF only, in extensions and trailers, and more trailers than lrt.
            let is_lenient = has_bare_lf(bytes) || bytes.iter().filter(|byte| **byte == b'\n').count() > 64;
            assert!(is_lenient, "{error}, but httparse decodes {expected:?}");
        }
        (None, Ok(Some(decoded))) => assert!(has_sizes(bytes), "decoded invalid framing: {decoded:?}"),
        (None | Some(None), _) => {}
    }
    for seed in 0..2 {
        let chunks: Vec<&[u8]> = split(bytes, seed).filter(|chunk| !chunk.is_empty()).collect();
        let encoded = encode_chunks(&chunks);
        assert_eq!(decode(split(&encoded, seed)), Ok(Some((bytes.to_vec(), Vec::new()))));
    }
});

type BodyAndRest = (Vec<u8>, Vec<u8>);

/// Decodes a body that arrives in pieces. Returns the body and the bytes after it.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Option<BodyAndRest>, String> {
    let mut body = ChunkedBody::default();
    let mut is_complete = false;
    for piece in pieces {
        is_complete = body.push(piece)?;
    }
    Ok(is_complete.then(|| (body.body().to_vec(), body.rest().to_vec())))
}

fn has_bare_lf(bytes: &[u8]) -> bool {
    bytes.split_inclusive(|byte| *byte == b'\n').any(|line| line.ends_with(b"\n") && !line.ends_with(b"\r\n"))
}

/// Returns true if each line before a chunk starts with a size, followed by nothing but white space and extensions. Bodies that
/// httparse rejects for another reason may be valid for lrt, which ignores trailers.
fn has_sizes(mut rest: &[u8]) -> bool {
    loop {
        let Some(end) = rest.windows(2).position(|line_end| line_end == b"\r\n") else { return false };
        let size = rest[..end].split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii_end();
        let is_hex = !size.is_empty() && size.iter().all(u8::is_ascii_hexdigit);
        let size = str::from_utf8(size).ok().filter(|_| is_hex).and_then(|size| usize::from_str_radix(size, 16).ok());
        match size {
            None => return false,
            Some(0) => return true,
            Some(size) => match rest[end + 2..].get(size..).and_then(|rest| rest.strip_prefix(b"\r\n")) {
                Some(after) => rest = after,
                None => return false,
            },
        }
    }
}

/// Returns `None` if httparse rejects the body, and `Some(None)` if the body is incomplete.
fn decode_with_httparse(mut rest: &[u8]) -> Option<Option<BodyAndRest>> {
    let mut body = Vec::new();
    loop {
        let Status::Complete((len, size)) = httparse::parse_chunk_size(rest).ok()? else { return Some(None) };
        // httparse accepts a line without a number.
        rest.first().filter(|digit| digit.is_ascii_hexdigit())?;
        rest = &rest[len..];
        let size = usize::try_from(size).ok()?;
        if size == 0 {
            break;
        }
        if rest.len() < size {
            return Some(None);
        }
        body.extend_from_slice(&rest[..size]);
        rest = &rest[size..];
        match rest {
            [b'\r', b'\n', after @ ..] => rest = after,
            [] | [b'\r'] => return Some(None),
            _ => return None,
        }
    }
    let mut trailers = [httparse::EMPTY_HEADER; 256];
    match httparse::parse_headers(rest, &mut trailers).ok()? {
        Status::Complete((len, _)) => Some(Some((body, rest[len..].to_vec()))),
        Status::Partial => Some(None),
    }
}
