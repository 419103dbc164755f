//! A JSON function that streams the chunks that its event specifies, for tests that run it as a process.

use futures_util::stream::{self, Stream};
use lrt::prelude::*;
use std::collections::VecDeque;

#[derive(serde::Deserialize)]
struct Task {
    #[serde(default)]
    chunks: VecDeque<String>,
    /// The end of the stream.
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
    /// The stream never ends.
    Wait,
    /// The stream never ends, and blocks its thread.
    Block,
    /// The process exits.
    Exit,
    /// A number of 64 KB chunks, filled with `x`.
    Bulk(usize),
}

#[lambda(streaming)]
async fn chunks(task: Task) -> impl Stream<Item = Result<Vec<u8>, Error>> {
    stream::unfold(task, |mut task| async {
        // Yields between chunks, so that each is sent separately.
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
