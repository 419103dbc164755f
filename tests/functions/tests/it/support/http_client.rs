//! A client that sends single HTTP requests, also in parts.

use super::TIMEOUT;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// An HTTP response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// In the order in which the server sent them.
    pub(crate) headers: Vec<(String, String)>,
    /// Body as text, with replacement characters for invalid UTF-8.
    pub(crate) body: String,
    pub(crate) bytes: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// Returns all values of a header, in order.
    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        of_name.map(|(_, value)| &**value).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("invalid JSON: {self:?}"))
    }
}

/// Sends a request on a new connection.
pub(crate) fn send(
    address: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &(impl AsRef<[u8]> + ?Sized),
) -> Response {
    let mut request = OpenRequest::begin(address, method, path, headers, body.as_ref().len());
    request.write(body);
    request.response()
}

/// A request that is sent in parts.
pub(crate) struct OpenRequest(BufReader<TcpStream>);

impl OpenRequest {
    pub(crate) fn begin(
        address: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body_bytes: usize,
    ) -> OpenRequest {
        let mut head = format!("{method} {path} HTTP/1.1\r\nContent-Length: {body_bytes}\r\nConnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "Host") {
            head.push_str(&format!("Host: {address}\r\n"));
        }
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        let mut request = OpenRequest::open(address);
        request.write(format!("{head}\r\n"));
        request
    }

    /// Opens a connection without sending anything.
    pub(super) fn open(address: &str) -> OpenRequest {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.set_write_timeout(Some(TIMEOUT)).unwrap();
        OpenRequest(BufReader::new(stream))
    }

    pub(crate) fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_mut().write_all(bytes.as_ref()).unwrap();
    }

    /// Waits until the server requests the body, which means that it has received the head.
    pub(crate) fn wait_for_continue(&mut self) {
        assert_eq!((self.line(), self.line()), ("HTTP/1.1 100 Continue".to_owned(), String::new()));
    }

    /// Reads the response until the connection is closed.
    pub(crate) fn response(mut self) -> Response {
        let status = self.line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut response = Response { status, headers, body: String::new(), bytes: Vec::new() };
        response.bytes = match response.header("Transfer-Encoding") {
            Some("chunked") => self.chunks(),
            // Some servers do not close the connection, although the request asks for it.
            _ => self.bytes(response.header("Content-Length").map_or(usize::MAX, |length| length.parse().unwrap())),
        };
        response.body = String::from_utf8_lossy(&response.bytes).into_owned();
        response
    }

    fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).unwrap();
            body.extend(self.bytes(size));
            self.line();
            if size == 0 {
                return body;
            }
        }
    }

    /// Reads this number of bytes, or fewer at the end of the connection.
    fn bytes(&mut self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        (&mut self.0).take(limit as u64).read_to_end(&mut bytes).unwrap();
        bytes
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
