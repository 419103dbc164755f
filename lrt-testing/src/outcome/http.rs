//! The reply of an HTTP function.

use super::Outcome;
use crate::frontend::{HeaderMode, Origin, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A response as the client of an HTTP function gets it: [`Outcome::http`](super::Outcome::http).
///
/// ```
/// use serde_json::{Value, json};
///
/// async fn login(_: Value) -> Value {
///     json!({"statusCode": 303, "headers": {"Location": "/"}, "cookies": ["session=s-1; Secure", "theme=dark"]})
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let reply = lrt::json(login).harness().invoke("{}").await.http();
/// assert_eq!((reply.status(), reply.header("location"), reply.body()), (303, Some("/"), &b""[..]));
/// assert_eq!(reply.cookies(), ["session=s-1; Secure", "theme=dark"]);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HttpResponse(Reply);

impl HttpResponse {
    /// Reads the reply as the origins of this kind do.
    pub(super) fn read(body: &[u8], kind: &str) -> Result<HttpResponse, String> {
        let origins = match Origin::of_kind(kind) {
            // A function of another kind that answers by hand.
            [] => &[Origin::HttpApi, Origin::RestApi],
            origins => origins,
        };
        // Which of them it was, and how a load balancer is set, is in the event alone. Where an answer has one map, it
        // is the same.
        let mode = match origins {
            [Origin::HttpApi | Origin::FunctionUrl, Origin::HttpApi | Origin::FunctionUrl] => HeaderMode::Single,
            _ => HeaderMode::Both,
        };
        Reply::read(body, origins, mode).map(HttpResponse)
    }

    /// Reads a reply that was streamed.
    pub(super) fn read_streamed(prelude: &[u8], body: Vec<u8>, kind: &str) -> Result<HttpResponse, String> {
        // The services that take streams take both maps of headers and the cookies.
        let mut read = match Origin::of_kind(kind) {
            [] => return Err("the function's events are no HTTP requests".to_owned()),
            _ => Reply::read_prelude(prelude)?,
        };
        read.body = body;
        Ok(HttpResponse(read))
    }

    /// The status code.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// The first header of this name, in any case. Cookies are among [`cookies`](HttpResponse::cookies).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// All headers as `(name, value)`, in the order of the answer. Cookies are among [`cookies`](HttpResponse::cookies).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The value of each `set-cookie`: `session=s-1; Secure`.
    pub fn cookies(&self) -> &[String] {
        &self.0.cookies
    }

    /// The body's bytes, out of base64.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// The body as text.
    ///
    /// # Panics
    ///
    /// When it is no UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0.body)
            .unwrap_or_else(|error| panic!("the body of the {} is no text: {error}: {}", self.0.status, self.shown()))
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is no `T`.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.0.body).unwrap_or_else(|error| {
            let name = std::any::type_name::<T>();
            panic!("the body of the {} is no {name}: {error}: {}", self.0.status, self.shown())
        })
    }

    fn shown(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }
}

/// A reply as what a person reads, if it is of an HTTP function and one that a client can get.
pub(super) fn readable(outcome: &Outcome) -> Option<Value> {
    if Origin::of_kind(outcome.kind).is_empty() {
        return None;
    }
    let HttpResponse(reply) = outcome.http_reply().ok()?;
    let mut headers = Map::new();
    for (name, value) in &reply.headers {
        let name = name.to_ascii_lowercase();
        // The one header that tells the time.
        let value = if name == "date" { "[time]" } else { value };
        match headers.get_mut(&name) {
            None => _ = headers.insert(name, value.into()),
            Some(Value::Array(values)) => values.push(value.into()),
            Some(first) => *first = json!([first.clone(), value]),
        }
    }
    let cookies = &reply.cookies;
    Some(json!({ "status": reply.status, "headers": headers, "cookies": cookies, "body": readable_body(&reply) }))
}

/// JSON where the type says so or there is none; else text.
fn readable_body(reply: &Reply) -> Value {
    let is_json = reply.header("content-type").is_none_or(|media| media.to_ascii_lowercase().contains("json"));
    let json = || serde_json::from_slice(&reply.body).ok().filter(|_| is_json);
    json().unwrap_or_else(|| match std::str::from_utf8(&reply.body) {
        Ok(text) => text.into(),
        Err(_) => json!({ "base64": STANDARD.encode(&reply.body) }),
    })
}
