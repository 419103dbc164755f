//! The page at `/_lrt`, and the JSON that it is made of.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_lrt` | the page |
//! | `GET /_lrt/functions` | the functions, each with events to begin with |
//! | `GET /_lrt/history?after=N` | the invocations behind number N, in short |
//! | `GET /_lrt/history/REQUEST_ID` | one of them: event, reply, log |
//! | `POST /_lrt/history/REQUEST_ID/save` | it is kept as a fixture, as by `--record` |
//!
//! Events are sent by Lambda's own Invoke.

use super::browser_check::check_same_origin;
use super::error_response::InvokeError;
use super::history::History;
use super::indent::indent;
use super::invoke_api::{Answer, Function, answer};
use super::recorder::Recorder;
use hyper::Method;
use hyper::http::request::Parts;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where it is. A function of HTTP requests gets nothing that is below.
const PATH: &str = "/_lrt";

const PAGE: &str = include_str!("page.html");

/// The page asks nobody but this server, shows nothing of anybody else, and is shown in no other page.
const POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; \
    img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The most of a folder's events that are shown, and the most bytes of one.
const MAX_FILES: usize = 100;
const MAX_FILE_BYTES: u64 = 1024 * 1024;

/// What the page shows, beside the functions.
pub(super) struct Page {
    pub(super) history: Arc<History>,
    pub(super) recorder: Recorder,
}

/// The folder of the package's fixtures, where a test looks for them: that of the package that cargo runs, or else this one.
pub(super) fn fixtures() -> PathBuf {
    std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from).join("events")
}

/// Whether this is for the page, and not for a function.
pub(super) fn is_path(path: &str) -> bool {
    path.strip_prefix(PATH).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl Page {
    pub(super) fn respond(&self, head: &Parts, functions: &[Function]) -> Result<Answer, InvokeError> {
        check_same_origin(head)?;
        let rest = head.uri.path().strip_prefix(PATH).unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
        // hyper leaves the body out of an answer to HEAD.
        let method = if head.method == Method::HEAD { &Method::GET } else { &head.method };
        match (method, &*parts) {
            (&Method::GET, []) => Ok(page()),
            (&Method::GET, ["functions"]) => Ok(json(200, &self.functions(functions))),
            (&Method::GET, ["history"]) => Ok(json(200, &self.history.after(after(head.uri.query())))),
            (&Method::GET, ["history", id]) => {
                Ok(self.history.find(id).map_or_else(forgotten, |entry| json(200, &entry.whole())))
            }
            (&Method::POST, ["history", id, "save"]) => Ok(self.save(id)),
            _ => Err(InvokeError::UnknownPath),
        }
    }

    fn functions(&self, functions: &[Function]) -> Value {
        let files = files(self.recorder.folder());
        let all = functions.iter().map(|function| {
            let samples = function.samples.iter().map(|(name, event)| json!({ "name": name, "event": event }));
            json!({
                "name": function.name,
                "kind": function.kind,
                "route": function.gateway.as_ref().and_then(|gateway| gateway.route()),
                "events": samples.chain(files.iter().cloned()).collect::<Value>(),
            })
        });
        all.collect()
    }

    fn save(&self, id: &str) -> Answer {
        let Some(entry) = self.history.find(id) else { return forgotten() };
        let reply = (!entry.reply.is_empty()).then_some(&*entry.reply);
        match self.recorder.record(&entry.function, &entry.event, reply) {
            Ok(recorded) => json(200, &json!({ "saved": recorded.path.display().to_string() })),
            Err(error) => json(500, &json!({ "error": format!("cannot save it: {error}") })),
        }
    }
}

fn page() -> Answer {
    let headers = [
        ("Content-Type", "text/html; charset=utf-8"),
        ("Content-Security-Policy", POLICY),
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
    ];
    answer(200, &headers, PAGE)
}

fn json(status: u16, value: &Value) -> Answer {
    let headers =
        [("Content-Type", "application/json"), ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff")];
    answer(status, &headers, value.to_string())
}

fn forgotten() -> Answer {
    json(404, &json!({ "error": "there is no such invocation, or it was long ago" }))
}

fn after(query: Option<&str>) -> u64 {
    let number = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("after=")));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// The events in a folder, by name. One that cannot be read is left out.
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
    fn the_page_asks_nobody_else_and_takes_no_path_of_a_functions() {
        for outside in ["http://", "https://", "//", "@import", "url("] {
            assert!(!PAGE.contains(outside) || outside == "//" && !PAGE.contains("\"//"), "{outside}");
        }
        assert!(is_path("/_lrt") && is_path("/_lrt/") && is_path("/_lrt/history"));
        assert!(!is_path("/") && !is_path("/_lrts") && !is_path("/a/_lrt"));
    }

    #[test]
    fn the_number_behind_which_to_begin_is_0_unless_it_is_one() {
        for (query, number) in [(None, 0), (Some("after=7"), 7), (Some("a=b&after=8"), 8), (Some("after=x"), 0)] {
            assert_eq!(after(query), number);
        }
    }

    #[test]
    fn the_events_of_a_folder_are_read_and_nothing_else() {
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
