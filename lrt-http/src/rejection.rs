//! The rejections of the extractors. They are errors and responses: [`Problem`]s with the path of the invalid value.
//!
//! A function can handle a rejection itself with a parameter of type `Result<Json<T>, JsonRejection>`.

use crate::body::BodyError;
use crate::origin::Origin;
use crate::problem::Problem;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http_body_util::LengthLimitError;
use lrt_core::__private::json::path::{path_at, with_path};
use lrt_core::__private::json::redact::redact_values;
use lrt_core::ErrorReport;
use lrt_core::http::server_error;
use std::error::Error;
use std::fmt;

pub use crate::de::InvalidValue;

/// A body that cannot be extracted as [`Json`](crate::Json).
#[derive(Debug)]
#[non_exhaustive]
pub enum JsonRejection {
    /// The content type is missing or not JSON: 415.
    ContentType,
    /// The body is empty: 400.
    Empty,
    /// The body is not valid JSON: 400.
    Syntax(InvalidJson),
    /// The body is JSON that cannot be deserialized to the type: 422.
    Data(InvalidJson),
    /// The body could not be read: 413 if it exceeds the limit that a layer has set, otherwise 400.
    Body(BodyError),
}

/// A JSON error with its position: `invalid type: string "x", expected u8 at items[0].count, line 1 column 22`.
#[derive(Debug)]
pub struct InvalidJson {
    message: String,
    path: String,
    source: serde_json::Error,
}

impl InvalidJson {
    /// Returns the path of the invalid value, `items[0].count`. Empty for the root value.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the line, starting at 1.
    pub fn line(&self) -> usize {
        self.source.line()
    }

    /// Returns the column in bytes, starting at 1.
    pub fn column(&self) -> usize {
        self.source.column()
    }

    fn new(text: &[u8], source: serde_json::Error) -> InvalidJson {
        InvalidJson { message: with_path(text, &source), path: path_at(text, source.line(), source.column()), source }
    }
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for InvalidJson {}

impl JsonRejection {
    #[cold]
    pub(crate) fn new(body: &[u8], source: serde_json::Error) -> JsonRejection {
        if body.trim_ascii().is_empty() {
            return JsonRejection::Empty;
        }
        let invalid = InvalidJson::new(body, source);
        match invalid.source.classify() {
            serde_json::error::Category::Data => JsonRejection::Data(invalid),
            _ => JsonRejection::Syntax(invalid),
        }
    }

    /// Returns the status of the response.
    pub fn status(&self) -> StatusCode {
        match self {
            JsonRejection::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            JsonRejection::Data(_) => StatusCode::UNPROCESSABLE_ENTITY,
            JsonRejection::Body(error) if is_over_limit(error) => StatusCode::PAYLOAD_TOO_LARGE,
            JsonRejection::Empty | JsonRejection::Syntax(_) | JsonRejection::Body(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Returns true for the error of axum's `DefaultBodyLimit` and of tower-http's `RequestBodyLimitLayer`.
fn is_over_limit(error: &BodyError) -> bool {
    let error: &(dyn Error + 'static) = error;
    std::iter::successors(Some(error), |error| (*error).source()).any(|error| error.is::<LengthLimitError>())
}

impl fmt::Display for JsonRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JsonRejection::ContentType => "unsupported content type (expected `application/json`)",
            JsonRejection::Empty => "the body is empty (expected JSON)",
            JsonRejection::Body(error) if is_over_limit(error) => "the body exceeds the size limit",
            JsonRejection::Body(_) => "failed to read the body",
            JsonRejection::Syntax(invalid) | JsonRejection::Data(invalid) => return invalid.fmt(f),
        })
    }
}

impl Error for JsonRejection {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            JsonRejection::Body(error) => Some(error),
            _ => None,
        }
    }
}

