//! `Context::current()`: the context of the running invocation.

use crate::support::run_function;
use futures_util::StreamExt;
use lrt::http::{Body, Response};
use lrt::testing::{Event, Harness, TestContext, events};
use lrt::{Context, Error};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

/// Returns the request id of the current invocation.
fn id() -> String {
    Context::current().map_or_else(|| "none".to_owned(), |context| context.request_id().to_owned())
}

async fn later() -> String {
    tokio::time::sleep(Duration::from_millis(1)).await;
    id()
}

/// A shared list of strings.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[test]
fn function_and_its_wait_until_work_have_the_current_context() {
    let seen = Seen::default();
    let noted = seen.clone();
    let function = move |(): (), ctx: Context| {
        let noted = noted.clone();
        async move {
            let now = id();
            ctx.wait_until({
                let noted = noted.clone();
                async move { noted.note(later().await) }
            });
            let task = tokio::spawn(async { id() }).await.unwrap();
            let scoped = tokio::spawn(ctx.scope(later())).await.unwrap();
            Ok::<_, lrt::Error>((now, later().await, task, scoped))
        }
    };
    run_function(lrt::json(function).define(), async |running| {
        for name in ["a", "b"] {
            let answer = running.api.invoke(Event::new("null").request_id(name)).await;
            assert_eq!(answer.text(), format!(r#"["{name}","{name}","none","{name}"]"#));
        }
        running.api.next_waiting().await;
        assert_eq!(seen.take(), ["a", "b"]);
        assert!(running.stop().await);
    });
}

#[test]
fn late_wait_until_work_has_the_context_of_its_own_invocation() {
    let seen = Seen::default();
    let kept = Arc::new(Mutex::new(None::<Context>));
    let noted = seen.clone();
    let function = move |(): (), ctx: Context| {
        if let Some(before) = kept.lock().unwrap().replace(ctx) {
            let noted = noted.clone();
            before.wait_until(async move { noted.note(later().await) });
        }
        async { Ok::<_, lrt::Error>(()) }
    };
    run_function(lrt::json(function).define(), async |running| {
        for name in ["a", "b"] {
            running.api.invoke(Event::new("null").request_id(name)).await;
        }
        running.api.next_waiting().await;
        assert_eq!(seen.take(), ["a"]);
        assert!(running.stop().await);
    });
}

#[test]
fn record_handlers_have_the_current_context() {
    let seen = Seen::default();
    let noted = seen.clone();
    let function = move |_: u32| {
        let noted = noted.clone();
        async move {
            noted.note(later().await);
            Ok::<_, Error>(())
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let harness = lrt::sqs(function).harness().context(TestContext::new().request_id("batch"));
        harness.invoke(events::sqs().json(&1).json(&2)).await;
        assert_eq!(seen.take(), ["batch", "batch"]);
        assert_eq!(id(), "none");
    });
}

#[test]
fn http_function_layers_and_stream_have_the_current_context() {
    let seen = Seen::default();
    let noted = seen.clone();
    let layer = tower::util::MapResponseLayer::new(move |response: Response| {
        noted.note(id());
        response
    });
    let function = || async {
        let mut left = 2;
        let chunks = futures_util::stream::poll_fn(move |_| {
            left -= 1;
            Poll::Ready((left >= 0).then(|| Ok::<_, Error>(id())))
        });
        Response::new(Body::from_stream(chunks.then(|chunk| async move {
            tokio::task::yield_now().await;
            chunk
        })))
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let harness = lrt::function_url(function).streaming().layer(layer).harness();
        let outcome =
            harness.context(TestContext::new().request_id("url")).invoke(events::function_url().get("/")).await;
        // Skips the prelude and the delimiter.
        assert_eq!(outcome.chunks()[2..], ["url", "url"]);
        assert_eq!(seen.take(), ["url"]);
    });
}

#[test]
fn init_has_no_current_context() {
    struct AtInit(String);
    async fn init() -> Result<AtInit, lrt::Error> {
        Ok(AtInit(later().await))
    }
    async fn function(at_init: &AtInit) -> Result<String, lrt::Error> {
        Ok(at_init.0.clone())
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let harness: Harness<_> = lrt::json(function).init(init).harness();
        assert_eq!(harness.invoke("null").await.reply::<String>(), "none");
    });
}
