//! A method and the pattern of a path: `GET /orders/{id}`.

mod parse;

use crate::extract::PathParams;
use crate::problem::Problem;
use crate::text::decode;
use axum_core::response::{IntoResponse, Response};
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use lrt_core::http::append;
pub use parse::RouteError;
use parse::{Segment, Verb};

/// What a function answers to: a method, and a path with parameters.
///
/// ```
/// use http::Method;
/// use lrt_http::{Match, Route};
///
/// let route = Route::parse("GET /orders/{id}")?;
/// let Match::Found(params) = route.matches(&Method::GET, "/orders/7") else { panic!("not found") };
/// assert_eq!(params.deserialize(), Ok(7));
/// assert_eq!(route.matches(&Method::GET, "/orders/7/"), Match::NotFound);
/// assert_eq!(route.matches(&Method::PUT, "/orders/7"), Match::MethodNotAllowed { allow: "GET,HEAD" });
/// # Ok::<_, lrt_http::RouteError>(())
/// ```
///
/// - The method is one of API Gateway's: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS`, or `ANY`. A route of
///   `GET` answers `HEAD` as well.
/// - `{id}` is one segment of the path, and not an empty one. `{rest+}` (as API Gateway writes it) and `{*rest}` (as
///   axum does) are the last segment with all that follows, slashes included.
/// - An escaped slash (`%2F`) does not end a segment.
/// - The rest is taken as it is: `/orders/` is not `/orders`, and case counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    verb: Verb,
    segments: Vec<Segment>,
}

/// What a request is to a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Match {
    /// Method and path are the route's; its parameters, as the path has them.
    Found(PathParams),
    /// The path is not the route's.
    NotFound,
    /// The path is the route's, and the method is not.
    MethodNotAllowed {
        /// The methods that are, as in the header `Allow`.
        allow: &'static str,
    },
}

impl Match {
    /// The parameters, or the answer: 404, or 405 with `Allow`, as a [`Problem`].
    ///
    /// # Errors
    ///
    /// That answer.
    // It is made once for a request, and goes on as what it is.
    #[allow(clippy::result_large_err)]
    pub fn or_answer(self) -> Result<PathParams, Response> {
        match self {
            Match::Found(params) => Ok(params),
            Match::NotFound => Err(Problem::new(StatusCode::NOT_FOUND).into_response()),
            Match::MethodNotAllowed { allow } => {
                let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED).into_response();
                append(response.headers_mut(), ALLOW, HeaderValue::from_static(allow))
                    .expect("two headers are not too many");
                Err(response)
            }
        }
    }
}

impl Route {
    /// The route that a text describes.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Route, RouteError> {
        let (verb, segments) = parse::parse(text)?;
        Ok(Route { verb, segments })
    }

    /// Compares a request's method and path, without its query, with the route.
    pub fn matches(&self, method: &Method, path: &str) -> Match {
        let Some(params) = self.params(path) else { return Match::NotFound };
        if self.verb.takes(method.as_str()) {
            Match::Found(PathParams::encoded(params))
        } else {
            Match::MethodNotAllowed { allow: self.verb.allow() }
        }
    }

    fn params<'a>(&'a self, path: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
        let mut params = Vec::new();
        let mut rest = Some(path.strip_prefix('/')?);
        for segment in &self.segments {
            let path = rest?;
            let (head, tail) = match path.split_once('/') {
                Some((head, tail)) => (head, Some(tail)),
                None => (path, None),
            };
            rest = tail;
            match segment {
                Segment::Literal(literal) if is(literal, head) => {}
                Segment::Param(name) if !head.is_empty() => params.push((name.as_str(), head)),
                Segment::Rest(name) if !path.is_empty() => {
                    params.push((name.as_str(), path));
                    rest = None;
                }
                _ => return None,
            }
        }
        rest.is_none().then_some(params)
    }
}

/// Whether a segment is this literal, escaped or not.
fn is(literal: &str, segment: &str) -> bool {
    literal == segment || segment.contains('%') && decode(segment).is_ok_and(|decoded| decoded == literal)
}
