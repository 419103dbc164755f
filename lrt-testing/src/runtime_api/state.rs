use std::collections::{HashMap, HashSet, VecDeque};

use tokio::sync::{mpsc, oneshot};

use super::access::Access;
use super::answer::{Answer, AnswerKind};
use super::endpoint::Endpoint;
use super::event::{DEADLINE_MS, Event, FUNCTION_ARN, INVOCATION_ID};
use super::extension::Extensions;
use super::fault::Fault;
use super::request::{ReplyPart, Request};
use super::response::Response;

/// Number of answered request ids that are kept, to distinguish a second answer from one with an unknown id.
const REMEMBERED_IDS: usize = 64;

/// State of the API, and the effect of each request on it.
pub(super) struct State {
    pub(super) settings: Settings,
    pub(super) requests: Vec<Request>,
    pub(super) faults: Vec<(Endpoint, Fault)>,
    pub(super) extensions: Extensions,
    /// Number of connections so far, which is the number of the latest one.
    pub(super) connections: usize,
    pub(super) init_error: Option<Answer>,
    pub(super) stopped: bool,
    pub(super) open: HashSet<usize>,
    holding: HashMap<usize, Endpoint>,
    queue: VecDeque<(Event, Waiting)>,
    in_flight: Vec<InFlight>,
    answered: VecDeque<String>,
    /// True if the process has called `/next`, which ends its init phase.
    ready: bool,
}

#[derive(Clone)]
pub(super) struct Settings {
    pub(super) concurrency: usize,
    pub(super) max_response_bytes: usize,
    pub(super) record_requests: bool,
    /// The requests that are accepted; `None` for all.
    pub(super) access: Option<Access>,
}

/// An event that was delivered and is not answered yet.
struct InFlight {
    id: String,
    connection: usize,
    /// The response, which is sent again unchanged if the event is delivered again.
    response: Response,
    waiting: Waiting,
}

/// The receivers of an answer.
pub(super) struct Waiting {
    pub(super) answer: oneshot::Sender<Answer>,
    /// Receives the parts of a streamed reply as they arrive.
    pub(super) parts: Option<mpsc::Sender<ReplyPart>>,
}

