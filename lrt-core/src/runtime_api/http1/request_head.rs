//! Request heads.

use crate::base64;
use crate::runtime_api::address::Address;

const USER_AGENT: &str = concat!("lrt/", env!("CARGO_PKG_VERSION"));

/// A whole GET request.
pub(crate) fn get(address: &Address, path: &str, header: Option<(&str, &str)>) -> Vec<u8> {
    let mut request = start(address, "GET", path).into_bytes();
    end(&mut request, address);
    if let Some((name, value)) = header {
        put(&mut request, name, value);
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// The head of one kind of POST: all of it that never changes is written once.
pub(crate) struct Post {
    /// Up to the request id.
    start: String,
    /// From behind the request id to the value of `Content-Length`.
    middle: Vec<u8>,
}

impl Post {
    /// A POST to `before`, a request id and `after`.
    pub(crate) fn new(address: &Address, before: &str, after: &str, content_type: &str) -> Post {
        let mut middle = after.as_bytes().to_vec();
        end(&mut middle, address);
        put(&mut middle, "content-type", content_type);
        middle.extend_from_slice(b"content-length: ");
        Post { start: start(address, "POST", before), middle }
    }

    /// Writes the head over `head`. The id must be a segment of a path, and a header without a value is left out.
    pub(crate) fn write(&self, head: &mut Vec<u8>, id: &str, length: usize, headers: &[(&str, Option<&str>)]) {
        head.clear();
        head.extend_from_slice(self.start.as_bytes());
        head.extend_from_slice(id.as_bytes());
        head.extend_from_slice(&self.middle);
        put_number(head, length);
        head.extend_from_slice(b"\r\n");
        for (name, value) in headers {
            if let Some(value) = value {
                put(head, name, value);
            }
        }
        head.extend_from_slice(b"\r\n");
    }
}

/// The head of a POST whose body is sent in chunks.
pub(crate) fn post_chunked(address: &Address, path: &str, headers: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut head = start(address, "POST", path).into_bytes();
    end(&mut head, address);
    put(&mut head, "transfer-encoding", "chunked");
    for (name, value) in headers {
        if let Some(value) = value {
            put(&mut head, name, value);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A trailer whose value may be any bytes, in base64.
pub(crate) fn put_base64(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    base64::encode(head, value);
    head.extend_from_slice(b"\r\n");
}

fn start(address: &Address, method: &str, path: &str) -> String {
    format!("{method} {}{path}", address.prefix)
}

/// The end of the request line, and the headers that each request has.
fn end(head: &mut Vec<u8>, address: &Address) {
    head.extend_from_slice(b" HTTP/1.1\r\n");
    put(head, "host", &address.host);
    put(head, "user-agent", USER_AGENT);
}

#[inline(never)]
pub(crate) fn put(head: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
}

fn put_number(head: &mut Vec<u8>, number: usize) {
    let mut digits = [0; usize::MAX.ilog10() as usize + 1];
    let mut rest = number;
    // Where the compiler knows that these are 20, it writes the loop out 20 times (1.3 KB).
    let mut at = std::hint::black_box(digits.len());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    head.extend_from_slice(&digits[at..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_what_the_runtime_api_reads() {
        let address = "http://127.0.0.1:9000/.rt/_".parse().unwrap();
        let common = format!("host: 127.0.0.1:9000\r\nuser-agent: {USER_AGENT}\r\n");
        let request = get(&address, "/next", Some(("x", "1")));
        assert_eq!(String::from_utf8_lossy(&request), format!("GET /.rt/_/next HTTP/1.1\r\n{common}x: 1\r\n\r\n"));
        let post = Post::new(&address, "/a/", "/response", "text/x");
        let mut head = b"old".to_vec();
        for (length, text) in [(0, "0"), (9, "9"), (10, "10"), (usize::MAX, &usize::MAX.to_string())] {
            post.write(&mut head, "id", length, &[("y", None), ("z", Some("2"))]);
            let expected = format!(
                "POST /.rt/_/a/id/response HTTP/1.1\r\n{common}content-type: text/x\r\ncontent-length: {text}\r\nz: 2\r\n\r\n"
            );
            assert_eq!(String::from_utf8_lossy(&head), expected);
        }
    }

    #[test]
    fn a_chunked_post_has_no_length() {
        let address = "127.0.0.1:9000".parse().unwrap();
        let head = post_chunked(&address, "/a/id/response", &[("x", Some("1")), ("y", None)]);
        let expected = format!(
            "POST /a/id/response HTTP/1.1\r\nhost: 127.0.0.1:9000\r\nuser-agent: {USER_AGENT}\r\n\
             transfer-encoding: chunked\r\nx: 1\r\n\r\n"
        );
        assert_eq!(String::from_utf8_lossy(&head), expected);
    }

    #[test]
    fn base64_is_padded() {
        for (value, line) in
            [("", "x: "), ("f", "x: Zg=="), ("fo", "x: Zm8="), ("foo", "x: Zm9v"), ("foob", "x: Zm9vYg==")]
        {
            let mut head = Vec::new();
            put_base64(&mut head, "x", value.as_bytes());
            assert_eq!(String::from_utf8(head).unwrap(), format!("{line}\r\n"));
        }
        let mut head = Vec::new();
        put_base64(&mut head, "x", b"\xff\xfe\xfd\xfb");
        assert_eq!(head, b"x: //79+w==\r\n");
    }
}
