//! Deadlines of HTTP functions.

use super::{HttpAnswer, get};
use lrt::http::Response;
use lrt::testing::TestContext;
use std::time::Duration;
use tokio::time::{Instant, sleep};

async fn slow() -> &'static str {
    sleep(Duration::from_secs(60)).await;
    "done"
}

#[tokio::test(start_paused = true)]
async fn slow_function_is_a_504() {
    let harness = lrt::http(slow).harness().context(TestContext::new().deadline_in(Duration::from_secs(3)));
    let start = Instant::now();
    let outcome = harness.invoke(get("/")).await;
    assert_eq!(start.elapsed(), Duration::from_millis(2900));
    let answer = HttpAnswer::of(&outcome);
    assert_eq!(answer.status, 504);
    assert_eq!(answer.json()["requestId"], outcome.request_id());
    assert!(outcome.logs()[0].contains("Function.Timeout"), "{:?}", outcome.logs());
}

#[tokio::test(start_paused = true)]
async fn deadline_margin_is_configurable() {
    let function = lrt::http(slow).deadline_margin(Duration::from_secs(1)).harness();
    let start = Instant::now();
    let outcome = function.context(TestContext::new().deadline_in(Duration::from_secs(10))).invoke(get("/")).await;
    assert_eq!((start.elapsed(), HttpAnswer::of(&outcome).status), (Duration::from_secs(9), 504));
}

#[tokio::test(start_paused = true)]
async fn endless_body_is_a_504() {
    struct Pending;
    impl http_body::Body for Pending {
        type Data = bytes::Bytes;
        type Error = lrt::BoxError;

        fn poll_frame(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, lrt::BoxError>>> {
            std::task::Poll::Pending
        }
    }
    async fn read() -> Response {
        Response::new(lrt::http::Body::new(Pending))
    }
    let outcome = lrt::http(read).harness().invoke(get("/")).await;
    assert_eq!(HttpAnswer::of(&outcome).status, 504);
}
