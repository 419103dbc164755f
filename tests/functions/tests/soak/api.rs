//! A Runtime API with faults.

use crate::event::Event;
use crate::random::Random;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// A request id that has been sent, at least in part of a response.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    pub(crate) records: Vec<String>,
    /// The answer, if the API has taken one.
    pub(crate) answer: Option<Answer>,
    /// The number of requests with an answer.
    pub(crate) attempts: usize,
    /// True if the function knows that the API has taken the answer.
    is_acknowledged: bool,
    /// The fault of the event, and those of the answers.
    pub(crate) history: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) is_error: bool,
    pub(crate) body: Vec<u8>,
}

/// The state of the API.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) deliveries: BTreeMap<String, Delivery>,
    /// Mistakes of the function.
    pub(crate) mistakes: Vec<String>,
    /// True if the API has responded with 500, after which the process exits.
    pub(crate) has_failed: bool,
    /// While it is paused, `/next` waits.
    is_paused: bool,
    /// Number of requests that wait for an event.
    pub(crate) waiting: usize,
    /// Time of the last request or response.
    last_activity: Option<Instant>,
    /// The number of requests for an event since the last fault.
    since_fault: usize,
    since_failed_answer: usize,
}

/// Settings of an API.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) function: &'static str,
    pub(crate) workers: usize,
    pub(crate) seed: u64,
    /// The maximum duration of an invocation, or of a record.
    pub(crate) max_ms: usize,
    /// The number of requests for an event that succeed after each fault.
    pub(crate) min_between_faults: usize,
    /// True if some invocations block their thread.
    pub(crate) blocks: bool,
    /// True if the API may end the process with status 500.
    pub(crate) fails: bool,
}

impl Settings {
    /// Returns settings with short invocations.
    pub(crate) fn new(function: &'static str, workers: usize, seed: u64) -> Settings {
        Settings { function, workers, seed, max_ms: 3, min_between_faults: 3 * workers, blocks: false, fails: false }
    }
}

pub(crate) struct Api {
    pub(crate) settings: Settings,
    pub(crate) address: String,
    state: Mutex<State>,
    resumed: Condvar,
}

/// The point at which a response stops, or the way in which it is sent.
#[derive(Clone, Copy, Debug, PartialEq)]
enum EventFault {
    CloseBeforeHead,
    CloseInFirstLine,
    CloseInHead,
    CloseAfterHead,
    CloseInBody,
    InvalidChunk,
    TooLong,
    Garbage,
    NoContent,
    Unavailable,
    // The function receives these events.
    ByteByByte,
    Dribbled,
    Chunked,
    BytesAfterEvent,
    CloseAfterEvent,
    UntilClose,
    Interim,
}

const EVENT_FAULTS: [EventFault; 17] = [
    EventFault::CloseBeforeHead,
    EventFault::CloseInFirstLine,
    EventFault::CloseInHead,
    EventFault::CloseAfterHead,
    EventFault::CloseInBody,
    EventFault::InvalidChunk,
    EventFault::TooLong,
    EventFault::Garbage,
    EventFault::NoContent,
    EventFault::Unavailable,
    EventFault::ByteByByte,
    EventFault::Dribbled,
    EventFault::Chunked,
    EventFault::BytesAfterEvent,
    EventFault::CloseAfterEvent,
    EventFault::UntilClose,
    EventFault::Interim,
];

/// The handling of a reply or an error.
#[derive(Clone, Copy, Debug, PartialEq)]
enum AnswerFault {
    CloseUnread,
    CloseUntaken,
    /// The first attempt is not taken, and the second one is refused for another reason than a first one.
    CloseUntakenThenForbid,
    CloseInRequest,
    /// The answer is taken, and a second attempt is refused as repeated.
    CloseTaken,
    CloseInResponse,
    Status(u16),
    Delayed,
    ByteByByte,
    BytesAfterResponse,
}

const ANSWER_FAULTS: [AnswerFault; 14] = [
    AnswerFault::CloseUnread,
    AnswerFault::CloseUntaken,
    AnswerFault::CloseUntakenThenForbid,
    AnswerFault::CloseInRequest,
    AnswerFault::CloseTaken,
    AnswerFault::CloseInResponse,
    AnswerFault::Status(400),
    AnswerFault::Status(403),
    AnswerFault::Status(410),
    AnswerFault::Status(413),
    AnswerFault::Status(503),
    AnswerFault::Delayed,
    AnswerFault::ByteByByte,
    AnswerFault::BytesAfterResponse,
];

/// A request without its body, except for the start that has arrived.
struct RequestHead {
    line: String,
    content_length: usize,
    is_chunked: bool,
}

