//! What functions of requests may look like, through a builder that is only what this needs.

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, Request};
use axum_core::response::{ErrorResponse, IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use lrt_core::{BoxError, Context, Error, EventHeaders, capture_log};
use lrt_http::function::{Answered, Failing, HttpArgs, HttpOutput, TextError};
use lrt_http::rejection::JsonRejection;
use lrt_http::{Json, Path, PathParams, Query, collect};
use serde::Deserialize;
use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::ops::Deref;

/// A function with the parameters `A`.
trait AsyncFn<A>: Send + Sync + 'static {
    type Output;
    fn call(&self, args: A) -> impl Future<Output = Self::Output> + Send;
}

macro_rules! async_fns {
    ($([$($A:ident $a:ident),*])*) => {$(
        impl<F: Fn($($A),*) -> Fut + Send + Sync + 'static, Fut: Future + Send, $($A: Send),*> AsyncFn<($($A,)*)> for F {
            type Output = Fut::Output;
            fn call(&self, ($($a,)*): ($($A,)*)) -> impl Future<Output = Fut::Output> + Send {
                self($($a),*)
            }
        }
    )*};
}

async_fns! { [] [A a] [A a, B b] [A a, B b, C c] [A a, B b, C c, D d] [A a, B b, C c, D d, E e] }

/// Of which kind a function is.
struct Http;
struct Plain;

/// A kind that answers with an `O` as it is.
trait Answers<O> {}
impl<O: IntoResponse> Answers<O> for Http {}

/// The four places in which `call` stands: the first whose bounds hold is the one that is called.
struct Builder<Kind, F, A>(ResponseTier<Kind, F, A>);
struct ResponseTier<Kind, F, A>(ResultTier<Kind, F, A>);
struct ResultTier<Kind, F, A>(LastTier<Kind, F, A>);
struct LastTier<Kind, F, A>(F, std::marker::PhantomData<fn() -> (Kind, A)>);

fn kind<Kind, F: AsyncFn<A>, A>(_: Kind, function: F) -> Builder<Kind, F, A> {
    Builder(ResponseTier(ResultTier(LastTier(function, std::marker::PhantomData))))
}

fn http<F: AsyncFn<A>, A>(function: F) -> Builder<Http, F, A> {
    kind(Http, function)
}

macro_rules! tiers {
    ($($Tier:ident <$($G:ident),*> $M:ty, $($path:tt).+ => $($bound:ty: $trait:path),*;)*) => {$(
        impl<Kind, F: AsyncFn<A>, A, $($G),*> $Tier<Kind, F, A> where $($bound: $trait),* {
            // Of the last one the compiler speaks, where a function returns no answer.
            #[allow(dead_code)]
            async fn call<K>(&self, request: Request, refs: A::Refs) -> Response
            where
                A: HttpArgs<K>,
                F::Output: HttpOutput<$M>,
            {
                match A::extract(request, refs).await {
                    Ok(args) => self.$($path).+.call(args).await.into_answer(),
                    Err(answer) => *answer,
                }
            }

            fn tier(&self) -> &'static str {
                stringify!($Tier)
            }
        }
    )*};
}

tiers! {
    Builder<T, E> Failing, 0.0.0.0 => F: AsyncFn<A, Output = Result<T, E>>, E: TextError;
    ResponseTier<> Answered, 0.0.0 => Kind: Answers<<F as AsyncFn<A>>::Output>;
    ResultTier<T, E> Failing, 0.0 => F: AsyncFn<A, Output = Result<T, E>>;
    LastTier<> Answered, 0 => ;
}

