use std::collections::VecDeque;

use super::event::uuid;
use super::request::Request;
use super::response::Response;

/// An extension registered by the process under test.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extension {
    /// The `Lambda-Extension-Name`.
    pub name: String,
    /// The events it registered for: `INVOKE`, or none.
    pub events: Vec<String>,
    /// True if its `GET /extension/event/next` is waiting.
    pub waiting: bool,
}

/// The extensions of one process.
#[derive(Default)]
pub(super) struct Extensions(Vec<Registered>);

struct Registered {
    name: String,
    identifier: String,
    invoke: bool,
    /// The connection of its last `/event/next`.
    asked_on: Option<usize>,
    events: VecDeque<String>,
}

impl Extensions {
    pub(super) fn list(&self, waits: impl Fn(usize) -> bool) -> Vec<Extension> {
        let list = self.0.iter().map(|extension| Extension {
            name: extension.name.clone(),
            events: extension.invoke.then(|| "INVOKE".to_owned()).into_iter().collect(),
            waiting: extension.asked_on.is_some_and(&waits),
        });
        list.collect()
    }

    /// Returns true if every registered extension has called `/event/next`, which ends Lambda's init phase.
    pub(super) fn all_ready(&self) -> bool {
        self.0.iter().all(|extension| extension.asked_on.is_some())
    }

    pub(super) fn register(&mut self, request: &Request) -> Response {
        let Some(name) = request.headers.get("Lambda-Extension-Name").filter(|name| !name.is_empty()) else {
            return Response::error(403, "Extension.InvalidExtensionName", "Empty extension name");
        };
        // The body is {"events": [...]} and there are only two events, so a substring search is sufficient.
        let body = String::from_utf8_lossy(&request.body);
        if body.contains(r#""SHUTDOWN""#) {
            // Only external extensions (/opt/extensions) may register for it.
            let message = "SHUTDOWN: ShutdownEventNotSupportedForInternalExtension";
            return Response::error(403, "Extension.InvalidEventType", message);
        }
        let identifier = uuid();
        let function = "{\"functionName\":\"test_function\",\"functionVersion\":\"$LATEST\",\"handler\":\"\"}\n";
        let mut response = Response::json(200, function);
        response.headers.push("Lambda-Extension-Identifier", &identifier);
        let invoke = body.contains(r#""INVOKE""#);
        self.0.push(Registered { name: name.to_owned(), identifier, invoke, asked_on: None, events: VecDeque::new() });
        response
    }

    /// Returns the response, or `None` until an event is queued.
    pub(super) fn next(&mut self, request: &Request) -> Option<Response> {
        let identifier = request.headers.get("Lambda-Extension-Identifier");
        let Some(extension) = self.0.iter_mut().find(|one| identifier == Some(&one.identifier)) else {
            return Some(Response::error(403, "Extension.UnknownExtensionIdentifier", "Unknown extension"));
        };
        extension.asked_on = Some(request.connection);
        let mut response = Response::json(200, extension.events.pop_front()?);
        response.headers.push("Lambda-Extension-Event-Identifier", uuid());
        Some(response)
    }

    /// Queues an event for each extension that registered for `INVOKE`.
    pub(super) fn invoked(&mut self, event: &str) {
        self.0.iter_mut().filter(|extension| extension.invoke).for_each(|one| one.events.push_back(event.to_owned()));
    }
}
