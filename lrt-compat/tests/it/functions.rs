//! The options of lrt for functions of lambda_runtime.

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use lrt::testing::{TestContext, events};
use lrt::{BoxError, DeadlineMargin, Invocation, Reply, SharedService};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

async fn sleep(event: LambdaEvent<u64>) -> Result<u64, Error> {
    tokio::time::sleep(Duration::from_secs(event.payload)).await;
    Ok(event.payload)
}

#[tokio::test(start_paused = true)]
async fn function_that_exceeds_its_deadline_is_a_timeout() {
    let context = || TestContext::new().deadline_in(Duration::from_secs(3));
    let harness = lrt_compat::lambda_runtime(service_fn(sleep)).harness().context(context());
    assert_eq!(harness.invoke("1").await.reply::<u64>(), 1);
    assert_eq!(harness.invoke("5").await.error().unwrap().error_type(), "Function.Timeout");

    let early = lrt_compat::lambda_runtime(service_fn(sleep)).deadline_margin(Duration::from_secs(2)).harness();
    assert_eq!(early.context(context()).invoke("2").await.error().unwrap().error_type(), "Function.Timeout");

    let off = lrt_compat::lambda_runtime(service_fn(sleep)).deadline_margin(DeadlineMargin::Off).harness();
    assert_eq!(off.context(context()).invoke("5").await.reply::<u64>(), 5);
}

/// A layer that writes its name to a list.
#[derive(Clone)]
struct Named(&'static str, Arc<Mutex<Vec<&'static str>>>);

impl Layer<SharedService<Invocation, Reply>> for Named {
    type Service = Wrapped;

    fn layer(&self, inner: SharedService<Invocation, Reply>) -> Wrapped {
        Wrapped(self.clone(), inner)
    }
}

struct Wrapped(Named, SharedService<Invocation, Reply>);

impl Service<Invocation> for Wrapped {
    type Response = Reply;
    type Error = BoxError;
    type Future = <SharedService<Invocation, Reply> as Service<Invocation>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.1.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        self.0.1.lock().unwrap().push(self.0.0);
        self.1.call(invocation)
    }
}

#[tokio::test]
async fn first_layer_is_the_outermost() {
    let calls = Arc::default();
    let harness = lrt_compat::lambda_runtime(service_fn(sleep))
        .layer(Named("outer", Arc::clone(&calls)))
        .layer(Named("inner", Arc::clone(&calls)))
        .harness();
    assert_eq!(harness.invoke("0").await.reply::<u64>(), 0);
    assert_eq!(*calls.lock().unwrap(), ["outer", "inner"]);
}

#[tokio::test]
async fn name_is_the_name_of_the_function() {
    let name =
        service_fn(async |event: LambdaEvent<u8>| Ok::<_, Error>(event.context.env_config.function_name.clone()));
    let harness = lrt_compat::lambda_runtime(name).name("tea").harness();
    assert_eq!(harness.invoke("1").await.reply::<String>(), "tea");
}

#[tokio::test]
async fn work_can_continue_after_the_reply() {
    let (done, mut is_done) = tokio::sync::mpsc::channel(1);
    let handler = service_fn(move |event: LambdaEvent<u8>| {
        let done = done.clone();
        async move {
            let context = lrt::Context::current().ok_or("missing context")?;
            context.wait_until(async move { done.send(event.payload).await.unwrap() });
            Ok::<_, Error>(())
        }
    });
    lrt_compat::lambda_runtime(handler).harness().invoke("7").await;
    assert_eq!(is_done.try_recv(), Ok(7));
}

#[tokio::test]
async fn errors_are_logged_with_their_debug_form() {
    #[derive(Debug)]
    struct OutOfStock;
    impl From<OutOfStock> for lambda_runtime::Diagnostic {
        fn from(_: OutOfStock) -> Self {
            Self { error_type: "shop::OutOfStock".to_owned(), error_message: "no tea".to_owned() }
        }
    }
    let handler = service_fn(async |_: LambdaEvent<u8>| Err::<(), _>(OutOfStock));
    let outcome = lrt_compat::lambda_runtime(handler).harness().invoke("7").await;
    assert_eq!(outcome.error().unwrap().error_type(), "shop::OutOfStock");
    let [line] = outcome.logs() else { panic!("{:?}", outcome.logs()) };
    assert!(line.starts_with("ERROR RequestId: ") && line.ends_with(" OutOfStock"), "{line}");
}

#[tokio::test]
async fn http_function_has_http_outcomes() {
    let handler = lambda_http::service_fn(async |request: lambda_http::Request| {
        Ok::<_, Error>(lambda_http::Response::builder().status(202).body(request.uri().path().to_owned())?)
    });
    let response = lrt_compat::lambda_http(handler).harness().invoke(events::alb().get("/tea")).await.http();
    assert_eq!((response.status(), response.text()), (202, "/tea"));
}
