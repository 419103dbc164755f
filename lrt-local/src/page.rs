//! The page at `/_lrt`, and the JSON that it shows.
//!
//! | Request | Response |
//! |---|---|
//! | `GET /_lrt` | the page |
//! | `GET /_lrt/functions` | the functions, each with sample events |
//! | `GET /_lrt/history?after=N` | summaries of the invocations after number N |
//! | `GET /_lrt/history/REQUEST_ID` | one invocation, with event, reply and log |
//! | `GET /_lrt/history/REQUEST_ID/output` | its log and its spans, to which the work after the reply adds |
//! | `POST /_lrt/history/REQUEST_ID/save` | saves the invocation as a fixture, as `--record` does |
//! | `POST /_lrt/spans` | adds spans; sent by functions with `lrt-otel` |
//!
//! The page sends events through Lambda's Invoke API.

use super::browser_check::{check_own_request, check_page_request};
use super::error_response::InvokeError;
use super::history::History;
use super::http_message::{HttpResponse, read, response};
use super::indent::indent;
use super::recorder::Recorder;
use super::served_function::ServedFunction;
use super::spans::Spans;
use hyper::body::Incoming;
use hyper::{Method, Request};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Path of the page. HTTP functions do not receive requests for it or for paths below.
const PATH: &str = "/_lrt";

const PAGE: &str = include_str!("page.html");

/// The page may only send requests to this server, must not load other resources, and cannot be framed.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Maximum number of files listed from the folder, and maximum size of each.
const MAX_FILES: usize = 100;
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// Maximum size of a request with spans.
const MAX_SPANS_BYTES: usize = 8 * 1024 * 1024;

/// Data of the page, except for the functions.
pub(super) struct Page {
    pub(super) history: Arc<History>,
    pub(super) spans: Spans,
    pub(super) recorder: Recorder,
}

/// Returns the URL that accepts spans.
pub(super) fn spans_url(address: SocketAddr) -> String {
    format!("http://{address}{PATH}/spans")
}

/// Returns the folder in which tests look for fixtures, in the package that cargo runs or in the current directory.
pub(super) fn fixtures() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from).join("events")
}

