use super::*;
use axum_core::body::Body;
use axum_core::extract::FromRequestParts;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri};
use lrt_core::{Context, EventHeaders};
use lrt_http::rejection::JsonRejection;
use lrt_http::{Json, Path, PathParams, Query, collect};
use serde::Deserialize;

async fn call<F, A, K>(function: F, request: Request, state: A::Refs) -> Response
where
    F: AsyncFn<A, Output: HttpReply>,
    A: Args<RequestInput, K>,
{
    handle(function, None, request, state).await.expect("a rejection is a response")
}

fn get() -> Request {
    Request::new(Body::empty())
}

async fn text(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body = collect(response.into_body(), usize::MAX).await.expect("a body in memory");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

#[derive(Deserialize)]
struct Page {
    page: u32,
}

fn order() -> Request {
    let request = http::Request::builder()
        .method("POST")
        .uri("https://h/orders/7?page=3")
        .header("content-type", "application/json");
    let mut request = request.body(Body::from("[1,2]")).expect("a request");
    request.extensions_mut().insert(PathParams::encoded([("id", "7")]));
    request
}

static LIMIT: u64 = 10;
static NAME: &str = "shop";

#[tokio::test]
async fn parameters_are_extracted_in_any_order() {
    async fn first(Json(body): Json<Vec<u8>>, limit: &u64, Path(id): Path<u64>, Query(q): Query<Page>) -> String {
        format!("{body:?} {limit} {id} {}", q.page)
    }
    async fn last(limit: &u64, Query(q): Query<Page>, name: &&str, Path(id): Path<u64>, body: String) -> String {
        format!("{body} {limit} {id} {} {name}", q.page)
    }
    // As in the code that `#[lambda]` writes, references are `'static`.
    let first = |a: Json<Vec<u8>>, b: &'static u64, c: Path<u64>, d: Query<Page>| first(a, b, c, d);
    assert_eq!(text(call(first, order(), ((), &LIMIT, (), ())).await).await.1, "[1, 2] 10 7 3");
    let last = |a: &'static u64, b, c: &'static &'static str, d, e| last(a, b, c, d, e);
    assert_eq!(text(call(last, order(), (&LIMIT, (), &NAME, (), ())).await).await.1, "[1,2] 10 7 3 shop");
}

#[tokio::test]
async fn first_rejection_is_the_response() {
    let builder = |_: Json<String>, _: Path<bool>| async { "never" };
    let (status, body) = text(call(builder, order(), ((), ())).await).await;
    assert_eq!(status, 400, "the path comes before the body");
    assert!(body.contains(r#""field":"id""#), "{body}");
    let builder = |_: Json<String>, _: Path<u64>| async { "never" };
    assert_eq!(call(builder, order(), ((), ())).await.status(), 422);
}

#[tokio::test]
async fn extractors_of_axum_core_and_of_users_are_parameters() {
    struct Token(String);
    impl<S: Sync> FromRequestParts<S> for Token {
        type Rejection = StatusCode;
        async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Token, StatusCode> {
            let token = parts.headers.get("token").ok_or(StatusCode::UNAUTHORIZED)?;
            Ok(Token(token.to_str().unwrap().to_owned()))
        }
    }
    let builder = |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| async move {
        format!("{method} {uri} {} {}", headers.len(), body.len())
    };
    assert_eq!(text(call(builder, order(), ((), (), (), ())).await).await.1, "POST https://h/orders/7?page=3 1 5");
    let builder = |Token(token): Token| async { token };
    assert_eq!(call(builder, order(), ((),)).await.status(), 401);
    let mut request = order();
    request.headers_mut().insert("token", "t".parse().unwrap());
    assert_eq!(text(call(builder, request, ((),)).await).await, (200, "t".to_owned()));
    let builder = |request: Request| async move { request.uri().path().to_owned() };
    assert_eq!(text(call(builder, order(), ((),)).await).await.1, "/orders/7");
}

#[tokio::test]
async fn results_and_options_of_extractors_are_parameters() {
    let builder = |json: Result<Json<String>, JsonRejection>, path: Option<Path<u8>>| async move {
        format!("{} {path:?}", json.unwrap_err().status())
    };
    assert_eq!(text(call(builder, order(), ((), ())).await).await.1, "422 Unprocessable Entity Some(Path(7))");
    let builder =
        |json: Option<Json<Vec<u8>>>, path: Result<Path<bool>, _>| async move { format!("{json:?} {}", path.is_err()) };
    assert_eq!(text(call(builder, order(), ((), ())).await).await.1, "Some(Json([1, 2])) true");
    let builder = |json: Option<Json<u8>>| async move { format!("{json:?}") };
    assert_eq!(text(call(builder, get(), ((),)).await).await.1, "None");
}

#[tokio::test]
async fn context_is_a_parameter() {
    let builder = |ctx: Context| async move { ctx.request_id().to_owned() };
    let mut request = get();
    let headers = EventHeaders { request_id: "r2", ..Default::default() };
    request.extensions_mut().insert(Context::new(&headers, Default::default(), false));
    assert_eq!(text(call(builder, request, ((),)).await).await, (200, "r2".to_owned()));
    assert_eq!(call(builder, get(), ((),)).await.status(), 500);
}
