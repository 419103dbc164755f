//! Problem details, the body of error responses.

use crate::response::json;
use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use std::borrow::Cow;

/// An error response in JSON: `{"status":422,"title":"Unprocessable Entity","detail":"…","field":"items[0].count"}`.
///
/// Members that are not set are omitted, except for `title`, which defaults to the reason phrase of the status.
///
/// See [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457).
///
/// ```
/// use axum_core::response::IntoResponse;
/// use http::StatusCode;
/// use lrt_http::Problem;
///
/// let response = Problem::new(StatusCode::CONFLICT).detail("order 7 was sent already").into_response();
/// assert_eq!(response.status(), 409);
/// assert_eq!(response.headers()["content-type"], "application/problem+json");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Problem {
    status: StatusCode,
    title: Option<Cow<'static, str>>,
    detail: Option<Cow<'static, str>>,
    field: Option<Cow<'static, str>>,
    request_id: Option<String>,
}

impl Problem {
    /// Creates a problem with this status.
    pub fn new(status: StatusCode) -> Problem {
        Problem { status, title: None, detail: None, field: None, request_id: None }
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

    /// Sets the path of the invalid value, `items[0].count`. An empty path is omitted.
    pub fn field(mut self, path: impl Into<Cow<'static, str>>) -> Problem {
        self.field = Some(path.into()).filter(|path| !path.is_empty());
        self
    }

    /// Sets the request id, with which the log lines of the invocation can be found. An empty id is omitted.
    pub fn request_id(mut self, id: impl Into<String>) -> Problem {
        self.request_id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the response with its complete body.
    pub fn to_response(&self) -> http::Response<Bytes> {
        lrt_core::http::response(self.status, HeaderValue::from_static("application/problem+json"), self.json().into())
    }

    fn json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        out.extend_from_slice(b"{\"status\":");
        out.extend_from_slice(self.status.as_str().as_bytes());
        let title = self.title.as_deref().or_else(|| self.status.canonical_reason());
        write_member(&mut out, "title", title);
        write_member(&mut out, "detail", self.detail.as_deref());
        write_member(&mut out, "field", self.field.as_deref());
        write_member(&mut out, "requestId", self.request_id.as_deref());
        out.push(b'}');
        out
    }
}

fn write_member(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        out.push(b',');
        json::string(out, name);
        out.push(b':');
        json::string(out, value);
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
    }

    #[test]
    fn empty_members_and_the_title_of_an_unknown_status_are_omitted() {
        let unknown = StatusCode::from_u16(599).unwrap();
        assert_eq!(json(&Problem::new(unknown).field("").request_id("")), r#"{"status":599}"#);
    }
}
