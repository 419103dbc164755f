//! Replies of functions.

use crate::error::ErrorReport;
use crate::reply_buffer::ReplyBuffer;
use crate::stream::{AnyStream, Streamed};
use bytes::Bytes;
use serde::Serialize;
use std::fmt;

/// The maximum size of a reply in bytes: 6 MiB and 100 bytes.
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). The 100 bytes are part
/// of the limit in the service's own error message ("maximum allowed payload size (6291556 bytes)").
pub const MAX_REPLY_BYTES: usize = 6 * 1024 * 1024 + 100;

/// The reply of a function: its bytes, or a stream.
///
/// ```
/// use lrt_core::Reply;
///
/// let reply = Reply::from_bytes(r#"{"sum":3}"#);
/// assert_eq!(reply.body(), br#"{"sum":3}"#);
/// ```
pub struct Reply(pub(crate) Content);

/// The two forms of a reply.
pub(crate) enum Content {
    Buffered(ReplyBuffer),
    /// A trait object, so that functions without streaming do not contain the streaming code.
    Stream(Box<dyn AnyStream>),
}

impl ReplyBuffer {
    /// Serializes a value as the reply.
    ///
    /// # Errors
    ///
    /// Returns a `Runtime.MarshalError` if the value cannot be serialized as JSON, such as a map whose keys are not
    /// strings.
    pub fn json(mut self, value: &impl Serialize) -> Result<Reply, ErrorReport> {
        self.clear();
        match serde_json::to_writer(&mut self.0, value) {
            Ok(()) => Ok(Reply(Content::Buffered(self))),
            Err(error) => Err(ErrorReport::marshal(error)),
        }
    }

    /// Creates a reply from the bytes that `write` appends, which should be JSON.
    ///
    /// ```
    /// let reply = lrt_core::ReplyBuffer::default().write(|out| out.extend_from_slice(b"[1,2]"));
    /// assert_eq!(reply.body(), b"[1,2]");
    /// ```
    pub fn write(mut self, write: impl FnOnce(&mut Vec<u8>)) -> Reply {
        self.clear();
        write(&mut self.0);
        Reply(Content::Buffered(self))
    }

    /// Creates a reply from bytes.
    pub(crate) fn bytes(mut self, body: &[u8]) -> Reply {
        self.clear();
        self.0.extend_from_slice(body);
        Reply(Content::Buffered(self))
    }
}

impl Reply {
    /// Creates a reply from bytes, which should be JSON.
    pub fn from_bytes(body: impl Into<Bytes>) -> Reply {
        ReplyBuffer::default().bytes(&body.into())
    }

    /// Returns the bytes of the reply. Empty for a stream.
    pub fn body(&self) -> &[u8] {
        match &self.0 {
            Content::Buffered(buffer) => buffer.body(),
            Content::Stream(_) => &[],
        }
    }

    /// Returns true if the reply is a stream.
    pub fn is_stream(&self) -> bool {
        matches!(self.0, Content::Stream(_))
    }

    /// Returns an error if the reply exceeds Lambda's limit.
    pub(crate) fn within_limit(self) -> Result<Reply, ErrorReport> {
        match self.body().len() {
            ..=MAX_REPLY_BYTES => Ok(self),
            size => Err(ErrorReport::too_large(size, MAX_REPLY_BYTES)),
        }
    }
}

impl From<Streamed> for Reply {
    fn from(stream: Streamed) -> Reply {
        Reply(Content::Stream(stream.shared()))
    }
}

/// A clone shares the stream, which can be sent once.
impl Clone for Reply {
    fn clone(&self) -> Reply {
        Reply(match &self.0 {
            Content::Buffered(buffer) => Content::Buffered(ReplyBuffer(buffer.0.clone())),
            Content::Stream(stream) => Content::Stream(stream.share()),
        })
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Buffered(buffer) => f.debug_tuple("Reply").field(&String::from_utf8_lossy(buffer.body())).finish(),
            Content::Stream(_) => f.write_str("Reply(a stream)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply_buffer::HEAD_BYTES;

    fn buffer_of(reply: Reply) -> ReplyBuffer {
        match reply.0 {
            Content::Buffered(buffer) => buffer,
            Content::Stream(_) => panic!("the reply is a stream"),
        }
    }

    #[test]
    fn head_is_written_before_the_body_without_moving_it() {
        let mut reply = buffer_of(ReplyBuffer::default().json(&[1, 2]).unwrap());
        let body = reply.body().as_ptr();
        let request = reply.framed(b"POST\r\n\r\n");
        assert_eq!(request, b"POST\r\n\r\n[1,2]");
        assert_eq!(request[8..].as_ptr(), body);
    }

    #[test]
    fn head_longer_than_the_reserved_space_moves_the_body() {
        let mut reply = buffer_of(Reply::from_bytes("body"));
        let head = vec![b'x'; HEAD_BYTES + 7];
        assert_eq!(reply.framed(&head), [&head[..], b"body"].concat());
        let reply = reply.json(&"next").unwrap();
        assert_eq!(reply.body(), b"\"next\"");
    }

    #[test]
    fn buffer_is_reused_for_the_next_reply() {
        let reply = Reply::from_bytes(vec![b'x'; 10_000]);
        let buffer = reply.body().as_ptr();
        let reply = buffer_of(reply).json(&"short").unwrap();
        assert_eq!(reply.body().as_ptr(), buffer);
        assert_eq!(reply.body(), b"\"short\"");
    }

    #[test]
    fn reply_above_the_limit_is_an_error_with_both_sizes() {
        assert!(Reply::from_bytes(vec![b'x'; MAX_REPLY_BYTES]).within_limit().is_ok());
        let report = Reply::from_bytes(vec![b'x'; MAX_REPLY_BYTES + 1]).within_limit().unwrap_err();
        assert_eq!(report.name(), "Function.ResponseSizeTooLarge");
        assert_eq!(report.to_string(), "reply too large: 6291557 bytes (limit: 6291556)");
    }

    #[test]
    fn cloned_reply_keeps_its_body_and_cloned_buffer_is_empty() {
        let reply = Reply::from_bytes("body");
        assert_eq!(reply.clone().body(), b"body");
        assert!(buffer_of(reply).clone().0.is_empty());
    }

    #[test]
    fn value_that_is_not_json_is_a_marshal_error() {
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(ReplyBuffer::default().json(&map).unwrap_err().name(), "Runtime.MarshalError");
    }
}