impl State {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            requests: Vec::new(),
            faults: Vec::new(),
            extensions: Extensions::default(),
            connections: 0,
            init_error: None,
            stopped: false,
            open: HashSet::new(),
            holding: HashMap::new(),
            queue: VecDeque::new(),
            in_flight: Vec::new(),
            answered: VecDeque::new(),
            ready: false,
        }
    }

    pub(super) fn opened(&mut self) -> usize {
        self.connections += 1;
        self.open.insert(self.connections);
        self.connections
    }

    pub(super) fn closed(&mut self, connection: usize) {
        self.open.remove(&connection);
        self.holding.remove(&connection);
    }

    pub(super) fn hold(&mut self, connection: usize, endpoint: Endpoint) {
        self.holding.insert(connection, endpoint);
    }

    pub(super) fn release(&mut self, connection: usize) {
        self.holding.remove(&connection);
    }

    pub(super) fn holds(&self, endpoint: Endpoint) -> bool {
        self.holding.values().any(|held| *held == endpoint)
    }

    pub(super) fn held(&self, endpoint: Endpoint) -> usize {
        self.holding.values().filter(|held| **held == endpoint).count()
    }

    pub(super) fn is_held(&self, connection: usize, endpoint: Endpoint) -> bool {
        self.holding.get(&connection) == Some(&endpoint)
    }

    pub(super) fn record(&mut self, request: &Request) {
        if self.settings.record_requests {
            self.requests.push(request.clone());
        }
    }

    pub(super) fn send(&mut self, event: Event, waiting: Waiting) {
        if self.stopped {
            return;
        }
        match &self.init_error {
            Some(error) if !self.ready => _ = waiting.answer.send(error.clone()),
            _ => self.queue.push_back((event, waiting)),
        }
    }

    /// Drops all senders, which makes their answers `Lost`.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
        self.open.clear();
        self.holding.clear();
        self.queue.clear();
        self.in_flight.clear();
    }

    pub(super) fn process_ended(&mut self) {
        self.in_flight.clear();
        self.extensions = Extensions::default();
        self.init_error = None;
        self.ready = false;
    }

    /// Removes and returns the first fault of this endpoint if it matches `fits`.
    pub(super) fn take_fault(&mut self, endpoint: Endpoint, fits: impl Fn(&Fault) -> bool) -> Option<Fault> {
        let first = self.faults.iter().position(|(other, _)| *other == endpoint)?;
        fits(&self.faults[first].1).then(|| self.faults.remove(first).1)
    }

    /// Returns the response to a request and its fault, or `None` if the request has to wait.
    pub(super) fn serve(
        &mut self,
        endpoint: Endpoint,
        id: &str,
        request: &Request,
        oversized: bool,
    ) -> Option<(Response, Option<Fault>)> {
        if let Some(fault) = self.take_fault(endpoint, |fault| fault.untaken().is_some()) {
            if let (Endpoint::Response | Endpoint::Error, Fault::Status(status @ 400..500)) = (endpoint, &fault) {
                self.abandon(id, *status);
            }
            let response = fault.untaken().expect("only such a fault was taken");
            return Some((response, Some(fault)));
        }
        let limit = self.settings.max_response_bytes;
        let response = match endpoint {
            Endpoint::Next => self.next(request.connection)?,
            Endpoint::Response | Endpoint::Error if oversized => {
                self.answer(id, request, Answer::too_large(limit), Response::too_large(limit))
            }
            Endpoint::Response => {
                self.answer(id, request, Answer::new(AnswerKind::Reply, request), Response::accepted())
            }
            Endpoint::Error => self.answer(id, request, Answer::new(AnswerKind::Error, request), Response::accepted()),
            Endpoint::InitError => self.fail_init(request),
            Endpoint::ExtensionRegister => self.extensions.register(request),
            Endpoint::ExtensionNext => self.extensions.next(request)?,
        };
        Some((response, self.take_fault(endpoint, |_| true)))
    }

    fn next(&mut self, connection: usize) -> Option<Response> {
        self.ready = true;
        let is_shared = self.settings.concurrency == 1 && self.settings.access.is_none();
        // With several events in flight or a private API, the event of an open connection is not delivered on another
        // connection.
        let again = |event: &&mut InFlight| {
            is_shared || event.connection == connection || !self.open.contains(&event.connection)
        };
        if let Some(event) = self.in_flight.iter_mut().find(again) {
            event.connection = connection;
            return Some(event.response.clone());
        }
        if self.in_flight.len() >= self.settings.concurrency || !self.extensions.all_ready() {
            return None;
        }
        let (event, waiting) = self.queue.pop_front()?;
        let id = event.id().to_owned();
        let response = event.into_response();
        let header = |name| response.headers.get(name).unwrap_or_default();
        self.extensions.invoked(&format!(
            r#"{{"eventType":"INVOKE","deadlineMs":{},"requestId":"{id}","invokedFunctionArn":"{}"}}"#,
            header(DEADLINE_MS),
            header(FUNCTION_ARN)
        ));
        self.in_flight.push(InFlight { id, connection, response: response.clone(), waiting });
        Some(response)
    }

    fn answer(&mut self, id: &str, request: &Request, answer: Answer, accepted: Response) -> Response {
        let Some(at) = self.in_flight.iter().position(|event| event.id == id) else {
            return if self.answered.iter().any(|answered| answered == id) {
                Response::invalid_state("RuntimeResponseSentState", "InvocationResponse")
            } else {
                Response::error(400, "InvalidRequestID", "Invalid request ID")
            };
        };
        if !matches!(request.headers.get("Lambda-Runtime-Function-Response-Mode"), None | Some("streaming")) {
            return Response::error(400, "InvalidFunctionResponseMode", "Invalid function response mode");
        }
        // A missing echo is accepted, as in the emulator.
        let sent = self.in_flight[at].response.headers.get(INVOCATION_ID);
        let echoed = request.headers.get(INVOCATION_ID);
        if sent.is_some() && echoed.is_some() && sent != echoed {
            return Response::gone();
        }
        // The receiver may have been dropped.
        _ = self.finish(at).send(answer);
        accepted
    }

    /// Ends an invocation whose answer was rejected with this status.
    fn abandon(&mut self, id: &str, status: u16) {
        if let Some(at) = self.in_flight.iter().position(|event| event.id == id) {
            let lost = if status == 413 { Answer::too_large(self.settings.max_response_bytes) } else { Answer::lost() };
            _ = self.finish(at).send(lost);
        }
    }

    /// Takes the sender for the parts of this invocation's streamed reply.
    pub(super) fn parts(&mut self, id: &str) -> Option<mpsc::Sender<ReplyPart>> {
        self.in_flight.iter_mut().find(|event| event.id == id)?.waiting.parts.take()
    }

    /// Ends an invocation that will not be answered.
    pub(super) fn lose(&mut self, id: &str) {
        if let Some(at) = self.in_flight.iter().position(|event| event.id == id) {
            _ = self.finish(at).send(Answer::lost());
        }
    }

    fn finish(&mut self, at: usize) -> oneshot::Sender<Answer> {
        let event = self.in_flight.remove(at);
        self.answered.truncate(REMEMBERED_IDS - 1);
        self.answered.push_front(event.id);
        event.waiting.answer
    }

    fn fail_init(&mut self, request: &Request) -> Response {
        if self.ready {
            return Response::invalid_state("Running", "InitError");
        }
        let error = Answer::new(AnswerKind::Error, request);
        for (_, waiting) in self.queue.drain(..) {
            _ = waiting.answer.send(error.clone());
        }
        self.init_error = Some(error);
        Response::accepted()
    }
}
