use std::future::pending;
use std::io;

use bytes::{Buf, Bytes, BytesMut};
use httparse::Status;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::error::ConnectionError;
use super::request::{Head, Length, ReplyPart, Request, parse_head, parse_trailers};

const MAX_HEAD_BYTES: usize = 64 * 1024;
const READ_BYTES: usize = 16 * 1024;

/// Maximum number of bytes that are kept of a body that is forwarded in parts.
const MAX_KEPT_BYTES: usize = 1024 * 1024;

/// Server side of a connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { stream, buffer: BytesMut::new() }
    }

    pub(super) async fn head(&mut self) -> Result<Head, ConnectionError> {
        loop {
            if let Some((head, bytes)) = parse_head(&self.buffer)? {
                self.buffer.advance(bytes);
                return Ok(head);
            }
            self.fill_below_limit().await?;
        }
    }

    /// Reads the body to its end, keeps at most `keep` bytes, and returns its size in bytes. With `parts`, forwards the body as it
    /// arrives and keeps only its start.
    pub(super) async fn body(
        &mut self,
        length: Length,
        keep: usize,
        request: &mut Request,
        parts: Option<mpsc::Sender<ReplyPart>>,
    ) -> Result<u64, ConnectionError> {
        if let Some(parts) = &parts {
            parts.send(ReplyPart::Started).await.map_err(|_| ConnectionError::Closed)?;
        }
        let mut body = Body { kept: Vec::new(), keep, size: 0, parts };
        let read = match length {
            Length::Bytes(size) => self.take(size, &mut body).await,
            Length::Chunked => self.chunks(&mut body, request).await,
        };
        request.body = body.kept.into();
        read.map(|()| body.size)
    }

    async fn chunks(&mut self, body: &mut Body, request: &mut Request) -> Result<(), ConnectionError> {
        loop {
            let size = self.chunk_size().await?;
            if size == 0 {
                break;
            }
            if body.parts.is_none() {
                request.chunk_sizes.push(usize::try_from(size).unwrap_or(usize::MAX));
            }
            self.take(size, body).await?;
            self.some(2).await?;
            if !self.buffer.starts_with(b"\r\n") {
                return Err(ConnectionError::Malformed("a chunk does not end with CRLF"));
            }
            self.buffer.advance(2);
        }
        loop {
            if let Some((trailers, bytes)) = parse_trailers(&self.buffer)? {
                self.buffer.advance(bytes);
                request.trailers = trailers;
                return Ok(());
            }
            self.fill_below_limit().await?;
        }
    }

    /// Reads the line before a chunk, and returns the size of the chunk.
    async fn chunk_size(&mut self) -> Result<u64, ConnectionError> {
        loop {
            match httparse::parse_chunk_size(&self.buffer) {
                // httparse accepts a line without a number.
                Ok(Status::Complete((bytes, size))) if self.buffer[0].is_ascii_hexdigit() => {
                    self.buffer.advance(bytes);
                    return Ok(size);
                }
                Ok(Status::Partial) => self.fill_below_limit().await?,
                _ => return Err(ConnectionError::Malformed("invalid chunk size")),
            }
        }
    }

    async fn take(&mut self, mut size: u64, body: &mut Body) -> Result<(), ConnectionError> {
        while size > 0 {
            if self.buffer.is_empty() {
                self.fill().await?;
            }
            let part = usize::try_from(size).unwrap_or(usize::MAX).min(self.buffer.len());
            body.push(&self.buffer[..part]).await?;
            self.buffer.advance(part);
            size -= part as u64;
        }
        Ok(())
    }

    async fn fill_below_limit(&mut self) -> Result<(), ConnectionError> {
        if self.buffer.len() > MAX_HEAD_BYTES {
            return Err(ConnectionError::Malformed("request head too large"));
        }
        self.fill().await
    }

    async fn fill(&mut self) -> Result<(), ConnectionError> {
        self.buffer.reserve(READ_BYTES);
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err(ConnectionError::Closed),
            _ => Ok(()),
        }
    }

    /// Reads at least `bytes` bytes of the body, including its framing.
    pub(super) async fn some(&mut self, bytes: usize) -> Result<(), ConnectionError> {
        while self.buffer.len() < bytes {
            self.fill().await?;
        }
        Ok(())
    }

    /// Waits until the client has disconnected. Keeps the bytes that it sends in the meantime.
    pub(super) async fn closed(&mut self) {
        while self.buffer.len() < MAX_HEAD_BYTES {
            if self.fill().await.is_err() {
                return;
            }
        }
        pending().await
    }

    /// Sends `100 Continue`, which clients such as curl wait for.
    pub(super) async fn send_continue(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        Ok(())
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    pub(super) async fn shut_down(mut self) {
        // Fails if the client has already disconnected.
        _ = self.stream.shutdown().await;
    }
}

struct Body {
    kept: Vec<u8>,
    keep: usize,
    size: u64,
    parts: Option<mpsc::Sender<ReplyPart>>,
}

impl Body {
    async fn push(&mut self, part: &[u8]) -> Result<(), ConnectionError> {
        self.size += part.len() as u64;
        if let Some(parts) = &self.parts {
            let room = MAX_KEPT_BYTES - self.kept.len();
            self.kept.extend_from_slice(&part[..part.len().min(room)]);
            return parts
                .send(ReplyPart::Bytes(Bytes::copy_from_slice(part)))
                .await
                .map_err(|_| ConnectionError::Closed);
        }
        let room = self.keep - self.kept.len();
        self.kept.extend_from_slice(&part[..part.len().min(room)]);
        Ok(())
    }
}
