//! Output of a function's process. stdout and stderr share one pipe, so that the order of writing is kept, as in Lambda's
//! log.

use super::terminal;
use lrt_testing::__private::uuid;
use std::io::{self, PipeReader, PipeWriter, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// Maximum size of an invocation's log. The beginning is dropped.
const MAX_LOG_BYTES: usize = 256 * 1024;

/// Maximum time by which a slow terminal delays a reply.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(1);

/// Log of one invocation.
#[derive(Default)]
pub(super) struct Log(Mutex<LogBuffer>);

#[derive(Default)]
struct LogBuffer {
    bytes: Vec<u8>,
    /// Number of bytes that were dropped from the beginning.
    dropped: usize,
}

impl Log {
    pub(super) fn push(&self, bytes: &[u8]) {
        let mut kept = locked(&self.0);
        kept.bytes.extend_from_slice(bytes);
        if kept.bytes.len() > MAX_LOG_BYTES {
            let extra = kept.bytes.len() - MAX_LOG_BYTES;
            kept.bytes.drain(..extra);
            kept.dropped += extra;
        }
    }

    /// Returns the number of bytes written so far.
    pub(super) fn written(&self) -> usize {
        let kept = locked(&self.0);
        kept.dropped + kept.bytes.len()
    }

    /// Splits the log after the first `written` bytes. Bytes that were dropped are missing in the first part.
    pub(super) fn split_at(&self, written: usize) -> (Vec<u8>, Vec<u8>) {
        let kept = locked(&self.0);
        let (before, after) = kept.bytes.split_at(written.saturating_sub(kept.dropped).min(kept.bytes.len()));
        (before.to_vec(), after.to_vec())
    }
}

/// Reader of a process's output.
pub(super) struct Output {
    /// Writes marks into the same pipe: once a mark has been read, everything before it has been read.
    marks: PipeWriter,
    mark: Vec<u8>,
    marks_written: u64,
    marks_read: watch::Receiver<u64>,
    /// Log of the current invocation.
    log: Arc<Mutex<Arc<Log>>>,
}

/// Creates a pipe. The writer becomes the process's stdout and stderr.
pub(super) fn pipe() -> io::Result<(Output, PipeWriter)> {
    let (reader, marks) = io::pipe()?;
    let writer = marks.try_clone()?;
    let mark = format!("\0{}\0", uuid()).into_bytes();
    let log = Arc::<Mutex<Arc<Log>>>::default();
    let (marks_read, receiver) = watch::channel(0);
    let (current, pattern) = (Arc::clone(&log), mark.clone());
    thread::Builder::new()
        .name("function output".to_owned())
        .spawn(move || forward(reader, &pattern, &current, &marks_read))?;
    Ok((Output { marks, mark, marks_written: 0, marks_read: receiver, log }, writer))
}

impl Output {
    /// Waits until all output so far has been shown and logged.
    pub(super) async fn settle(&mut self) {
        if self.marks.write_all(&self.mark).is_ok() {
            self.marks_written += 1;
            let written = self.marks_written;
            _ = timeout(SETTLE_TIMEOUT, self.marks_read.wait_for(|read| *read >= written)).await;
        }
    }

    /// Returns the log of the current invocation; between invocations, the log of the next one.
    pub(super) fn log(&self) -> Arc<Log> {
        Arc::clone(&locked(&self.log))
    }

    /// Starts the log of the next invocation.
    pub(super) fn start_new_log(&self) {
        *locked(&self.log) = Arc::default();
    }
}

/// Forwards output until all writers are closed. It blocks, so that a function that writes faster than the terminal has
/// to wait.
fn forward(mut reader: PipeReader, mark: &[u8], log: &Mutex<Arc<Log>>, marks_read: &watch::Sender<u64>) {
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
            write(&pending[..at], log);
            pending.drain(..at + mark.len());
            marks_read.send_modify(|read| *read += 1);
        }
        // A possible beginning of a mark is held back until the rest arrives.
        let held = (1..mark.len().min(pending.len() + 1)).rev().find(|held| pending.ends_with(&mark[..*held]));
        let complete = pending.len() - held.unwrap_or(0);
        write(&pending[..complete], log);
        pending.drain(..complete);
    }
    write(&pending, log);
}

fn write(bytes: &[u8], log: &Mutex<Arc<Log>>) {
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
    fn marks_are_found_and_removed_at_any_read_boundary() {
        let (reader, mut writer) = io::pipe().unwrap();
        let (log, (marks_read, receiver)) = (Mutex::new(Arc::<Log>::default()), watch::channel(0));
        thread::scope(|scope| {
            scope.spawn(|| forward(reader, b"<mark>", &log, &marks_read));
            for byte in b"a<m<mark>b<<mark><mark" {
                writer.write_all(&[*byte]).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
            drop(writer);
        });
        assert_eq!((*receiver.borrow(), log.into_inner().unwrap().split_at(0).1), (2, b"a<mb<<mark".to_vec()));
    }

    #[test]
    fn settled_output_is_in_the_log() {
        run(async || {
            let (mut output, mut writer) = pipe().unwrap();
            for line in ["one\n", "part of"] {
                writer.write_all(line.as_bytes()).unwrap();
                output.settle().await;
            }
            let log = output.log();
            assert_eq!(log.split_at(4), (b"one\n".to_vec(), b"part of".to_vec()));
            output.start_new_log();
            writer.write_all(b" two\n").unwrap();
            output.settle().await;
            assert_eq!((output.log().split_at(0).1, log.written()), (b" two\n".to_vec(), 11));
        });
    }

    #[test]
    fn end_of_a_long_log_is_kept() {
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
