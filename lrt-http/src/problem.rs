//! Problem details, the body of error responses.

use crate::body::collect;
use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use lrt_core::__private::json::escape::write_string;
use serde_json::Value;
use std::borrow::Cow;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Maximum size of a text body that becomes the `detail` of a problem.
const MAX_DETAIL_BYTES: usize = 16 * 1024;

/// An error response in JSON: `{"status":422,"title":"Unprocessable Entity","detail":"…","field":"items[0].count"}`.
///
/// Members that are not set are omitted, except for `title`, which defaults to the reason phrase of the status. See
/// [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).
///
/// ```
/// use axum_core::response::IntoResponse;
/// use http::StatusCode;
/// use lrt_http::Problem;
///
/// let problem = Problem::new(StatusCode::FORBIDDEN)
///     .type_uri("https://example.com/problems/out-of-credit")
///     .title("You do not have enough credit")
///     .detail("Your balance is 30, but the order costs 50")
///     .instance("/orders/7")
///     .extension("balance", 30);
/// let response = problem.into_response();
/// assert_eq!(response.status(), 403);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
///
/// # Problems in an axum `Router`
///
/// The 404 and 405 responses of a router have no body, and the rejections of axum's extractors are plain text.
/// [`Problem::from_response`] replaces these bodies, as a layer of the router:
///
/// ```
/// use axum::middleware::map_response;
/// use axum::{Form, Router, routing::post};
/// use lrt_http::Problem;
///
/// async fn order(Form(items): Form<Vec<(String, u32)>>) -> String {
///     format!("{} items", items.len())
/// }
///
/// let app: Router = Router::new().route("/orders", post(order)).layer(map_response(Problem::from_response));
/// ```
///
/// Alternatively, `Router::fallback` and `Router::method_not_allowed_fallback` can return your own problems, and the
/// extractors [`Json`](crate::Json) and [`Query`](crate::Query) of this crate, which work in routers as well, reject
/// requests with a problem that names the invalid value.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Problem {
    status: StatusCode,
    type_uri: Option<Cow<'static, str>>,
    title: Option<Cow<'static, str>>,
    detail: Option<Cow<'static, str>>,
    instance: Option<Cow<'static, str>>,
    extensions: Vec<(Cow<'static, str>, Value)>,
}

impl Problem {
    /// Creates a problem with this status.
    pub fn new(status: StatusCode) -> Problem {
        Problem { status, type_uri: None, title: None, detail: None, instance: None, extensions: Vec::new() }
    }

    /// Sets `type`, the URI that identifies the kind of problem. The default, `about:blank`, means that the status
    /// describes the problem.
    pub fn type_uri(mut self, uri: impl Into<Cow<'static, str>>) -> Problem {
        self.type_uri = Some(uri.into());
        self
    }

    /// Sets the summary of the kind of problem. The default is the reason phrase of the status.
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Problem {
        self.title = Some(title.into());
        self
    }

    /// Sets the explanation of this occurrence of the problem, for the author of the request.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    /// Sets the URI that identifies this occurrence of the problem.
    pub fn instance(mut self, uri: impl Into<Cow<'static, str>>) -> Problem {
        self.instance = Some(uri.into());
        self
    }

    /// Sets an extension member, whose value may be any JSON. A later value with the same name replaces an earlier one.
    ///
    /// The names of the standard members (`type`, `status`, `title`, `detail`, `instance`) are ignored, since each of
    /// them has its own method.
    pub fn extension(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) -> Problem {
        let (name, value) = (name.into(), value.into());
        if matches!(&*name, "type" | "status" | "title" | "detail" | "instance") {
            return self;
        }
        match self.extensions.iter_mut().find(|(other, _)| *other == name) {
            Some((_, earlier)) => *earlier = value,
            None => self.extensions.push((name, value)),
        }
        self
    }

    /// Sets the extension member `field`, the path of the invalid value: `items[0].count`. An empty path is omitted.
    pub fn field(self, path: impl Into<Cow<'static, str>>) -> Problem {
        self.text_extension("field", path.into())
    }

    /// Sets the extension member `requestId`, which identifies the log lines of the invocation. An empty id is omitted.
    pub fn request_id(self, id: impl Into<String>) -> Problem {
        self.text_extension("requestId", id.into().into())
    }