/// Returned when a connection is closed on purpose.
fn closed<T>() -> io::Result<T> {
    Err(io::ErrorKind::ConnectionAborted.into())
}

impl Api {
    pub(crate) fn start(settings: Settings) -> Arc<Api> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let api = Arc::new(Api { settings, address, state: Mutex::default(), resumed: Condvar::new() });
        let shared = Arc::clone(&api);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (api, stream) = (Arc::clone(&shared), stream.unwrap());
                let random = Random::new(api.settings.seed ^ ((number as u64) << 32));
                thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    // A connection ends when either side closes it.
                    _ = Connection { api: &api, stream: &stream, buffer: Vec::new(), random }.serve();
                    _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        api
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops sending events. After this, no request id is sent.
    pub(crate) fn pause(&self) {
        self.state().is_paused = true;
    }

    pub(crate) fn resume(&self) {
        self.state().is_paused = false;
        self.resumed.notify_all();
    }

    /// Waits until all workers wait for an event, and the timers of their connections have elapsed, which are set to 3 s and are
    /// not cancelled. Returns false after 20 s.
    pub(crate) fn is_idle(&self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(20));
            let state = self.state();
            let is_quiet = state.last_activity.is_none_or(|last| last.elapsed() > Duration::from_millis(3200));
            if is_quiet && state.waiting >= self.settings.workers {
                return true;
            }
        }
        false
    }
}

struct Connection<'a> {
    api: &'a Api,
    stream: &'a TcpStream,
    buffer: Vec<u8>,
    random: Random,
}

