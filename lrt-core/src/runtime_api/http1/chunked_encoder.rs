//! A body that is sent in chunks as they are made.

use bytes::Bytes;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::AsyncWrite;

/// Chunks up to this size are copied behind their size line: one `send` of one piece is cheaper than one of three.
const COPIED_BYTES: usize = 2 * 1024;

const LAST_CHUNK: &[u8] = b"0\r\n";

/// What is to be written: a head or framing with small chunks, then one chunk that is not copied, then framing again.
#[derive(Default)]
pub(crate) struct Outgoing {
    front: Vec<u8>,
    chunk: Bytes,
    back: Vec<u8>,
    /// How much of all three is gone.
    written: usize,
}

impl Outgoing {
    /// What goes out first: the head of the request.
    pub(crate) fn new(head: Vec<u8>) -> Outgoing {
        Outgoing { front: head, ..Outgoing::default() }
    }

    /// Adds a chunk that is copied. It must not be empty, since that would be the last one.
    pub(crate) fn copy(&mut self, chunk: &[u8]) {
        put_size(&mut self.front, chunk.len());
        self.front.extend_from_slice(chunk);
        self.front.extend_from_slice(b"\r\n");
    }

    /// Adds a chunk, behind which only an end may be added before all is written. It must not be empty.
    pub(crate) fn chunk(&mut self, chunk: Bytes) {
        if chunk.len() <= COPIED_BYTES {
            return self.copy(&chunk);
        }
        put_size(&mut self.front, chunk.len());
        self.chunk = chunk;
        self.back.extend_from_slice(b"\r\n");
    }

    /// Adds the last chunk and the trailers: lines with their ends.
    pub(crate) fn end(&mut self, trailers: &[u8]) {
        let end = if self.chunk.is_empty() { &mut self.front } else { &mut self.back };
        for part in [LAST_CHUNK, trailers, b"\r\n"] {
            end.extend_from_slice(part);
        }
    }

    /// Starts over, on another connection.
    pub(crate) fn rewind(&mut self) {
        self.written = 0;
    }

    /// Whether all is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.written == self.front.len() + self.chunk.len() + self.back.len()
    }

    /// Writes some of it.
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

/// Writes the line with a chunk's size.
fn put_size(out: &mut Vec<u8>, size: usize) {
    let digits = (size.max(1).ilog2() / 4) as usize;
    out.extend((0..=digits).rev().map(|digit| b"0123456789abcdef"[size >> (4 * digit) & 15]));
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Takes at most so many bytes of each write.
    struct Narrow {
        taken: Vec<u8>,
        writes: usize,
        most: usize,
    }

    impl AsyncWrite for Narrow {
        fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            self.writes += 1;
            let all: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).take(self.most).collect();
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

    fn written(out: &mut Outgoing, narrow: &mut Narrow) {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        while !out.is_empty() {
            assert!(out.poll_write(Pin::new(narrow), &mut cx).is_ready());
        }
    }

    #[test]
    fn sizes_are_hexadecimal_without_leading_zeros() {
        for size in [1, 9, 10, 15, 16, 255, 256, 4096, 1 << 20, usize::MAX] {
            let mut line = Vec::new();
            put_size(&mut line, size);
            assert_eq!(String::from_utf8(line).unwrap(), format!("{size:x}\r\n"));
        }
    }

    #[test]
    fn a_large_chunk_leaves_in_one_write_with_its_framing_and_is_not_copied() {
        let mut out = Outgoing::default();
        let chunk = Bytes::from(vec![b'x'; COPIED_BYTES + 1]);
        out.chunk(chunk.clone());
        assert_eq!(out.rest()[1].as_ptr(), chunk.as_ptr());
        out.end(b"a: b\r\n");
        let mut narrow = Narrow { taken: Vec::new(), writes: 0, most: usize::MAX };
        written(&mut out, &mut narrow);
        assert_eq!(narrow.writes, 1);
        assert_eq!(narrow.taken, [b"801\r\n", &chunk[..], b"\r\n0\r\na: b\r\n\r\n"].concat());
    }

    proptest! {
        #[test]
        fn what_arrives_is_what_was_sent_however_the_socket_takes_it(
            sizes in prop::collection::vec(1usize..5000, 0..8),
            most in 1usize..3000,
            trailers in prop::sample::select(vec!["", "x: y\r\n"]),
        ) {
            let mut out = Outgoing::new(b"HEAD\r\n\r\n".to_vec());
            let mut narrow = Narrow { taken: Vec::new(), writes: 0, most };
            let mut expected = b"HEAD\r\n\r\n".to_vec();
            for (i, size) in sizes.iter().enumerate() {
                let chunk = vec![b'a' + i as u8; *size];
                expected.extend_from_slice(format!("{size:x}\r\n").as_bytes());
                expected.extend_from_slice(&chunk);
                expected.extend_from_slice(b"\r\n");
                out.chunk(chunk.into());
                if i + 1 < sizes.len() {
                    written(&mut out, &mut narrow);
                }
            }
            out.end(trailers.as_bytes());
            expected.extend_from_slice(format!("0\r\n{trailers}\r\n").as_bytes());
            written(&mut out, &mut narrow);
            prop_assert_eq!(narrow.taken, expected);
        }
    }
}
