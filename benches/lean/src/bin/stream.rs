//! A stream of 100-byte chunks that are always ready. The event is their number.

use futures_core::Stream;
use lrt::prelude::*;
use std::pin::Pin;
use std::task::{Context as Task, Poll};

const CHUNK: [u8; 100] = [b'x'; 100];

struct Chunks(u32);

impl Stream for Chunks {
    type Item = &'static [u8];

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Task<'_>) -> Poll<Option<&'static [u8]>> {
        if self.0 == 0 {
            return Poll::Ready(None);
        }
        self.0 -= 1;
        Poll::Ready(Some(&CHUNK))
    }
}

#[lambda(streaming)]
async fn stream(chunks: u32) -> Chunks {
    Chunks(chunks)
}
