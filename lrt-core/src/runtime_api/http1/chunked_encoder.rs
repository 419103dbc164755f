//! Encodes bodies in chunks.

use bytes::Bytes;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// Chunks up to this size are copied after their size line, since sending one buffer is cheaper than sending three.
const COPIED_BYTES: usize = 2 * 1024;

const LAST_CHUNK: &[u8] = b"0\r\n";

/// The data to be written: a head or framing with small chunks, then one chunk that is not copied, then framing.
#[derive(Default)]
pub(crate) struct ChunkedEncoder {
    front: Vec<u8>,
    chunk: Bytes,
    back: Vec<u8>,
    /// The number of bytes of all three that are written.
    written: usize,
}

impl ChunkedEncoder {
    /// Creates an encoder that starts with the head of the request.
    pub(crate) fn new(head: Vec<u8>) -> ChunkedEncoder {
        ChunkedEncoder { front: head, ..ChunkedEncoder::default() }
    }

    /// Adds a chunk by copying it. It must not be empty, since an empty chunk ends the body.
    pub(crate) fn copy(&mut self, chunk: &[u8]) {
        push_size(&mut self.front, chunk.len());
        self.front.extend_from_slice(chunk);
        self.front.extend_from_slice(b"\r\n");
    }

    /// Adds a chunk. Until everything is written, only the end may be added. The chunk must not be empty.
    pub(crate) fn chunk(&mut self, chunk: Bytes) {
        if chunk.len() <= COPIED_BYTES {
            return self.copy(&chunk);
        }
        push_size(&mut self.front, chunk.len());
        self.chunk = chunk;
        self.back.extend_from_slice(b"\r\n");
    }

    /// Adds the last chunk and the trailers, which are complete lines including CR LF.
    pub(crate) fn end(&mut self, trailers: &[u8]) {
        let end = if self.chunk.is_empty() { &mut self.front } else { &mut self.back };
        for part in [LAST_CHUNK, trailers, b"\r\n"] {
            end.extend_from_slice(part);
        }
    }

    /// Starts again from the beginning, on another connection.
    pub(crate) fn rewind(&mut self) {
        self.written = 0;
    }

    /// Returns true if everything is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.unwritten() == 0
    }

    /// Returns the number of bytes that are not written yet.
    pub(crate) fn unwritten(&self) -> usize {
        self.front.len() + self.chunk.len() + self.back.len() - self.written
    }

    /// Writes some of the data.
    pub(crate) fn poll_write(
        &mut self,
        stream: Pin<&mut impl AsyncWrite>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let n = match self.rest() {
            [rest, [], []] => ready!(stream.poll_write(cx, rest))?,
            rest => ready!(stream.poll_write_vectored(cx, &rest.map(IoSlice::new)))?,
        };
        if n == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        self.written += n;
        if self.is_empty() {
            self.front.clear();
            self.chunk = Bytes::new();
            self.back.clear();
            self.written = 0;
        }
        Poll::Ready(Ok(n))
    }

    fn rest(&self) -> [&[u8]; 3] {
        let mut written = self.written;
        [&self.front[..], &self.chunk, &self.back].map(|part| {
            let gone = written.min(part.len());
            written -= gone;
            &part[gone..]
        })
    }
}

/// Appends the line with the size of a chunk.
fn push_size(out: &mut Vec<u8>, size: usize) {
    // `format!` costs as much as the rest of a small chunk.
    let last_digit = size.max(1).ilog2() / 4;
    out.extend((0..=last_digit).rev().map(|digit| b"0123456789abcdef"[size >> (4 * digit) & 15]));
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A writer that accepts at most `limit` bytes per write.
    struct LimitedWriter {
        taken: Vec<u8>,
        writes: usize,
        limit: usize,
    }

    impl AsyncWrite for LimitedWriter {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.writes += 1;
            let all: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).take(self.limit).collect();
            self.taken.extend_from_slice(&all);
            Poll::Ready(Ok(all.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn written(out: &mut ChunkedEncoder, writer: &mut LimitedWriter) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        while !out.is_empty() {
            assert!(out.poll_write(Pin::new(writer), &mut cx).is_ready());
        }
    }

    #[test]
    fn sizes_are_hexadecimal_without_leading_zeros() {
        for size in [1, 9, 10, 15, 16, 255, 256, 4096, 1 << 20, usize::MAX] {
            let mut line = Vec::new();
            push_size(&mut line, size);
            assert_eq!(String::from_utf8(line).unwrap(), format!("{size:x}\r\n"));
        }
    }

    #[test]
    fn large_chunk_is_written_with_its_framing_and_not_copied() {
        let mut out = ChunkedEncoder::default();
        let chunk = Bytes::from(vec![b'x'; COPIED_BYTES + 1]);
        out.chunk(chunk.clone());
        assert_eq!(out.rest()[1].as_ptr(), chunk.as_ptr());
        out.end(b"a: b\r\n");
        let mut writer = LimitedWriter { taken: Vec::new(), writes: 0, limit: usize::MAX };
        written(&mut out, &mut writer);
        assert_eq!(writer.writes, 1);
        assert_eq!(writer.taken, [b"801\r\n", &chunk[..], b"\r\n0\r\na: b\r\n\r\n"].concat());
    }

    proptest! {
        #[test]
        fn data_is_complete_for_any_size_of_writes(
            sizes in prop::collection::vec(1usize..5000, 0..8),
            limit in 1usize..3000,
            trailers in prop::sample::select(vec!["", "x: y\r\n"]),
        ) {
            let mut out = ChunkedEncoder::new(b"HEAD\r\n\r\n".to_vec());
            let mut writer = LimitedWriter { taken: Vec::new(), writes: 0, limit };
            let mut expected = b"HEAD\r\n\r\n".to_vec();
            for (i, size) in sizes.iter().enumerate() {
                let chunk = vec![b'a' + i as u8; *size];
                expected.extend_from_slice(format!("{size:x}\r\n").as_bytes());
                expected.extend_from_slice(&chunk);
                expected.extend_from_slice(b"\r\n");
                out.chunk(chunk.into());
                if i + 1 < sizes.len() {
                    written(&mut out, &mut writer);
                }
            }
            out.end(trailers.as_bytes());
            expected.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
            written(&mut out, &mut writer);
            prop_assert_eq!(writer.taken, expected);
        }
    }
}
