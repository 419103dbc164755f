//! What a function's process writes: one pipe for stdout and stderr, so that it stays in the order of writing, as in
//! Lambda's log.

use super::terminal;
use lrt_testing::__private::uuid;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// The most bytes that are kept of what is written for one invocation: the last ones.
const MAX_LOG_BYTES: usize = 256 * 1024;

/// How long a terminal may hold up an answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was written for one invocation.
#[derive(Default)]
pub(super) struct Log(Mutex<LogBuffer>);

#[derive(Default)]
struct LogBuffer {
    bytes: Vec<u8>,
    /// How many came before these.
    dropped: usize,
}

impl Log {
    fn push(&self, bytes: &[u8]) {
        let mut kept = locked(&self.0);
        kept.bytes.extend_from_slice(bytes);
        if kept.bytes.len() > MAX_LOG_BYTES {
            let extra = kept.bytes.len() - MAX_LOG_BYTES;
            kept.bytes.drain(..extra);
            kept.dropped += extra;
        }
    }

    /// How many bytes were written so far.
    pub(super) fn written(&self) -> usize {
        let kept = locked(&self.0);
        kept.dropped + kept.bytes.len()
    }

    /// What is kept of the first so many bytes, and of those behind them.
    pub(super) fn split_at(&self, written: usize) -> (Vec<u8>, Vec<u8>) {
        let kept = locked(&self.0);
        let (before, behind) = kept.bytes.split_at(written.saturating_sub(kept.dropped).min(kept.bytes.len()));
        (before.to_vec(), behind.to_vec())
    }
}

/// This side of a process's output.
pub(super) struct Output {
    /// Behind a mark in the pipe is what was written after the mark.
    marks: PipeWriter,
    mark: Vec<u8>,
    marked: u64,
    read: watch::Receiver<u64>,
    /// Where it goes now.
    log: Arc<Mutex<Arc<Log>>>,
}

/// A pipe: this side of it, and the other, which is a process's stdout and stderr.
pub(super) fn pipe() -> io::Result<(Output, PipeWriter)> {
    let (reader, marks) = io::pipe()?;
    let writer = marks.try_clone()?;
    let mark = format!("\0{}\0", uuid()).into_bytes();
    let log = Arc::<Mutex<Arc<Log>>>::default();
    let (passed, read) = watch::channel(0);
    let (to, pattern) = (Arc::clone(&log), mark.clone());
    thread::Builder::new().name("function output".to_owned()).spawn(move || pump(reader, &pattern, &to, &passed))?;
    Ok((Output { marks, mark, marked: 0, read, log }, writer))
}

impl Output {
    /// Waits until all that was written so far is shown and logged.
    pub(super) async fn settle(&mut self) {
        if self.marks.write_all(&self.mark).is_ok() {
            self.marked += 1;
            let marked = self.marked;
            _ = timeout(PATIENCE, self.read.wait_for(|read| *read >= marked)).await;
        }
    }

    /// The log of the invocation that is under way, or else of the next one.
    pub(super) fn log(&self) -> Arc<Log> {
        Arc::clone(&locked(&self.log))
    }

    /// What comes from now on belongs to the next invocation.
    pub(super) fn begin_anew(&self) {
        *locked(&self.log) = Arc::default();
    }
}

/// Reads until nobody writes any more. It blocks, so that a function that writes faster than it is shown has to wait.
fn pump(mut reader: PipeReader, mark: &[u8], log: &Mutex<Arc<Log>>, passed: &watch::Sender<u64>) {
    let mut pending = Vec::new();
    let mut buffer = [0; 8 * 1024];
    loop {
        let bytes = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        pending.extend_from_slice(&buffer[..bytes]);
        while let Some(at) = find(&pending, mark) {
            take(&pending[..at], log);
            pending.drain(..at + mark.len());
            passed.send_modify(|passed| *passed += 1);
        }
        // What may be the beginning of a mark has to wait for the rest of it.
        let held = (1..mark.len().min(pending.len() + 1)).rev().find(|held| pending.ends_with(&mark[..*held]));
        let free = pending.len() - held.unwrap_or(0);
        take(&pending[..free], log);
        pending.drain(..free);
    }
    take(&pending, log);
}

fn take(bytes: &[u8], log: &Mutex<Arc<Log>>) {
    if !bytes.is_empty() {
        locked(log).push(bytes);
        terminal::show(bytes);
    }
}

fn find(bytes: &[u8], mark: &[u8]) -> Option<usize> {
    bytes.windows(mark.len()).position(|window| window == mark)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(test: impl AsyncFnOnce()) {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test());
    }

    #[test]
    fn marks_are_seen_and_not_shown_wherever_a_read_ends() {
        let (reader, mut writer) = io::pipe().unwrap();
        let (log, (passed, read)) = (Mutex::new(Arc::<Log>::default()), watch::channel(0));
        thread::scope(|scope| {
            scope.spawn(|| pump(reader, b"<mark>", &log, &passed));
            for byte in b"a<m<mark>b<<mark><mark" {
                writer.write_all(&[*byte]).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
            drop(writer);
        });
        assert_eq!((*read.borrow(), log.into_inner().unwrap().split_at(0).1), (2, b"a<mb<<mark".to_vec()));
    }

    #[test]
    fn what_was_written_before_is_there_once_it_has_settled() {
        run(async || {
            let (mut output, mut writer) = pipe().unwrap();
            for line in ["one\n", "part of"] {
                writer.write_all(line.as_bytes()).unwrap();
                output.settle().await;
            }
            let log = output.log();
            assert_eq!(log.split_at(4), (b"one\n".to_vec(), b"part of".to_vec()));
            output.begin_anew();
            writer.write_all(b" two\n").unwrap();
            output.settle().await;
            assert_eq!((output.log().split_at(0).1, log.written()), (b" two\n".to_vec(), 11));
        });
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let log = Log::default();
        log.push(b"init");
        let before = log.written();
        log.push(&vec![b'a'; MAX_LOG_BYTES - 6]);
        log.push(b"end");
        let (init, rest) = log.split_at(before);
        assert_eq!((&*init, rest.len()), (&b"nit"[..], MAX_LOG_BYTES - 3));
        assert!(rest.ends_with(b"aend"));
        log.push(b"and more");
        let (init, rest) = log.split_at(before);
        assert_eq!((&*init, rest.len()), (&b""[..], MAX_LOG_BYTES));
        assert!(rest.ends_with(b"aendand more"));
    }
}