    fn text_extension(self, name: &'static str, text: Cow<'static, str>) -> Problem {
        if text.is_empty() { self } else { self.extension(name, text) }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the response with its complete body.
    pub fn to_response(&self) -> http::Response<Bytes> {
        lrt_core::http::response(self.status, MEDIA_TYPE, self.json().into())
    }

    /// Converts an error response with an empty or plain text body to a problem. Other responses, such as compressed ones, are
    /// returned unchanged.
    ///
    /// Status and headers, such as `allow`, are kept. The text becomes the `detail` of a client error. The text of a server error
    /// is dropped, since it is not meant for clients.
    ///
    /// ```
    /// use axum_core::response::IntoResponse;
    /// use http::StatusCode;
    /// use lrt_http::Problem;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let response = Problem::from_response(StatusCode::NOT_FOUND.into_response()).await;
    /// assert_eq!(response.headers()["content-type"], "application/problem+json");
    /// let body = lrt_http::collect(response.into_body(), 1024).await.unwrap();
    /// assert_eq!(body, r#"{"status":404,"title":"Not Found"}"#);
    /// # }
    /// ```
    pub async fn from_response(response: Response) -> Response {
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        let content_type = response.headers().get(CONTENT_TYPE);
        let is_other = content_type.is_some_and(|value| !value.as_bytes().starts_with(b"text/plain"));
        let is_encoded = response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity");
        if !is_error || is_other || is_encoded {
            return response;
        }
        let (mut parts, body) = response.into_parts();
        let mut problem = Problem::new(status);
        // If the body is too large or fails, the problem has no detail.
        let text = collect(body, MAX_DETAIL_BYTES).await.unwrap_or_default();
        if status.is_client_error() && !text.is_empty() {
            problem = problem.detail(String::from_utf8_lossy(&text).into_owned());
        }
        parts.headers.insert(CONTENT_TYPE, MEDIA_TYPE);
        parts.headers.remove(CONTENT_LENGTH);
        Response::from_parts(parts, problem.json().into())
    }

    fn json(&self) -> Vec<u8> {
        let mut out = vec![b'{'];
        write_member(&mut out, "type", self.type_uri.as_deref());
        out.extend_from_slice(b"\"status\":");
        out.extend_from_slice(self.status.as_str().as_bytes());
        out.push(b',');
        write_member(&mut out, "title", self.title.as_deref().or_else(|| self.status.canonical_reason()));
        write_member(&mut out, "detail", self.detail.as_deref());
        write_member(&mut out, "instance", self.instance.as_deref());
        for (name, value) in &self.extensions {
            write_string(&mut out, name);
            out.push(b':');
            out.extend_from_slice(value.to_string().as_bytes());
            out.push(b',');
        }
        // Removes the last comma.
        out.pop();
        out.push(b'}');
        out
    }
}

/// Writes a member and the comma that follows it.
fn write_member(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        write_string(out, name);
        out.push(b':');
        write_string(out, value);
        out.push(b',');
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.to_response().map(Body::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn json(problem: &Problem) -> String {
        String::from_utf8(problem.json()).unwrap()
    }

    #[test]
    fn members_that_are_set_are_written() {
        let problem = Problem::new(StatusCode::NOT_FOUND);
        assert_eq!(json(&problem), r#"{"status":404,"title":"Not Found"}"#);
        let problem = problem.title("Gone \"home\"").detail("a\nb").field("items[0]").request_id("7");
        assert_eq!(
            json(&problem),
            r#"{"status":404,"title":"Gone \"home\"","detail":"a\nb","field":"items[0]","requestId":"7"}"#
        );
        let problem = Problem::new(StatusCode::FORBIDDEN).type_uri("https://h/\"p").instance("/orders/7");
        assert_eq!(
            json(&problem),
            r#"{"type":"https://h/\"p","status":403,"title":"Forbidden","instance":"/orders/7"}"#
        );
    }

    #[test]
    fn extensions_are_any_json_and_standard_members_are_not_extensions() {
        let problem = Problem::new(StatusCode::from_u16(499).unwrap())
            .extension("balance", 30)
            .extension("a\"b", json!({"c": [null, 1.5, "\u{1}"]}))
            .extension("balance", true)
            .extension("status", 200)
            .extension("detail", "none");
        assert_eq!(json(&problem), r#"{"status":499,"balance":true,"a\"b":{"c":[null,1.5,"\u0001"]}}"#);
    }

    #[test]
    fn empty_members_and_the_title_of_an_unknown_status_are_omitted() {
        let unknown = StatusCode::from_u16(599).unwrap();
        assert_eq!(json(&Problem::new(unknown).field("").request_id("")), r#"{"status":599}"#);
    }
}