/// Returns true for the paths of the page.
pub(super) fn is_path(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Page {
    pub(super) async fn respond(
        &self,
        request: Request<Incoming>,
        functions: &[ServedFunction],
    ) -> Result<HttpResponse, InvokeError> {
        let (head, body) = request.into_parts();
        if head.uri.path() == PATH { check_page_request(&head) } else { check_own_request(&head) }?;
        let rest = head.uri.path().strip_prefix(PATH).unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        // hyper omits the body in responses to HEAD.
        let method = if head.method == Method::HEAD { &Method::GET } else { &head.method };
        match (method, &*parts) {
            (&Method::GET, []) => Ok(page()),
            (&Method::GET, ["functions"]) => Ok(json(200, &self.functions(functions))),
            (&Method::GET, ["history"]) => Ok(json(200, &self.history.after(after(head.uri.query())))),
            (&Method::GET, ["history", id]) => {
                Ok(self.history.find(id).map_or_else(not_found, |entry| json(200, &entry.details())))
            }
            (&Method::GET, ["history", id, "output"]) => {
                let spans = self.spans.of_invocation(id);
                let found = self.history.find(id);
                Ok(found.map_or_else(not_found, |entry| json(200, &json!({ "log": entry.log(), "spans": spans }))))
            }
            (&Method::POST, ["history", id, "save"]) => Ok(self.save(id)),
            (&Method::POST, ["spans"]) => self.add_spans(body).await,
            _ => Err(InvokeError::UnknownPath),
        }
    }

    fn functions(&self, functions: &[ServedFunction]) -> Value {
        let files = files(self.recorder.folder());
        let all = functions.iter().map(|function| {
            let samples = function.samples.iter().map(|(name, event)| json!({ "name": name, "event": event }));
            json!({
                "name": function.name,
                "kind": function.kind,
                "route": function.frontend.as_ref().and_then(|frontend| frontend.route()),
                "events": samples.chain(files.iter().cloned()).collect::<Value>(),
            })
        });
        all.collect()
    }

    async fn add_spans(&self, body: Incoming) -> Result<HttpResponse, InvokeError> {
        let (body, size) = read(body, MAX_SPANS_BYTES).await.map_err(|_| InvokeError::IncompleteBody)?;
        if size > MAX_SPANS_BYTES {
            return Ok(json(413, &json!({ "error": format!("{size} bytes of spans (limit {MAX_SPANS_BYTES})") })));
        }
        Ok(match serde_json::from_slice(&body) {
            Ok(spans) => {
                self.spans.add(spans);
                response(204, &[], "")
            }
            Err(error) => json(400, &json!({ "error": format!("invalid spans: {error}") })),
        })
    }

    fn save(&self, id: &str) -> HttpResponse {
        let Some(entry) = self.history.find(id) else { return not_found() };
        let reply = (!entry.reply.is_empty()).then_some(&*entry.reply);
        match self.recorder.record(&entry.function, &entry.event, reply) {
            Ok(recorded) => json(200, &json!({ "saved": recorded.to_string() })),
            Err(error) => json(500, &json!({ "error": format!("failed to save: {error}") })),
        }
    }
}

fn page() -> HttpResponse {
    let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", POLICY),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    ];
    response(200, &headers, PAGE)
}

fn json(status: u16, value: &Value) -> HttpResponse {
    let headers =
        [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")];
    response(status, &headers, value.to_string())
}

fn not_found() -> HttpResponse {
    json(404, &json!({ "error": "invocation not found (may have been evicted)" }))
}

fn after(query: Option<&str>) -> u64 {
    let number = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("after=")));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Returns the events in a folder, sorted by name. Invalid files are skipped.
fn files(folder: &Path) -> Vec<Value> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.flatten().map(|entry| entry.path());
    let mut paths: Vec<_> = paths.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    paths.sort();
    let is_small = |path: &PathBuf| path.metadata().is_ok_and(|file| file.is_file() && file.len() <= MAX_FILE_BYTES);
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).ok()?;
        serde_json::from_str::<serde::de::IgnoredAny>(&text).ok()?;
        let name = Path::new(folder.file_name()?).join(path.file_name()?);
        Some(json!({ "name": name.display().to_string(), "event": String::from_utf8_lossy(&indent(text.as_bytes())) }))
    };
    paths.into_iter().filter(is_small).filter_map(read).take(MAX_FILES).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_loads_nothing_from_other_servers() {
        for external in ["http://", "https://", "//", "@import", "url("] {
            assert!(!PAGE.contains(external) || external == "//" && !PAGE.contains("\"//"), "{external}");
        }
    }

    #[test]
    fn paths_of_the_page_are_recognized() {
        assert!(is_path("/_lrt") && is_path("/_lrt/") && is_path("/_lrt/history"));
        assert!(!is_path("/") && !is_path("/_lrts") && !is_path("/a/_lrt"));
    }

    #[test]
    fn missing_or_invalid_number_is_0() {
        for (query, number) in [(None, 0), (Some("after=7"), 7), (Some("a=b&after=8"), 8), (Some("after=x"), 0)] {
            assert_eq!(after(query), number);
        }
    }

    #[test]
    fn events_of_the_folder_are_listed_and_other_files_skipped() {
        let folder = std::env::temp_dir().join(format!("lrt-page-{}", std::process::id())).join("events");
        std::fs::create_dir_all(folder.join("deep.json")).unwrap();
        for (name, text) in [("b.json", "[1]"), ("a.json", "{\"b\":1.0}"), ("c.json", "no"), ("d.reply", "1")] {
            std::fs::write(folder.join(name), text).unwrap();
        }
        let expected = [
            json!({ "name": "events/a.json", "event": "{\n  \"b\": 1.0\n}" }),
            json!({ "name": "events/b.json", "event": "[\n  1\n]" }),
        ];
        assert_eq!(files(&folder), expected);
        std::fs::remove_dir_all(folder.parent().unwrap()).unwrap();
        assert_eq!(files(&folder), [] as [Value; 0]);
    }
}
