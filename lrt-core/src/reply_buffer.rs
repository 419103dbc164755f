//! The buffer of a reply, with space for the head of the request that sends it.

use std::fmt;

/// The number of bytes reserved before the body of a reply, for the head of the request that sends it.
pub(crate) const HEAD_BYTES: usize = 384;

/// A reusable buffer for a reply, with space for the head of the request.
///
/// Each [`Invocation`](crate::Invocation) has one. A clone of it is empty.
#[derive(Default)]
pub struct ReplyBuffer(pub(crate) Vec<u8>);

impl ReplyBuffer {
    /// Returns the body of the reply.
    pub(crate) fn body(&self) -> &[u8] {
        &self.0[HEAD_BYTES..]
    }

    /// Returns the entire request: the head is written directly before the body, so that one `write` sends both.
    pub(crate) fn framed(&mut self, head: &[u8]) -> &[u8] {
        let buffer = &mut self.0;
        let start = match HEAD_BYTES.checked_sub(head.len()) {
            Some(start) => start,
            None => {
                // The head is longer than the reserved space (an unusual request id or address), so the body moves.
                let missing = head.len() - HEAD_BYTES;
                buffer.splice(0..0, std::iter::repeat_n(0, missing));
                0
            }
        };
        buffer[start..start + head.len()].copy_from_slice(head);
        &buffer[start..]
    }

    /// Removes the body.
    pub(crate) fn clear(&mut self) {
        // Usually shortens the buffer. Old bytes in the reserved space are overwritten by the next head.
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
        f.write_str("ReplyBuffer")
    }
}
