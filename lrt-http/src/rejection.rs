//! Why an extractor did not take a request. Each is an error, and a response: a [`Problem`] with the value's path.
//!
//! A function that takes `Result<Json<T>, JsonRejection>` answers for itself.

use crate::extract::BodyError;
use crate::origin::Origin;
use crate::problem::Problem;
pub use crate::text::InvalidValue;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http_body_util::LengthLimitError;
use lrt_core::Report;
use lrt_core::http::server_error;
use lrt_core::json_path::{path_at, with_path};
use lrt_core::serde_text::without_values;
use std::error::Error;
use std::fmt;

/// A body that is no [`Json`](crate::Json) of the type.
#[derive(Debug)]
#[non_exhaustive]
pub enum JsonRejection {
    /// The content type is not JSON, or there is none: 415.
    ContentType,
    /// There is no body: 400.
    Empty,
    /// The body is no JSON: 400.
    Syntax(InvalidJson),
    /// The body is JSON, and not what the type takes: 422.
    Data(InvalidJson),
    /// The body could not be read: 413 where it is over the limit that a layer has set, else 400.
    Body(BodyError),
}

/// What is wrong with a JSON text, and where: `invalid type: string "x", expected u8 at items[0].count, line 1 column 22`.
#[derive(Debug)]
pub struct InvalidJson {
    message: String,
    path: String,
    source: serde_json::Error,
}

impl InvalidJson {
    /// The path of the value that is wrong, `items[0].count`; empty for the whole text.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line, from 1.
    pub fn line(&self) -> usize {
        self.source.line()
    }

    /// The column, in bytes from 1.
    pub fn column(&self) -> usize {
        self.source.column()
    }
}

impl fmt::Display for InvalidJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for InvalidJson {}

impl InvalidJson {
    fn of(text: &[u8], source: serde_json::Error) -> InvalidJson {
        InvalidJson { message: with_path(text, &source), path: path_at(text, source.line(), source.column()), source }
    }
}

impl JsonRejection {
    #[cold]
    pub(crate) fn of(body: &[u8], source: serde_json::Error) -> JsonRejection {
        if body.trim_ascii().is_empty() {
            return JsonRejection::Empty;
        }
        let invalid = InvalidJson::of(body, source);
        match invalid.source.classify() {
            serde_json::error::Category::Data => JsonRejection::Data(invalid),
            _ => JsonRejection::Syntax(invalid),
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            JsonRejection::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            JsonRejection::Data(_) => StatusCode::UNPROCESSABLE_ENTITY,
            JsonRejection::Body(error) if is_over_limit(error) => StatusCode::PAYLOAD_TOO_LARGE,
            JsonRejection::Empty | JsonRejection::Syntax(_) | JsonRejection::Body(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Whether it is what axum's `DefaultBodyLimit` and tower-http's `RequestBodyLimitLayer` put in a body's place.
fn is_over_limit(error: &BodyError) -> bool {
    let error: &(dyn Error + 'static) = error;
    std::iter::successors(Some(error), |error| (*error).source()).any(|error| error.is::<LengthLimitError>())
}

impl fmt::Display for JsonRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            JsonRejection::ContentType => "the request needs `content-type: application/json`",
            JsonRejection::Empty => "the body is empty, and JSON is expected",
            JsonRejection::Body(error) if is_over_limit(error) => "the body is larger than is allowed",
            JsonRejection::Body(_) => "the body could not be read",
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
        told(self.status(), &self, field)
    }
}

/// The answer to what does not fit. Apart, so that it is there once and not for each rejection.
#[cold]
#[inline(never)]
fn told(status: StatusCode, detail: &dyn fmt::Display, field: &str) -> Response {
    Problem::new(status).detail(format!("{detail}")).field(field.to_owned()).into_response()
}

/// A path whose parameters are no [`Path`](crate::Path) of the type: 400.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathRejection {
    /// A parameter, or how many there are, is not what the type takes.
    Value(InvalidValue),
}

/// A query that is no [`Query`](crate::Query) of the type: 400.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum QueryRejection {
    /// A value is not what the type takes, or missing.
    Value(InvalidValue),
}

macro_rules! values {
    ($Rejection:ident $of:literal) => {
        impl $Rejection {
            /// What is wrong.
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
                f.write_str($of)?;
                self.value().fmt(f)
            }
        }

        impl Error for $Rejection {}

        impl IntoResponse for $Rejection {
            fn into_response(self) -> Response {
                told(StatusCode::BAD_REQUEST, &self, self.value().field())
            }
        }
    };
}

values!(PathRejection "the path: ");
values!(QueryRejection "the query: ");

/// A request without what a function wants to know of its event: 500, and a line in the log.
#[derive(Debug)]
#[non_exhaustive]
pub enum EventRejection {
    /// No event brought the request, or somebody took its extensions away.
    Missing,
    /// The event's request context is not what the type takes.
    Context {
        /// Where the event came from: types of a request context are those of one origin.
        origin: Origin,
        /// What is wrong with it.
        invalid: InvalidJson,
    },
}

impl EventRejection {
    #[cold]
    pub(crate) fn context(origin: Origin, context: &[u8], error: serde_json::Error) -> EventRejection {
        let mut invalid = InvalidJson::of(context, error);
        // It is for the log, and a context has claims in it.
        invalid.message = without_values(&invalid.message);
        EventRejection::Context { origin, invalid }
    }
}

impl fmt::Display for EventRejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventRejection::Missing => f.write_str("the request's extensions have no `lrt::http::Event`"),
            EventRejection::Context { origin, invalid } => {
                write!(f, "the request context, which is that of {}, does not fit: {invalid}", origin.name())
            }
        }
    }
}

impl Error for EventRejection {}

impl IntoResponse for EventRejection {
    fn into_response(self) -> Response {
        server_error(&Report::new(self))
    }
}
