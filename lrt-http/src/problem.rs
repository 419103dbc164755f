//! What a client is told of a request that cannot be served.

use crate::answer::json;
use crate::bytes::{digits, put, reason, shared};
use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use std::borrow::Cow;

/// A problem as JSON: `{"status":422,"title":"Unprocessable Entity","detail":"…","field":"items[0].count"}`.
///
/// What is not set is not there. Without `type`, `title` is what HTTP calls the status.
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
    /// A problem with this status.
    pub fn new(status: StatusCode) -> Problem {
        Problem { status, title: None, detail: None, field: None, request_id: None }
    }

    /// What kind of problem it is, in few words. The default is what HTTP calls the status.
    pub fn title(mut self, title: impl Into<Cow<'static, str>>) -> Problem {
        self.title = Some(title.into());
        self
    }

    /// What is wrong with this request, for whoever wrote it.
    pub fn detail(mut self, detail: impl Into<Cow<'static, str>>) -> Problem {
        self.detail = Some(detail.into());
        self
    }

    /// The path of the value that is wrong: `items[0].count`. An empty one is left out.
    pub fn field(mut self, path: impl Into<Cow<'static, str>>) -> Problem {
        self.field = Some(path.into()).filter(|path| !path.is_empty());
        self
    }

    /// The id under which the log tells more. An empty one is left out.
    pub fn request_id(mut self, id: impl Into<String>) -> Problem {
        self.request_id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The answer, with all of its body.
    pub fn answer(&self) -> http::Response<Bytes> {
        lrt_core::http::response(self.status, HeaderValue::from_static("application/problem+json"), shared(self.json()))
    }

    /// The answer's body.
    fn json(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(128);
        put(&mut out, b"{\"status\":");
        put(&mut out, &digits(self.status));
        let title = self.title.as_deref().or_else(|| reason(self.status));
        member(&mut out, ",\"title\":", title);
        member(&mut out, ",\"detail\":", self.detail.as_deref());
        member(&mut out, ",\"field\":", self.field.as_deref());
        member(&mut out, ",\"requestId\":", self.request_id.as_deref());
        out.push(b'}');
        out
    }
}

#[inline(never)]
fn member(out: &mut Vec<u8>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        put(out, name.as_bytes());
        json::string(out, value);
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        self.answer().map(Body::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(problem: &Problem) -> String {
        String::from_utf8(problem.json()).unwrap()
    }

    #[test]
    fn what_is_set_is_a_member() {
        let problem = Problem::new(StatusCode::NOT_FOUND);
        assert_eq!(json(&problem), r#"{"status":404,"title":"Not Found"}"#);
        let problem = problem.title("Gone \"home\"").detail("a\nb").field("items[0]").request_id("7");
        assert_eq!(
            json(&problem),
            r#"{"status":404,"title":"Gone \"home\"","detail":"a\nb","field":"items[0]","requestId":"7"}"#
        );
    }

    #[test]
    fn what_is_empty_or_unknown_is_left_out() {
        let odd = StatusCode::from_u16(599).unwrap();
        assert_eq!(json(&Problem::new(odd).field("").request_id("")), r#"{"status":599}"#);
    }
}