impl Connection<'_> {
    fn serve(mut self) -> io::Result<()> {
        loop {
            let head = self.head()?;
            self.api.state().last_activity = Some(Instant::now());
            let path = head.line.split(' ').nth(1).unwrap_or_default().to_owned();
            let last = path.rsplit('/').next().unwrap_or_default();
            match (last, path.rsplit('/').nth(1)) {
                ("register", _) => {
                    self.body(&head)?;
                    self.respond(200, "lambda-extension-identifier: e1\r\n", b"{}")?;
                }
                // Internal extensions wait for an event that never arrives.
                ("next", Some("event")) => return self.wait_for_close(),
                ("next", _) => self.next()?,
                ("response" | "error", Some(id)) => self.answer(&head, id, last == "error")?,
                _ => {
                    self.api.state().mistakes.push(format!("unexpected request: {}", head.line));
                    return closed();
                }
            }
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        let mut bytes = [0; 16 * 1024];
        match self.stream.read(&mut bytes)? {
            0 => closed(),
            read => {
                self.buffer.extend_from_slice(&bytes[..read]);
                Ok(())
            }
        }
    }

    fn wait_for_close(&mut self) -> io::Result<()> {
        loop {
            self.fill()?;
        }
    }

    fn head(&mut self) -> io::Result<RequestHead> {
        let end = loop {
            if let Some(end) = find(&self.buffer, b"\r\n\r\n") {
                break end;
            }
            self.fill()?;
        };
        let head = String::from_utf8(self.buffer.drain(..end + 4).collect()).expect("a request head is UTF-8");
        let value = |name: &str| {
            let mut lines = head.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim().to_owned())
        };
        Ok(RequestHead {
            line: head.lines().next().unwrap_or_default().to_owned(),
            content_length: value("content-length").map_or(0, |length| length.parse().expect("a number")),
            is_chunked: value("transfer-encoding").is_some(),
        })
    }

    fn take(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.buffer.len() < length {
            self.fill()?;
        }
        Ok(self.buffer.drain(..length).collect())
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = find(&self.buffer, b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..end + 2).collect();
                return Ok(String::from_utf8(line[..end].to_vec()).expect("the framing is ASCII"));
            }
            self.fill()?;
        }
    }

    /// Reads a body and its trailers. Returns true if it ends with the error of a stream.
    fn body(&mut self, head: &RequestHead) -> io::Result<(Vec<u8>, bool)> {
        if !head.is_chunked {
            return Ok((self.take(head.content_length)?, false));
        }
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line()?, 16).expect("a chunk size");
            if size == 0 {
                break;
            }
            body.extend(self.take(size)?);
            assert_eq!(self.line()?, "", "a chunk ends with CR LF");
        }
        let mut has_error = false;
        loop {
            match self.line()? {
                end if end.is_empty() => return Ok((body, has_error)),
                _ => has_error = true,
            }
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        (&mut &*self.stream).write_all(bytes)
    }

    fn write_byte_by_byte(&mut self, bytes: &[u8]) -> io::Result<()> {
        bytes.chunks(1).try_for_each(|byte| self.write(byte))
    }

    fn pause(&mut self, max_ms: usize) {
        let ms = self.random.below(max_ms);
        thread::sleep(Duration::from_millis(ms as u64));
    }

    fn respond(&mut self, status: u16, headers: &str, body: &[u8]) -> io::Result<()> {
        self.write(&response(status, headers, body))
    }

    /// Sends an event.
    fn next(&mut self) -> io::Result<()> {
        let api = self.api;
        let mut state = api.state();
        state.waiting += 1;
        while state.is_paused {
            state = api.resumed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.waiting -= 1;
        state.since_fault += 1;
        // Several failures in a row would end the process, as they should.
        let may_fail = state.since_fault > api.settings.min_between_faults;
        let fault =
            may_fail.then(|| self.random.below(3 * EVENT_FAULTS.len())).and_then(|n| EVENT_FAULTS.get(n)).copied();
        if fault.is_some() {
            state.since_fault = 0;
        }
        match fault {
            Some(EventFault::CloseBeforeHead) => return closed(),
            Some(EventFault::CloseInFirstLine) => {
                self.write(b"HTTP/1.1 200 O")?;
                return closed();
            }
            Some(EventFault::Garbage) => {
                self.write(b"\x16\x03\x01\r\n\r\n")?;
                return closed();
            }
            Some(EventFault::NoContent) => return self.write(b"HTTP/1.1 204 No Content\r\n\r\n"),
            Some(EventFault::Unavailable) => return self.respond(503, "", b"{\"errorType\":\"Unavailable\"}"),
            _ => {}
        }
        let number = state.deliveries.len();
        let id = format!("{number:08}-0000-4000-8000-{:012x}", api.settings.seed);
        let event = Event::new(&api.settings, number, &mut self.random);
        let payload = event.payload.as_bytes();
        let head = format!(
            "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {id}\r\nLambda-Runtime-Deadline-Ms: 4102444800000\r\n"
        );
        let history = fault.map(|fault| format!("{fault:?}")).into_iter().collect();
        let delivery = Delivery { records: event.records, history, ..Delivery::default() };
        state.deliveries.insert(id, delivery);
        if fault == Some(EventFault::Interim) {
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        // The id is sent before the state is unlocked: after `pause`, no id is sent.
        self.write(head.as_bytes())?;
        drop(state);
        let length = format!("Content-Length: {}\r\n\r\n", payload.len());
        let cut = self.random.below(payload.len());
        match fault {
            None | Some(EventFault::Interim) => self.write(&[length.as_bytes(), payload].concat())?,
            Some(EventFault::CloseInHead) => {
                self.write(&length.as_bytes()[..10])?;
                return closed();
            }
            Some(EventFault::CloseAfterHead) => {
                self.write(length.as_bytes())?;
                return closed();
            }
            Some(EventFault::CloseInBody) => {
                self.write(length.as_bytes())?;
                self.write(&payload[..cut])?;
                self.pause(20);
                return closed();
            }
            Some(EventFault::InvalidChunk) => {
                self.write(b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}oops")?;
                return self.wait_for_close();
            }
            Some(EventFault::TooLong) => {
                self.write(b"Content-Length: 68000000\r\n\r\n{")?;
                return self.wait_for_close();
            }
            Some(EventFault::ByteByByte) => {
                self.write_byte_by_byte(length.as_bytes())?;
                self.write_byte_by_byte(&payload[..payload.len().min(500)])?;
                self.write(&payload[payload.len().min(500)..])?;
            }
            Some(EventFault::Dribbled) => {
                for piece in [&length.as_bytes()[..8], &length.as_bytes()[8..], &payload[..cut], &payload[cut..]] {
                    self.pause(30);
                    self.write(piece)?;
                }
            }
            Some(EventFault::Chunked) => {
                self.write(b"transfer-encoding: CHUNKED\r\n\r\n")?;
                let mut rest = payload;
                while !rest.is_empty() {
                    let (chunk, after) = rest.split_at((1 + self.random.below(5000)).min(rest.len()));
                    let line = format!("{:04X};name=\"value\"\r\n", chunk.len());
                    self.write(&[line.as_bytes(), chunk, b"\r\n"].concat())?;
                    rest = after;
                }
                self.write(b"0\r\nX-Trailer: a\r\n\r\n")?;
            }
            Some(EventFault::BytesAfterEvent) => {
                let extra = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                self.write(&[length.as_bytes(), payload, extra].concat())?;
            }
            Some(EventFault::CloseAfterEvent) => {
                self.write(&[b"Connection: close\r\n", length.as_bytes(), payload].concat())?;
                return closed();
            }
            Some(EventFault::UntilClose) => {
                self.write(&[b"\r\n", payload].concat())?;
                return closed();
            }
            Some(other) => unreachable!("{other:?} has no event"),
        }
        Ok(())
    }

    /// Receives a reply or an error.
    fn answer(&mut self, head: &RequestHead, id: &str, is_error: bool) -> io::Result<()> {
        let fault = {
            let mut state = self.api.state();
            state.since_failed_answer += 1;
            let may_fail = state.since_failed_answer > 2;
            let fault = may_fail
                .then(|| self.random.below(3 * ANSWER_FAULTS.len()))
                .and_then(|n| ANSWER_FAULTS.get(n))
                .copied();
            let fault = match fault {
                None if may_fail && self.api.settings.fails && self.random.once_in(20) => {
                    Some(AnswerFault::Status(500))
                }
                fault => fault,
            };
            if fault.is_some() {
                state.since_failed_answer = 0;
            }
            let fault = match state.deliveries.get_mut(id) {
                // The second attempt of an answer whose first one was not taken.
                Some(delivery) if delivery.history.last().is_some_and(|last| last == "CloseUntakenThenForbid") => {
                    Some(AnswerFault::Status(403))
                }
                // Streamed replies are sent once, and their loss is not noticed after their end.
                Some(_)
                    if head.is_chunked
                        && matches!(fault, Some(AnswerFault::CloseUntaken | AnswerFault::CloseUntakenThenForbid)) =>
                {
                    None
                }
                _ => fault,
            };
            match state.deliveries.get_mut(id) {
                Some(delivery) => {
                    delivery.attempts += 1;
                    delivery.history.push(fault.map_or_else(|| "taken".to_owned(), |fault| format!("{fault:?}")))
                }
                None => state.mistakes.push(format!("answer to an unknown request id: {id}")),
            }
            fault
        };
        match fault {
            Some(AnswerFault::CloseUnread) => return closed(),
            Some(AnswerFault::CloseInRequest) => {
                let some = self.random.below(200).min(head.content_length);
                self.take(some)?;
                return closed();
            }
            _ => {}
        }
        let (body, has_error) = self.body(head)?;
        match fault {
            Some(AnswerFault::CloseUntaken | AnswerFault::CloseUntakenThenForbid) => return closed(),
            Some(AnswerFault::Status(status)) => {
                if status == 500 {
                    // The process exits as soon as it receives the response, so events before it have to be read first.
                    self.api.pause();
                    thread::sleep(Duration::from_millis(200));
                    self.api.state().has_failed = true;
                }
                return self.respond(status, "", b"{\"errorMessage\":\"a fault\",\"errorType\":\"Fault\"}");
            }
            _ => {}
        }
        // The function learns of it when the response arrives in full.
        let is_acknowledged = !matches!(fault, Some(AnswerFault::CloseTaken | AnswerFault::CloseInResponse));
        let is_taken = {
            let mut state = self.api.state();
            let Some(delivery) = state.deliveries.get_mut(id) else { return closed() };
            let is_taken = delivery.answer.is_none();
            let is_repeated = std::mem::replace(&mut delivery.is_acknowledged, is_acknowledged);
            if is_taken {
                delivery.answer = Some(Answer { is_error: is_error || has_error, body });
            }
            if is_repeated {
                state.mistakes.push(format!("second answer to {id}, after the first one was accepted"));
            }
            is_taken
        };
        if !is_taken {
            let body =
                b"{\"errorMessage\":\"State transition is not allowed\",\"errorType\":\"InvalidStateTransition\"}";
            return self.respond(403, "", body);
        }
        let accepted = response(202, "Content-Type: application/json\r\n", b"{\"status\":\"OK\"}");
        match fault {
            Some(AnswerFault::CloseTaken) => return closed(),
            Some(AnswerFault::CloseInResponse) => {
                let some = self.random.below(accepted.len() - 16);
                self.write(&accepted[..some])?;
                return closed();
            }
            Some(AnswerFault::Delayed) => {
                self.pause(30);
                self.write(&accepted)?;
            }
            Some(AnswerFault::ByteByByte) => self.write_byte_by_byte(&accepted)?,
            Some(AnswerFault::BytesAfterResponse) => self.write(&[&accepted[..], b"oops"].concat())?,
            _ => self.write(&accepted)?,
        }
        self.api.state().last_activity = Some(Instant::now());
        Ok(())
    }
}

fn response(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
