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
        // Each of them rejects some framing that the other accepts.
        _ => {}
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