impl IntoResponse for JsonRejection {
    fn into_response(self) -> Response {
        let field = match &self {
            JsonRejection::Syntax(invalid) | JsonRejection::Data(invalid) => invalid.path(),
            _ => "",
        };
        problem_response(self.status(), &self, field)
    }
}

#[cold]
fn problem_response(status: StatusCode, detail: &dyn fmt::Display, field: &str) -> Response {
    Problem::new(status).detail(detail.to_string()).field(field.to_owned()).into_response()
}

/// Path parameters that cannot be extracted as [`Path`](crate::Path): 400.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathRejection {
    /// A parameter is invalid, or the number of parameters is wrong.
    Value(InvalidValue),
}

/// A query string that cannot be extracted as [`Query`](crate::Query): 400.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryRejection {
    /// A value is invalid or missing.
    Value(InvalidValue),
}

macro_rules! impl_value_rejection {
    ($Rejection:ident $prefix:literal) => {
        impl $Rejection {
            /// Returns the invalid value.
            pub fn value(&self) -> &InvalidValue {
                let $Rejection::Value(invalid) = self;
                invalid
            }
        }

        impl From<InvalidValue> for $Rejection {
            fn from(invalid: InvalidValue) -> $Rejection {
                $Rejection::Value(invalid)
            }
        }

        impl fmt::Display for $Rejection {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str($prefix)?;
                self.value().fmt(f)
            }
        }

        impl Error for $Rejection {}

        impl IntoResponse for $Rejection {
            fn into_response(self) -> Response {
                problem_response(StatusCode::BAD_REQUEST, &self, self.value().field())
            }
        }
    };
}

impl_value_rejection!(PathRejection "invalid path: ");
impl_value_rejection!(QueryRejection "invalid query string: ");

/// A request without the event data that an extractor needs: 500, logged.
#[derive(Debug)]
#[non_exhaustive]
pub enum EventRejection {
    /// The request did not come from an event, or a layer removed its extensions.
    Missing,
    /// The request context of the event cannot be deserialized to the type.
    Context {
        /// The origin of the event. Each origin has its own form of request context.
        origin: Origin,
        /// The invalid value.
        invalid: InvalidJson,
    },
}

impl EventRejection {
    #[cold]
    pub(crate) fn context(origin: Origin, context: &[u8], error: serde_json::Error) -> EventRejection {
        let mut invalid = InvalidJson::new(context, error);
        // The message is logged, so it must not contain values: a request context contains claims.
        invalid.message = redact_values(&invalid.message);
        EventRejection::Context { origin, invalid }
    }
}

impl fmt::Display for EventRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventRejection::Missing => f.write_str("the request has no `lrt::http::Event` extension"),
            EventRejection::Context { origin, invalid } => {
                write!(f, "failed to deserialize the request context from {}: {invalid}", origin.description())
            }
        }
    }
}

impl Error for EventRejection {}

impl IntoResponse for EventRejection {
    fn into_response(self) -> Response {
        server_error(&ErrorReport::new(self))
    }
}

/// A request without the result of an authorizer: 401. A result that is not of the expected type: 500, logged.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizerRejection {
    /// The event has no result of such an authorizer.
    Missing,
    /// The result cannot be deserialized to the type.
    Invalid(InvalidValue),
}

impl fmt::Display for AuthorizerRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuthorizerRejection::Missing => f.write_str("the request is not authorized"),
            AuthorizerRejection::Invalid(invalid) => {
                // The message is logged, so it must not contain values.
                let invalid = redact_values(&lrt_core::__private::display(invalid));
                write!(f, "failed to deserialize the result of the authorizer: {invalid}")
            }
        }
    }
}

impl Error for AuthorizerRejection {}

impl IntoResponse for AuthorizerRejection {
    fn into_response(self) -> Response {
        match self {
            AuthorizerRejection::Missing => problem_response(StatusCode::UNAUTHORIZED, &self, ""),
            AuthorizerRejection::Invalid(_) => server_error(&ErrorReport::new(self)),
        }
    }
}
