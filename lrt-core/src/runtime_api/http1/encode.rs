//! Request heads.

use crate::runtime_api::address::Address;

const USER_AGENT: &str = concat!("lrt/", env!("CARGO_PKG_VERSION"));

/// Writes the heads of requests to one address, each over the last.
pub(crate) struct Encoder {
    prefix: String,
    /// What each head has behind its path.
    common: String,
    head: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new(address: &Address) -> Encoder {
        let common = format!(" HTTP/1.1\r\nhost: {}\r\nuser-agent: {USER_AGENT}\r\n", address.host);
        Encoder { prefix: address.prefix.clone(), common, head: Vec::with_capacity(512) }
    }

    /// The head that was written last.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// The head of a GET, which is the whole request.
    pub(crate) fn get(&mut self, path: &str, headers: &[(&str, Option<&str>)]) {
        self.start("GET ", &[path], headers);
        self.put("\r\n");
    }

    /// The head of a POST whose body has `length` bytes. Headers without a value are left out.
    pub(crate) fn post(&mut self, path: &[&str], content_type: &str, headers: &[(&str, Option<&str>)], length: usize) {
        self.start("POST ", path, headers);
        self.put("content-type: ");
        self.put(content_type);
        self.put("\r\ncontent-length: ");
        self.put_number(length);
        self.put("\r\n\r\n");
    }

    fn start(&mut self, method: &str, path: &[&str], headers: &[(&str, Option<&str>)]) {
        self.head.clear();
        self.put(method);
        self.head.extend_from_slice(self.prefix.as_bytes());
        path.iter().for_each(|part| self.put(part));
        self.head.extend_from_slice(self.common.as_bytes());
        for (name, value) in headers {
            if let Some(value) = value {
                self.put(name);
                self.put(": ");
                self.put(value);
                self.put("\r\n");
            }
        }
    }

    fn put(&mut self, text: &str) {
        self.head.extend_from_slice(text.as_bytes());
    }

    fn put_number(&mut self, number: usize) {
        let mut digits = [0; usize::MAX.ilog10() as usize + 1];
        let mut rest = number;
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.head.extend_from_slice(&digits[at..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_what_the_runtime_api_reads() {
        let mut encoder = Encoder::new(&"http://127.0.0.1:9000/.rt/_".parse().unwrap());
        encoder.get("/next", &[("x", Some("1"))]);
        let agent = format!("user-agent: {USER_AGENT}");
        let expected = format!("GET /.rt/_/next HTTP/1.1\r\nhost: 127.0.0.1:9000\r\n{agent}\r\nx: 1\r\n\r\n");
        assert_eq!(String::from_utf8_lossy(encoder.head()), expected);
        for (length, text) in [(0, "0"), (9, "9"), (10, "10"), (usize::MAX, &usize::MAX.to_string())] {
            encoder.post(&["/a/", "b"], "text/x", &[("y", None)], length);
            let expected = format!(
                "POST /.rt/_/a/b HTTP/1.1\r\nhost: 127.0.0.1:9000\r\n{agent}\r\ncontent-type: text/x\r\n\
                 content-length: {text}\r\n\r\n"
            );
            assert_eq!(String::from_utf8_lossy(encoder.head()), expected);
        }
    }
}
