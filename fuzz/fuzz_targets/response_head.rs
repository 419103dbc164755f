//! Response heads of the Runtime API.
//!
//! Oracles: httparse; a head that arrives in parts is the same as one that arrives at once.

#![no_main]

use httparse::{Header, Status};
use lrt_core::fuzzing::{find_request_id, response_head};
use lrt_fuzz::split;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let parsed = response_head(bytes);
    let mut end = 0;
    for piece in split(bytes, bytes.len() as u64) {
        end += piece.len();
        match (response_head(&bytes[..end]), &parsed) {
            (Ok(Some(part)), Ok(Some(all))) => assert!(end >= all.len && part == *all, "{end}"),
            (Ok(Some(_)), _) => panic!("the first {end} bytes are a head, but all of them are not"),
            (Ok(None), Ok(Some(all))) => assert!(end < all.len, "{end}"),
            (Ok(None), _) => {}
            (part, all) => assert_eq!(part, *all, "{end}"),
        }
    }
    let mut headers = [httparse::EMPTY_HEADER; 256];
    let mut expected = httparse::Response::new(&mut headers);
    match (expected.parse(bytes), &parsed) {
        // httparse skips empty lines before a response, which RFC 9112 allows before requests only.
        _ if bytes.starts_with(b"\r") || bytes.starts_with(b"\n") => assert!(parsed.is_err()),
        (Ok(Status::Complete(len)), Ok(Some(head))) => {
            assert_eq!((head.len, Some(head.status)), (len, expected.code));
            for (name, value) in &head.headers {
                let expected = all(expected.headers, name).last().filter(|value| !value.is_empty());
                // A value that is not UTF-8 counts as absent.
                assert_eq!(*value, expected.and_then(|value| str::from_utf8(value).ok()), "{name}");
            }
            let ids: Vec<_> = all(expected.headers, "Lambda-Runtime-Aws-Request-Id").collect();
            if let [id] = ids[..] {
                assert_eq!(find_request_id(bytes), str::from_utf8(id).ok().filter(|id| !id.is_empty()));
            }
            let has_no_body = matches!(head.status, 100..=199 | 204 | 304);
            let is_chunked = all(expected.headers, "Transfer-Encoding").count() > 0 && !has_no_body;
            let lengths: Vec<_> = all(expected.headers, "Content-Length").map(number).collect();
            // Different lengths could split a response in two, unless it is chunked: RFC 9112, section 6.3.
            let is_same_length = lengths.iter().all(|length| *length == lengths[0]);
            assert!(is_chunked || has_no_body || is_same_length, "{lengths:?}");
            let length = lengths.first().copied();
            assert_eq!(head.is_chunked, is_chunked);
            assert_eq!(head.length, if has_no_body { Some(0) } else { length.filter(|_| !is_chunked) });
        }
        (Ok(Status::Complete(_)), Err(_)) => {
            // In valid syntax, only the framing, a protocol switch or the id that is sent back can be invalid.
            let framing = ["Transfer-Encoding", "Content-Length", "Lambda-Runtime-Invocation-Id"];
            let has_framing = framing.iter().any(|name| all(expected.headers, name).count() > 0);
            assert!(has_framing || expected.code == Some(101), "{parsed:?}");
        }
        (Ok(Status::Complete(len)), Ok(None)) => panic!("incomplete, but httparse parses {len} bytes"),
        (Ok(Status::Partial), Ok(Some(head))) => panic!("{head:?}, but incomplete for httparse"),
        // Lines that are not used are not validated.
        (Ok(Status::Partial), _) | (Err(_), _) => {}
    }
    find_request_id(bytes);
});

fn all<'a>(headers: &'a [Header<'_>], name: &'a str) -> impl Iterator<Item = &'a [u8]> {
    headers.iter().filter(move |header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value)
}

fn number(text: &[u8]) -> usize {
    str::from_utf8(text).ok().and_then(|text| text.parse().ok()).expect("a valid head has a valid length")
}