macro_rules! derefs {
    ($($Tier:ident => $Next:ident)*) => {$(
        impl<Kind, F, A> Deref for $Tier<Kind, F, A> {
            type Target = $Next<Kind, F, A>;
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    )*};
}

derefs! { Builder => ResponseTier ResponseTier => ResultTier ResultTier => LastTier }

fn get() -> Request {
    Request::new(Body::empty())
}

async fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = collect(response.into_body(), usize::MAX).await.expect("a body in memory");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

/// The answer of a function without parameters, and what it logged.
macro_rules! answer {
    ($output:expr) => {{
        let context = Context::new(&EventHeaders { request_id: "r1", ..Default::default() }, Default::default(), false);
        let builder = http(|| async { $output });
        let (response, log) = capture_log(context.scope(builder.call(get(), ()))).await;
        let (status, body) = text(response).await;
        (status, body, log)
    }};
}

const OF_500: &str = r#"{"status":500,"title":"Internal Server Error","requestId":"r1"}"#;

fn failed(name_and_message: &str) -> (u16, String, Vec<String>) {
    (500, OF_500.to_owned(), vec![format!("ERROR RequestId: r1 {name_and_message}")])
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

/// A response and no error.
struct Teapot;

impl IntoResponse for Teapot {
    fn into_response(self) -> Response {
        StatusCode::IM_A_TEAPOT.into_response()
    }
}

/// An error and no response.
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

/// As `anyhow::Error`: no error itself, but one in a box.
struct Anyhow(BoxError);

impl From<Anyhow> for BoxError {
    fn from(error: Anyhow) -> BoxError {
        error.0
    }
}

#[tokio::test]
async fn an_error_that_is_a_response_is_answered_as_such() {
    assert_eq!(answer!(Err::<&str, _>(ApiError)), answered(409, "taken"));
    assert_eq!(answer!(Ok::<_, ApiError>("fine")), answered(200, "fine"));
    assert_eq!(answer!(Err::<Json<u8>, _>(Teapot)), answered(418, ""));
    assert_eq!(answer!(Err::<(), _>(StatusCode::NOT_FOUND)), answered(404, ""));
    assert_eq!(answer!(Err::<(), _>((StatusCode::BAD_REQUEST, "why"))), answered(400, "why"));
    assert_eq!(answer!(Err::<Response, Response>(Teapot.into_response())), answered(418, ""));
    assert_eq!(answer!(Err::<(), ErrorResponse>(Teapot.into())), answered(418, ""));
}

#[tokio::test]
async fn any_other_error_is_a_500_and_a_line_in_the_log() {
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
async fn text_is_an_answer_but_as_an_error_it_is_for_the_log() {
    assert_eq!(answer!("fine"), answered(200, "fine"));
    assert_eq!(answer!(Err::<(), _>("secret".to_owned())), failed("Error: secret"));
    assert_eq!(answer!(Err::<Json<u8>, _>("secret")), failed("Error: secret"));
    assert_eq!(answer!(Err::<(), _>(Cow::Borrowed("secret"))), failed("Error: secret"));
    assert_eq!(answer!(Ok::<_, String>("fine")), answered(200, "fine"));
}

#[tokio::test]
async fn plain_values_are_answered() {
    assert_eq!(answer!(Json(vec![1, 2])), answered(200, "[1,2]"));
    assert_eq!(answer!(()), answered(200, ""));
    assert_eq!(answer!((StatusCode::CREATED, [("x-a", "b")], "made")), answered(201, "made"));
    assert_eq!(answer!(Ok::<_, Infallible>("sure")), answered(200, "sure"));
    assert_eq!(answer!(Response::new(Body::from("whole"))), answered(200, "whole"));
}

#[test]
fn a_kind_that_knows_no_responses_has_two_cases() {
    assert_eq!(kind(Plain, || async { Err::<(), _>(ApiError) }).tier(), "ResultTier");
    assert_eq!(kind(Plain, || async { Err::<(), _>("text") }).tier(), "Builder");
    assert_eq!(kind(Plain, || async { "text" }).tier(), "LastTier");
    assert_eq!(http(|| async { Err::<(), _>(ApiError) }).tier(), "ResponseTier");
    assert_eq!(http(|| async { Err::<(), _>(Anyhow("x".into())) }).tier(), "ResultTier");
}

#[derive(Deserialize)]
struct Page {
    page: u32,
}

fn order() -> Request {
    let request =
        Request::builder().method("POST").uri("https://h/orders/7?page=3").header("content-type", "application/json");
    let mut request = request.body(Body::from("[1,2]")).expect("a request");
    request.extensions_mut().insert(PathParams::encoded([("id", "7")]));
    request
}

static LIMIT: u64 = 10;
static NAME: &str = "shop";

#[tokio::test]
async fn parameters_stand_in_any_order() {
    async fn first(Json(body): Json<Vec<u8>>, limit: &u64, Path(id): Path<u64>, Query(q): Query<Page>) -> String {
        format!("{body:?} {limit} {id} {}", q.page)
    }
    async fn last(limit: &u64, Query(q): Query<Page>, name: &&str, Path(id): Path<u64>, body: String) -> String {
        format!("{body} {limit} {id} {} {name}", q.page)
    }
    // What `#[lambda]` writes: the lifetimes of references are the process's.
    let first = http(|a: Json<Vec<u8>>, b: &'static u64, c: Path<u64>, d: Query<Page>| first(a, b, c, d));
    assert_eq!(text(first.call(order(), ((), &LIMIT, (), ())).await).await.1, "[1, 2] 10 7 3");
    let last = http(|a: &'static u64, b, c: &'static &'static str, d, e| last(a, b, c, d, e));
    assert_eq!(text(last.call(order(), (&LIMIT, (), &NAME, (), ())).await).await.1, "[1,2] 10 7 3 shop");
}

#[tokio::test]
async fn the_first_extractor_that_does_not_take_the_request_answers() {
    let builder = http(|_: Json<String>, _: Path<bool>| async { "never" });
    let (status, body) = text(builder.call(order(), ((), ())).await).await;
    assert_eq!(status, 400, "the path comes before the body");
    assert!(body.contains(r#""field":"id""#), "{body}");
    let builder = http(|_: Json<String>, _: Path<u64>| async { "never" });
    assert_eq!(builder.call(order(), ((), ())).await.status(), 422);
}

#[tokio::test]
async fn extractors_of_axum_core_and_of_users_fit() {
    struct Token(String);
    impl<S: Sync> FromRequestParts<S> for Token {
        type Rejection = StatusCode;
        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Token, StatusCode> {
            let token = parts.headers.get("token").ok_or(StatusCode::UNAUTHORIZED)?;
            Ok(Token(token.to_str().unwrap().to_owned()))
        }
    }
    let builder = http(|method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        format!("{method} {uri} {} {}", headers.len(), body.len())
    });
    assert_eq!(text(builder.call(order(), ((), (), (), ())).await).await.1, "POST https://h/orders/7?page=3 1 5");
    let builder = http(|Token(token): Token| async { token });
    assert_eq!(builder.call(order(), ((),)).await.status(), 401);
    let mut request = order();
    request.headers_mut().insert("token", "t".parse().unwrap());
    assert_eq!(text(builder.call(request, ((),)).await).await, (200, "t".to_owned()));
    let builder = http(|request: Request| async move { request.uri().path().to_owned() });
    assert_eq!(text(builder.call(order(), ((),)).await).await.1, "/orders/7");
}

#[tokio::test]
async fn results_and_options_of_extractors_fit() {
    let builder = http(|json: Result<Json<String>, JsonRejection>, path: Option<Path<u8>>| async move {
        format!("{} {path:?}", json.unwrap_err().status())
    });
    assert_eq!(text(builder.call(order(), ((), ())).await).await.1, "422 Unprocessable Entity Some(Path(7))");
    let builder = http(|json: Option<Json<Vec<u8>>>, path: Result<Path<bool>, _>| async move {
        format!("{json:?} {}", path.is_err())
    });
    assert_eq!(text(builder.call(order(), ((), ())).await).await.1, "Some(Json([1, 2])) true");
    let builder = http(|json: Option<Json<u8>>| async move { format!("{json:?}") });
    assert_eq!(text(builder.call(get(), ((),)).await).await.1, "None");
}

#[tokio::test]
async fn a_context_is_a_parameter() {
    let builder = http(|ctx: Context| async move { ctx.request_id().to_owned() });
    let mut request = get();
    let headers = EventHeaders { request_id: "r2", ..Default::default() };
    request.extensions_mut().insert(Context::new(&headers, Default::default(), false));
    assert_eq!(text(builder.call(request, ((),)).await).await, (200, "r2".to_owned()));
    assert_eq!(builder.call(get(), ((),)).await.status(), 500);
}
