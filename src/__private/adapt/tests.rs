use super::{RespondAsItself, RespondWithServerError, Returned, ReturnedValue, Tag};
use crate::http::{Json, Response};
use axum_core::body::Body;
use axum_core::response::{ErrorResponse, IntoResponse};
use http::StatusCode;
use lrt_core::{BoxError, Context, Error, EventHeaders, capture_log};
use lrt_http::collect;
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

/// The response of a function that returns this, and its log lines.
macro_rules! answer {
    ($output:expr) => {{
        let context = Context::new(&EventHeaders { request_id: "r1", ..Default::default() }, Default::default(), false);
        // The same expression as in the code that `#[lambda]` writes.
        let adapted = async {
            Returned($output).into_result().map_err(|error| (&Tag::of(&error)).respond(error)).into_response()
        };
        let (response, log) = capture_log(context.scope(adapted)).await;
        let status = response.status().as_u16();
        let body = collect(response.into_body(), usize::MAX).await.expect("a body in memory");
        (status, String::from_utf8(body.to_vec()).expect("text"), log)
    }};
}

const SERVER_ERROR: &str = r#"{"status":500,"title":"Internal Server Error","requestId":"r1"}"#;

fn failed(name_and_message: &str) -> (u16, String, Vec<String>) {
    (500, SERVER_ERROR.to_owned(), vec![format!("ERROR RequestId: r1 {name_and_message}")])
}

fn answered(status: u16, body: &str) -> (u16, String, Vec<String>) {
    (status, body.to_owned(), vec![])
}

/// A response and an error.
#[derive(Debug)]
struct ApiError;

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("secret")
    }
}

impl std::error::Error for ApiError {}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        (StatusCode::CONFLICT, "taken").into_response()
    }
}

/// A response that is not an error.
struct Teapot;

impl IntoResponse for Teapot {
    fn into_response(self) -> Response {
        StatusCode::IM_A_TEAPOT.into_response()
    }
}

/// An error that is not a response.
#[derive(Debug)]
struct OrderError(std::num::ParseIntError);

impl OrderError {
    fn new() -> OrderError {
        OrderError("x".parse::<u8>().expect_err("a letter"))
    }
}

impl fmt::Display for OrderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no such order")
    }
}

impl std::error::Error for OrderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// Like `anyhow::Error`: it is not an error itself, but converts into a boxed error.
struct Anyhow(BoxError);

impl From<Anyhow> for BoxError {
    fn from(error: Anyhow) -> BoxError {
        error.0
    }
}

#[tokio::test]
async fn error_that_is_a_response_determines_the_response() {
    assert_eq!(answer!(Err::<&str, _>(ApiError)), answered(409, "taken"));
    assert_eq!(answer!(Ok::<_, ApiError>("fine")), answered(200, "fine"));
    assert_eq!(answer!(Err::<Json<u8>, _>(Teapot)), answered(418, ""));
    assert_eq!(answer!(Err::<(), _>(StatusCode::NOT_FOUND)), answered(404, ""));
    assert_eq!(answer!(Err::<(), _>((StatusCode::BAD_REQUEST, "why"))), answered(400, "why"));
    assert_eq!(answer!(Err::<Response, Response>(Teapot.into_response())), answered(418, ""));
    assert_eq!(answer!(Err::<(), ErrorResponse>(Teapot.into())), answered(418, ""));
}

#[tokio::test]
async fn other_errors_are_logged_and_answered_with_500() {
    assert_eq!(
        answer!(Err::<(), _>(OrderError::new())),
        failed("OrderError: no such order: invalid digit found in string")
    );
    assert_eq!(
        answer!(Err::<(), _>(Error::from(OrderError::new()))),
        failed("OrderError: no such order: invalid digit found in string")
    );
    assert_eq!(answer!(Err::<(), _>(Error::named("Gone", "for good"))), failed("Gone: for good"));
    assert_eq!(answer!(Err::<(), _>(BoxError::from("boxed"))), failed("Error: boxed"));
    assert_eq!(answer!(Err::<(), _>(Anyhow("any\nhow".into()))), failed(r"Anyhow: any\nhow"));
    assert_eq!(answer!(Ok::<_, Anyhow>("fine")), answered(200, "fine"));
}

#[tokio::test]
async fn text_is_a_response_but_as_an_error_it_is_logged() {
    assert_eq!(answer!("fine"), answered(200, "fine"));
    assert_eq!(answer!(Err::<(), _>("secret".to_owned())), failed("Error: secret"));
    assert_eq!(answer!(Err::<Json<u8>, _>("secret")), failed("Error: secret"));
    assert_eq!(answer!(Err::<(), _>(Cow::Borrowed("secret"))), failed("Error: secret"));
    assert_eq!(answer!(Ok::<_, String>("fine")), answered(200, "fine"));
}

#[tokio::test]
async fn plain_values_become_responses() {
    assert_eq!(answer!(Json(vec![1, 2])), answered(200, "[1,2]"));
    assert_eq!(answer!(()), answered(200, ""));
    assert_eq!(answer!((StatusCode::CREATED, [("x-a", "b")], "made")), answered(201, "made"));
    assert_eq!(answer!(Ok::<_, Infallible>("sure")), answered(200, "sure"));
    assert_eq!(answer!(Response::new(Body::from("whole"))), answered(200, "whole"));
}
