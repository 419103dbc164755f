//! A function of JSON that streams what its event says, for the tests that run it as a process.

use futures_util::stream::{self, Stream};
use lrt::prelude::*;
use std::collections::VecDeque;

#[derive(serde::Deserialize)]
struct Task {
    #[serde(default)]
    chunks: VecDeque<String>,
    /// What follows the chunks.
    #[serde(default)]
    then: Then,
}

#[derive(Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Then {
    #[default]
    End,
    Error,
    Panic,
    /// Nothing more, and no end.
    Wait,
    /// The same, but that the thread is kept.
    Block,
    /// The process ends.
    Exit,
    /// So many chunks of 64 KB, all `x`.
    Bulk(usize),
}

#[lambda(streaming)]
async fn chunks(task: Task) -> impl Stream<Item = Result<Vec<u8>, Error>> {
    stream::unfold(task, |mut task| async {
        // Each leaves by itself: none is ready when the one before it was taken.
        tokio::task::yield_now().await;
        if let Some(chunk) = task.chunks.pop_front() {
            return Some((Ok(chunk.into_bytes()), task));
        }
        match task.then {
            Then::End | Then::Bulk(0) => None,
            Then::Error => Some((Err(Error::named("Late", "the stream fails")), task)),
            Then::Panic => panic!("the stream panics"),
            Then::Wait => std::future::pending().await,
            Then::Block => loop {
                std::thread::park();
            },
            Then::Exit => std::process::exit(3),
            Then::Bulk(left) => {
                task.then = Then::Bulk(left - 1);
                Some((Ok(vec![b'x'; 64 * 1024]), task))
            }
        }
    })
}
