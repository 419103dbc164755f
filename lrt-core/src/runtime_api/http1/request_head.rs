//! Writes heads of requests.

use crate::decimal::write_decimal;
use crate::runtime_api::address::Address;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const USER_AGENT: &str = concat!("lrt/", env!("CARGO_PKG_VERSION"));

/// Returns a complete GET request.
pub(crate) fn get(address: &Address, path: &str, header: Option<(&str, &str)>) -> Vec<u8> {
    let mut request = start(address, "GET", path).into_bytes();
    end(&mut request, address);
    if let Some((name, value)) = header {
        push_header(&mut request, name, value);
    }
    request.extend_from_slice(b"\r\n");
    request
}

/// The head of a kind of POST. Its constant parts are formatted once.
pub(crate) struct Post {
    /// The part before the request id.
    start: String,
    /// The part between the request id and the value of `Content-Length`.
    middle: Vec<u8>,
}

impl Post {
    /// Creates the head of a POST. Its path is `before`, a request id and `after`.
    pub(crate) fn new(address: &Address, before: &str, after: &str, content_type: &str) -> Post {
        let mut middle = after.as_bytes().to_vec();
        end(&mut middle, address);
        push_header(&mut middle, "content-type", content_type);
        middle.extend_from_slice(b"content-length: ");
        Post { start: start(address, "POST", before), middle }
    }

    /// Overwrites `head` with a complete head. The id must be a path segment. Headers without a value are omitted.
    pub(crate) fn write(&self, head: &mut Vec<u8>, id: &str, length: usize, headers: &[(&str, Option<&str>)]) {
        head.clear();
        head.extend_from_slice(self.start.as_bytes());
        head.extend_from_slice(id.as_bytes());
        head.extend_from_slice(&self.middle);
        write_decimal(head, length as u64);
        head.extend_from_slice(b"\r\n");
        for (name, value) in headers {
            if let Some(value) = value {
                push_header(head, name, value);
            }
        }
        head.extend_from_slice(b"\r\n");
    }
}

/// Returns the head of a POST whose body is sent in chunks.
pub(crate) fn post_chunked(address: &Address, path: &str, headers: &[(&str, Option<&str>)]) -> Vec<u8> {
    let mut head = start(address, "POST", path).into_bytes();
    end(&mut head, address);
    push_header(&mut head, "transfer-encoding", "chunked");
    for (name, value) in headers {
        if let Some(value) = value {
            push_header(&mut head, name, value);
        }
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// Appends a trailer whose value is encoded as base64.
pub(crate) fn push_base64_header(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    head.extend_from_slice(name.as_bytes());
    head.extend_from_slice(b": ");
    head.extend_from_slice(STANDARD.encode(value).as_bytes());
    head.extend_from_slice(b"\r\n");
}

fn start(address: &Address, method: &str, path: &str) -> String {
    format!("{method} {}{path}", address.prefix)
}

/// Appends the end of the request line, and the headers of all requests.
fn end(head: &mut Vec<u8>, address: &Address) {
    head.extend_from_slice(b" HTTP/1.1\r\n");
    push_header(head, "host", &address.host);
    push_header(head, "user-agent", USER_AGENT);
}

pub(crate) fn push_header(head: &mut Vec<u8>, name: &str, value: &str) {
    for part in [name, ": ", value, "\r\n"] {
        head.extend_from_slice(part.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_have_the_form_of_the_runtime_api() {
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
    fn chunked_post_has_no_length() {
        let address = "127.0.0.1:9000".parse().unwrap();
        let head = post_chunked(&address, "/a/id/response", &[("x", Some("1")), ("y", None)]);
        let expected = format!(
            "POST /a/id/response HTTP/1.1\r\nhost: 127.0.0.1:9000\r\nuser-agent: {USER_AGENT}\r\n\
             transfer-encoding: chunked\r\nx: 1\r\n\r\n"
        );
        assert_eq!(String::from_utf8_lossy(&head), expected);
    }

    #[test]
    fn base64_trailer_is_padded() {
        for (value, line) in
            [("", "x: "), ("f", "x: Zg=="), ("fo", "x: Zm8="), ("foo", "x: Zm9v"), ("foob", "x: Zm9vYg==")]
        {
            let mut head = Vec::new();
            push_base64_header(&mut head, "x", value.as_bytes());
            assert_eq!(String::from_utf8(head).unwrap(), format!("{line}\r\n"));
        }
        let mut head = Vec::new();
        push_base64_header(&mut head, "x", b"\xff\xfe\xfd\xfb");
        assert_eq!(head, b"x: //79+w==\r\n");
    }
}
