//! A method and a path pattern: `GET /orders/{id}`.

mod check;
mod parse;

use crate::event::{Event, Request};
use crate::extract::PathParams;
use crate::problem::Problem;
use axum_core::response::{IntoResponse, Response};
use http::header::ALLOW;
use http::{HeaderValue, Method, StatusCode};
use parse::{RouteMethod, Segment};
use percent_encoding::percent_decode_str;
use std::fmt;

pub use parse::RouteError;

/// The method and the path pattern that a function serves.
///
/// ```
/// use http::Method;
/// use lrt_http::{Route, RouteMatch};
///
/// let route = Route::parse("GET /orders/{id}")?;
/// let RouteMatch::Found(params) = route.matches(&Method::GET, "/orders/7") else { panic!("not found") };
/// assert_eq!(params.deserialize(), Ok(7));
/// assert_eq!(route.matches(&Method::GET, "/orders/7/"), RouteMatch::NotFound);
/// assert_eq!(route.matches(&Method::PUT, "/orders/7"), RouteMatch::MethodNotAllowed { allow: "GET,HEAD" });
/// # Ok::<_, lrt_http::RouteError>(())
/// ```
///
/// - The method is one that API Gateway has routes for: `GET`, `POST`, `PUT`, `PATCH`, `DELETE`, `HEAD`, `OPTIONS`, or `ANY`.
///   A `GET` route serves `HEAD` requests as well.
/// - `{id}` matches one path segment that is not empty. `{rest+}` (API Gateway's syntax) and `{*rest}` (axum's syntax) match
///   the rest of the path including its slashes, and must be the last segment.
/// - An escaped slash (`%2F`) does not end a segment.
/// - Everything else is compared exactly: `/orders/` does not match `/orders`, and case is significant.
///
/// [`matches_request`](Route::matches_request) uses the result of API Gateway if that has matched the same route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    method: RouteMethod,
    segments: Vec<Segment>,
}

/// Result of matching a request against a [`Route`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RouteMatch {
    /// Method and path match. Contains the path parameters, still percent-encoded.
    Found(PathParams),
    /// The path does not match.
    NotFound,
    /// The path matches, but the method does not.
    MethodNotAllowed {
        /// The allowed methods, as in the header `Allow`.
        allow: &'static str,
    },
}

impl RouteMatch {
    /// Returns the path parameters of a match.
    ///
    /// # Errors
    ///
    /// Returns the response to a request that does not match: a [`Problem`] with status 404, or 405 with `Allow`.
    // The response is moved once per request.
    #[allow(clippy::result_large_err)]
    pub fn into_result(self) -> Result<PathParams, Response> {
        match self {
            RouteMatch::Found(params) => Ok(params),
            RouteMatch::NotFound => Err(Problem::new(StatusCode::NOT_FOUND).into_response()),
            RouteMatch::MethodNotAllowed { allow } => {
                let mut response = Problem::new(StatusCode::METHOD_NOT_ALLOWED).into_response();
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
                Err(response)
            }
        }
    }
}

impl Route {
    /// Parses a route, `METHOD /path/{parameter}`.
    ///
    /// # Errors
    ///
    /// Returns the first mistake in the text, with its position.
    pub fn parse(text: &str) -> Result<Route, RouteError> {
        let (method, segments) = parse::parse(text)?;
        Ok(Route { method, segments })
    }

    /// Matches a method and a path without query against the route.
    pub fn matches(&self, method: &Method, path: &str) -> RouteMatch {
        match self.params(path) {
            Some(params) => self.found(method, PathParams::encoded(params)),
            None => RouteMatch::NotFound,
        }
    }

    /// Matches a request against the route.
    ///
    /// API Gateway has matched the request already. If its route has the same path as this route, its path parameters
    /// are used: the path may differ from the route by a trailing slash, a base path mapping or decoding. Otherwise the
    /// path of the request is matched.
    pub fn matches_request(&self, request: &Request) -> RouteMatch {
        match request.extensions().get::<Event>().and_then(|event| self.event_params(event)) {
            Some(params) => self.found(request.method(), params),
            None => self.matches(request.method(), request.uri().path()),
        }
    }

    fn found(&self, method: &Method, params: PathParams) -> RouteMatch {
        if self.method.accepts(method.as_str()) {
            RouteMatch::Found(params)
        } else {
            RouteMatch::MethodNotAllowed { allow: self.method.allow() }
        }
    }

    /// Returns the names of the path parameters.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(Segment::name)
    }

    /// Returns the path parameters of an event whose route has the path of this route, in the order of the route.
    fn event_params(&self, event: &Event) -> Option<PathParams> {
        let route = event.matched_route();
        if !self.has_path(route.split_once(' ').map_or(&*route, |(_, path)| path)) {
            return None;
        }
        let value = |name| Some((name, event.path_parameters().find(|(other, _)| *other == name)?.1));
        let params = self.names().map(value).collect::<Option<Vec<_>>>()?;
        Some(PathParams::from_event(event.origin(), params))
    }

    /// Returns true if this is the path pattern of the route, in API Gateway's syntax.
    fn has_path(&self, pattern: &str) -> bool {
        let Some(pattern) = pattern.strip_prefix('/') else { return false };
        let mut segments = self.segments.iter();
        pattern.split('/').all(|text| segments.next().is_some_and(|segment| segment.is(text)))
            && segments.next().is_none()
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
                Segment::Literal(literal) if matches_literal(literal, head) => {}
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

/// Formats the route in API Gateway's syntax.
impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.method.name())?;
        for segment in &self.segments {
            match segment {
                Segment::Literal(literal) => write!(f, "/{literal}")?,
                Segment::Param(name) => write!(f, "/{{{name}}}")?,
                Segment::Rest(name) => write!(f, "/{{{name}+}}")?,
            }
        }
        Ok(())
    }
}

/// Compares a segment of a path with a literal segment of the route. Either may be percent-encoded.
fn matches_literal(literal: &str, segment: &str) -> bool {
    literal == segment || segment.contains('%') && percent_decode_str(segment).eq(literal.bytes())
}
