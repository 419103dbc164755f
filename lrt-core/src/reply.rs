//! What a function answered, on its way to the Runtime API.

use crate::error::ErrorReport;
use crate::stream::{AnyStream, Streamed};
use bytes::Bytes;
use serde::Serialize;
use std::fmt;

/// Bytes that are kept free in front of a reply's body, for the head of the request that will carry it.
pub(crate) const HEAD_BYTES: usize = 384;

/// The most bytes that Lambda takes as a reply: 6 MiB and 100 bytes.
///
/// See [Lambda quotas](https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html); the 100 bytes are what
/// the service's own message names ("maximum allowed payload size (6291556 bytes)").
pub const MAX_REPLY_BYTES: usize = 6 * 1024 * 1024 + 100;

/// The place where a reply is written: a buffer that the loop uses again and again, with room for a head.
///
/// Each [`Invocation`](crate::Invocation) brings one; a clone of it gets an empty one.
#[derive(Default)]
pub struct ReplyBuffer(Vec<u8>);

impl ReplyBuffer {
    /// Serializes a reply's value.
    ///
    /// # Errors
    ///
    /// `Runtime.MarshalError` when the value cannot be JSON (a map whose keys are no strings, a failing `Serialize`).
    pub fn json(mut self, value: &impl Serialize) -> Result<Reply, ErrorReport> {
        self.clear();
        match serde_json::to_writer(&mut self.0, value) {
            Ok(()) => Ok(Reply(Content::Whole(self))),
            Err(error) => Err(ErrorReport::marshal(error)),
        }
    }

    /// Has the reply's bytes written, which should be JSON.
    ///
    /// ```
    /// let reply = lrt_core::ReplyBuffer::default().write(|out| out.extend_from_slice(b"[1,2]"));
    /// assert_eq!(reply.body(), b"[1,2]");
    /// ```
    pub fn write(mut self, write: impl FnOnce(&mut Vec<u8>)) -> Reply {
        self.clear();
        write(&mut self.0);
        Reply(Content::Whole(self))
    }

    /// A reply of these bytes.
    pub(crate) fn bytes(mut self, body: &[u8]) -> Reply {
        self.clear();
        self.0.extend_from_slice(body);
        Reply(Content::Whole(self))
    }

    /// What was written here.
    pub(crate) fn body(&self) -> &[u8] {
        &self.0[HEAD_BYTES..]
    }

    /// The request that carries the reply: the head is put right in front of the body, so that both leave in one piece.
    pub(crate) fn framed(&mut self, head: &[u8]) -> &[u8] {
        let buffer = &mut self.0;
        let start = match HEAD_BYTES.checked_sub(head.len()) {
            Some(start) => start,
            None => {
                // A request id or an address of unusual length: the one case in which the body moves.
                // (By hand, since `splice` is 1 KB in each binary.)
                let (missing, end) = (head.len() - HEAD_BYTES, buffer.len());
                buffer.resize(end + missing, 0);
                buffer.copy_within(..end, missing);
                0
            }
        };
        buffer[start..start + head.len()].copy_from_slice(head);
        &buffer[start..]
    }

    fn clear(&mut self) {
        // Shortened, in the usual case: what was in the head's place before will be written over.
        self.0.resize(HEAD_BYTES, 0);
    }
}

impl Clone for ReplyBuffer {
    fn clone(&self) -> ReplyBuffer {
        ReplyBuffer::default()
    }
}

impl fmt::Debug for ReplyBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Room")
    }
}

/// What a function answered, as layers see it: the bytes of the reply.
///
/// ```
/// use lrt_core::Reply;
///
/// let reply = Reply::from_bytes(r#"{"sum":3}"#);
/// assert_eq!(reply.body(), br#"{"sum":3}"#);
/// ```
pub struct Reply(pub(crate) Content);

/// A reply is whole, or it is made while it is sent.
pub(crate) enum Content {
    Whole(ReplyBuffer),
    /// Behind a trait object, so that a function that streams nothing has nothing of it in its binary.
    Stream(Box<dyn AnyStream>),
}

impl Reply {
    /// A reply of these bytes, which should be JSON.
    pub fn from_bytes(body: impl Into<Bytes>) -> Reply {
        ReplyBuffer::default().bytes(&body.into())
    }

    /// The reply's bytes. One that is streamed has none yet.
    pub fn body(&self) -> &[u8] {
        match &self.0 {
            Content::Whole(room) => room.body(),
            Content::Stream(_) => &[],
        }
    }

    /// Whether the reply is made while it is sent.
    pub fn is_stream(&self) -> bool {
        matches!(self.0, Content::Stream(_))
    }

    /// An error instead of a reply that Lambda would refuse for its size.
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

/// A clone of a streamed reply is the same stream, which can be sent once.
impl Clone for Reply {
    fn clone(&self) -> Reply {
        Reply(match &self.0 {
            Content::Whole(room) => Content::Whole(ReplyBuffer(room.0.clone())),
            Content::Stream(stream) => Content::Stream(stream.share()),
        })
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Whole(room) => f.debug_tuple("Reply").field(&String::from_utf8_lossy(room.body())).finish(),
            Content::Stream(_) => f.write_str("Reply(a stream)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(reply: Reply) -> ReplyBuffer {
        match reply.0 {
            Content::Whole(room) => room,
            Content::Stream(_) => panic!("the reply is a stream"),
        }
    }

    #[test]
    fn the_head_is_put_in_front_without_moving_the_body() {
        let mut reply = room(ReplyBuffer::default().json(&[1, 2]).unwrap());
        let body = reply.body().as_ptr();
        let request = reply.framed(b"POST\r\n\r\n");
        assert_eq!(request, b"POST\r\n\r\n[1,2]");
        assert_eq!(request[8..].as_ptr(), body);
    }

    #[test]
    fn a_head_that_is_longer_than_its_room_fits_too() {
        let mut reply = room(Reply::from_bytes("body"));
        let head = vec![b'x'; HEAD_BYTES + 7];
        assert_eq!(reply.framed(&head), [&head[..], b"body"].concat());
        let reply = reply.json(&"next").unwrap();
        assert_eq!(reply.body(), b"\"next\"");
    }

    #[test]
    fn the_buffer_is_used_again() {
        let reply = Reply::from_bytes(vec![b'x'; 10_000]);
        let buffer = reply.body().as_ptr();
        let reply = room(reply).json(&"short").unwrap();
        assert_eq!(reply.body().as_ptr(), buffer);
        assert_eq!(reply.body(), b"\"short\"");
    }

    #[test]
    fn the_limit_is_said_with_both_sizes() {
        assert!(Reply::from_bytes(vec![b'x'; MAX_REPLY_BYTES]).within_limit().is_ok());
        let report = Reply::from_bytes(vec![b'x'; MAX_REPLY_BYTES + 1]).within_limit().unwrap_err();
        assert_eq!(report.name(), "Function.ResponseSizeTooLarge");
        assert_eq!(report.to_string(), "the reply has 6291557 bytes, and Lambda takes at most 6291556");
    }

    #[test]
    fn a_clone_of_a_reply_keeps_its_body_and_a_clone_of_a_room_is_empty() {
        let reply = Reply::from_bytes("body");
        assert_eq!(reply.clone().body(), b"body");
        assert!(room(reply).clone().0.is_empty());
    }

    #[test]
    fn what_is_no_json_is_a_marshal_error() {
        let map = std::collections::BTreeMap::from([((1, 2), 3)]);
        assert_eq!(ReplyBuffer::default().json(&map).unwrap_err().name(), "Runtime.MarshalError");
    }
}
