//! Replies of HTTP functions.

use super::Outcome;
use crate::frontend::{HeaderMode, Origin, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::borrow::Cow;

/// A response as the client of an HTTP function receives it, returned by [`Outcome::http`](super::Outcome::http).
///
/// ```
/// use serde_json::{Value, json};
///
/// async fn login(_: Value) -> Result<Value, lrt::Error> {
///     Ok(json!({"statusCode": 303, "headers": {"Location": "/"}, "cookies": ["session=s-1; Secure", "theme=dark"]}))
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
    /// Parses a reply like the origins of this kind.
    pub(super) fn read(body: &[u8], kind: &str) -> Result<HttpResponse, String> {
        let origins = match Origin::of_kind(kind) {
            // For a function of another kind that builds the response itself.
            [] => &[Origin::HttpApi, Origin::RestApi],
            origins => origins,
        };
        // Only the event shows which origin it came from, and how a load balancer is configured. The difference matters only for
        // replies with both maps of headers.
        let mode = match origins {
            [Origin::HttpApi | Origin::FunctionUrl, Origin::HttpApi | Origin::FunctionUrl] => HeaderMode::Single,
            _ => HeaderMode::Both,
        };
        Reply::read(body, origins, mode).map(HttpResponse)
    }

    /// Parses a streamed reply.
    pub(super) fn read_streamed(prelude: &[u8], body: Vec<u8>, kind: &str) -> Result<HttpResponse, String> {
        // All services that support streaming accept both maps of headers, and cookies.
        let mut read = match Origin::of_kind(kind) {
            [] => return Err("the function is not an HTTP function".to_owned()),
            _ => Reply::read_prelude(prelude)?,
        };
        read.body = body;
        Ok(HttpResponse(read))
    }

    /// Returns the status code.
    pub fn status(&self) -> u16 {
        self.0.status
    }

    /// Returns the first header with this name, ignoring case. Cookies are in [`cookies`](HttpResponse::cookies).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.header(name)
    }

    /// Returns all headers as `(name, value)`, in the order of the reply. Cookies are in [`cookies`](HttpResponse::cookies).
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.headers.iter().map(|(name, value)| (&**name, &**value))
    }

    /// Returns the values of `set-cookie`, such as `session=s-1; Secure`.
    pub fn cookies(&self) -> &[String] {
        &self.0.cookies
    }

    /// Returns the body, decoded from base64 if necessary.
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// Returns the body as text.
    ///
    /// # Panics
    ///
    /// Panics if it is not UTF-8.
    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.0.body).unwrap_or_else(|error| {
            panic!("the body of the {} response is not UTF-8: {error}: {}", self.0.status, self.shown())
        })
    }

    /// Deserializes the body as JSON.
    ///
    /// # Panics
    ///
    /// Panics if it cannot be deserialized as `T`.
    #[track_caller]
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.0.body).unwrap_or_else(|error| {
            let name = std::any::type_name::<T>();
            panic!("failed to deserialize body of the {} response as {name}: {error}: {}", self.0.status, self.shown())
        })
    }

    fn shown(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0.body)
    }
}

/// Returns the reply of an HTTP function in a readable form, if it is valid.
pub(super) fn readable(outcome: &Outcome) -> Option<Value> {
    if Origin::of_kind(outcome.kind).is_empty() {
        return None;
    }
    let HttpResponse(reply) = outcome.http_reply().ok()?;
    let mut headers = Map::new();
    for (name, value) in &reply.headers {
        let name = name.to_ascii_lowercase();
        // The only header that contains the current time.
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

/// Returns the body as JSON if the content type is JSON or missing, otherwise as text or base64.
fn readable_body(reply: &Reply) -> Value {
    let is_json = reply.header("content-type").is_none_or(|media| media.to_ascii_lowercase().contains("json"));
    let json = || serde_json::from_slice(&reply.body).ok().filter(|_| is_json);
    json().unwrap_or_else(|| match std::str::from_utf8(&reply.body) {
        Ok(text) => text.into(),
        Err(_) => json!({ "base64": STANDARD.encode(&reply.body) }),
    })
}
