//! Layers of tower, and custom layers.

use crate::support::{Running, run_function};
use lrt::layer::BoxLayer;
use lrt::testing::{Answer, Event};
use lrt::{BoxError, Context, Error, Invocation, Reply, SharedService};
use std::future::{Ready, ready};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};
use tower::buffer::BufferLayer;
use tower::limit::{ConcurrencyLimitLayer, GlobalConcurrencyLimitLayer, RateLimitLayer};
use tower::load_shed::LoadShedLayer;
use tower::retry::{Policy, RetryLayer};
use tower::timeout::TimeoutLayer;
use tower::util::{MapRequestLayer, MapResponseLayer};
use tower::{Layer, Service, ServiceBuilder, ServiceExt, layer::layer_fn};

type Inner = SharedService<Invocation, Reply>;

fn error_of(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    format!("{} {}", answer.error_type().unwrap_or("-"), body["errorMessage"].as_str().unwrap_or("-"))
}

async fn double(n: u64) -> Result<u64, lrt::Error> {
    Ok(2 * n)
}

/// Sleeps this many milliseconds.
async fn sleep(ms: u64) -> Result<u64, lrt::Error> {
    tokio::time::sleep(Duration::from_millis(ms)).await;
    Ok(ms)
}

/// Runs `double` with a layer, twice.
fn assert_doubles_with(layer: impl BoxLayer<Inner>) {
    run_function(lrt::json(double).layer(layer).define(), async |running: Running| {
        assert_eq!(running.invoke("4").await.text(), "8");
        assert_eq!(running.invoke("5").await.text(), "10");
        assert!(running.invoke("x").await.error_type().unwrap().ends_with("UnmarshalError"));
        assert!(running.stop().await);
    });
}

#[test]
fn all_tower_layers_fit() {
    assert_doubles_with(TimeoutLayer::new(Duration::from_secs(1)));
    assert_doubles_with(ConcurrencyLimitLayer::new(1));
    assert_doubles_with(GlobalConcurrencyLimitLayer::new(1));
    assert_doubles_with(RateLimitLayer::new(100, Duration::from_millis(1)));
    assert_doubles_with(LoadShedLayer::new());
    assert_doubles_with(BufferLayer::new(4));
    assert_doubles_with(MapRequestLayer::new(|invocation: Invocation| invocation));
    assert_doubles_with(MapResponseLayer::new(|reply: Reply| reply));
    assert_doubles_with(RetryLayer::new(Attempts(3)));
    assert_doubles_with(layer_fn(|inner: Inner| inner));
    assert_doubles_with(tower::layer::util::Identity::new());
    assert_doubles_with(tower::util::option_layer(Some(TimeoutLayer::new(Duration::from_secs(1)))));
    assert_doubles_with(tower::util::BoxCloneServiceLayer::new(TimeoutLayer::new(Duration::from_secs(1))));
    assert_doubles_with(tower::util::AndThenLayer::new(|reply: Reply| ready(Ok::<_, BoxError>(reply))));
    assert_doubles_with(
        ServiceBuilder::new()
            .load_shed()
            .rate_limit(100, Duration::from_millis(1))
            .retry(Attempts(2))
            .concurrency_limit(4)
            .timeout(Duration::from_secs(1))
            .map_err(|error: BoxError| error)
            .into_inner(),
    );
    assert_doubles_with(ServiceBuilder::new().timeout(Duration::from_secs(1)));
}

#[test]
fn tower_timeout_is_named_function_timeout() {
    run_function(
        lrt::json(sleep).layer(TimeoutLayer::new(Duration::from_millis(20))).define(),
        async |running: Running| {
            assert_eq!(error_of(&running.invoke("10000").await), "Function.Timeout request timed out");
            assert_eq!(running.invoke("1").await.text(), "1");
            assert!(running.stop().await);
        },
    );
}

/// A policy with a maximum number of retries.
#[derive(Clone)]
struct Attempts(usize);

impl Policy<Invocation, Reply, BoxError> for Attempts {
    type Future = Ready<()>;

    fn retry(&mut self, _: &mut Invocation, result: &mut Result<Reply, BoxError>) -> Option<Ready<()>> {
        let again = matches!(result, Err(error) if !error.to_string().starts_with("invalid") && self.0 > 1);
        self.0 -= usize::from(again);
        again.then(|| ready(()))
    }

    fn clone_request(&mut self, invocation: &Invocation) -> Option<Invocation> {
        Some(invocation.clone())
    }
}

#[test]
fn retry_repeats_the_entire_event() {
    let calls = Arc::new(AtomicUsize::new(0));
    let noted = Arc::clone(&calls);
    let fails_twice = move |text: String, _: Context| {
        let n = noted.fetch_add(1, Ordering::Relaxed);
        async move { if n % 3 == 2 { Ok(text) } else { Err(Error::named("Busy", format!("call {n}"))) } }
    };
    let layered = lrt::json(fails_twice).layer(RetryLayer::new(Attempts(3))).define();
    run_function(layered, async |running: Running| {
        assert_eq!(running.invoke(r#""a""#).await.text(), r#""a""#);
        assert_eq!(running.invoke(r#""b""#).await.text(), r#""b""#);
        assert!(running.stop().await);
    });
    assert_eq!(calls.load(Ordering::Relaxed), 6);
}

#[test]
fn retry_policy_sees_the_error_of_an_inner_timeout() {
    #[derive(Clone)]
    struct OnElapsed(Arc<AtomicUsize>);
    impl Policy<Invocation, Reply, BoxError> for OnElapsed {
        type Future = Ready<()>;

        fn retry(&mut self, _: &mut Invocation, result: &mut Result<Reply, BoxError>) -> Option<Ready<()>> {
            let elapsed = matches!(result, Err(error) if error.is::<tower::timeout::error::Elapsed>());
            (elapsed && self.0.fetch_add(1, Ordering::Relaxed) < 2).then(|| ready(()))
        }

        fn clone_request(&mut self, invocation: &Invocation) -> Option<Invocation> {
            Some(invocation.clone())
        }
    }
    let tries = Arc::new(AtomicUsize::new(0));
    let layered = lrt::json(sleep)
        .layer(RetryLayer::new(OnElapsed(Arc::clone(&tries))))
        .layer(TimeoutLayer::new(Duration::from_millis(5)));
    run_function(layered.define(), async |running: Running| {
        assert_eq!(error_of(&running.invoke("10000").await), "Function.Timeout request timed out");
        assert!(running.stop().await);
    });
    assert_eq!(tries.load(Ordering::Relaxed), 3);
}

#[test]
fn rate_limit_delays_the_next_event() {
    let layered = lrt::json(double).layer(RateLimitLayer::new(1, Duration::from_millis(100)));
    run_function(layered.define(), async |running: Running| {
        let started = Instant::now();
        for n in ["1", "2", "3"] {
            running.invoke(n).await;
        }
        assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
        assert!(running.stop().await);
    });
}

#[test]
fn load_shed_rejects_if_the_service_is_not_ready() {
    let layered = lrt::json(double).layer(LoadShedLayer::new()).layer(RateLimitLayer::new(1, Duration::from_secs(600)));
    run_function(layered.define(), async |running: Running| {
        assert_eq!(running.invoke("1").await.text(), "2");
        assert_eq!(error_of(&running.invoke("2").await), "Function.Overloaded service overloaded");
        assert!(running.stop().await);
    });
}

/// Records its name before and after the call.
fn note(name: &'static str, notes: &Arc<Mutex<Vec<String>>>) -> impl BoxLayer<Inner> {
    let notes = Arc::clone(notes);
    layer_fn(move |inner: Inner| {
        let (before, after) = (Arc::clone(&notes), Arc::clone(&notes));
        inner
            .map_request(move |invocation: Invocation| {
                before.lock().unwrap().push(format!("{name} in"));
                invocation
            })
            .map_response(move |reply: Reply| {
                after.lock().unwrap().push(format!("{name} out"));
                reply
            })
    })
}

#[test]
fn first_layer_is_the_outermost() {
    let notes = Arc::new(Mutex::new(Vec::new()));
    let layered = lrt::json(double).layer(note("a", &notes)).layer(note("b", &notes)).layer(note("c", &notes));
    run_function(layered.define(), async |running: Running| {
        running.invoke("1").await;
        assert!(running.stop().await);
    });
    assert_eq!(*notes.lock().unwrap(), ["a in", "b in", "c in", "c out", "b out", "a out"]);
}

#[test]
fn layers_can_change_events_and_replies() {
    let layered = lrt::json(double)
        .layer(MapRequestLayer::new(|mut invocation: Invocation| {
            if invocation.context().request_id() == "tenfold" {
                *invocation.payload_mut() = [invocation.payload(), b"0"].concat().into();
            }
            invocation
        }))
        .layer(MapResponseLayer::new(|reply: Reply| Reply::from_bytes([b"[", reply.body(), b"]"].concat())));
    run_function(layered.define(), async |running: Running| {
        assert_eq!(running.invoke("4").await.text(), "[8]");
        assert_eq!(running.api.invoke(Event::new("4").request_id("tenfold")).await.text(), "[80]");
        assert!(running.stop().await);
    });
}

struct Db {
    timeout: Duration,
}

#[test]
fn layer_closure_runs_once() {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    async fn connect() -> Result<(String, Db), Error> {
        Ok(("db".to_owned(), Db { timeout: Duration::from_millis(20) }))
    }
    #[allow(clippy::ptr_arg)] // what `init` returns is a `String`
    async fn slow(ms: u64, name: &String) -> Result<String, lrt::Error> {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        Ok(name.clone())
    }
    let layered = lrt::json(slow).init(connect).layer(ConcurrencyLimitLayer::new(1)).layer_with(|db: &Db| {
        MADE.fetch_add(1, Ordering::Relaxed);
        TimeoutLayer::new(db.timeout)
    });
    run_function(layered.define(), async |running: Running| {
        assert_eq!(running.invoke("1").await.text(), r#""db""#);
        assert!(error_of(&running.invoke("10000").await).starts_with("Function.Timeout "));
        assert!(running.stop().await);
    });
    assert_eq!(MADE.load(Ordering::Relaxed), 1);
}

#[test]
fn layer_can_borrow_the_value_of_init() {
    #[derive(Clone)]
    struct Add<'a, S>(&'a Db, S);
    impl<S: Service<Invocation>> Service<Invocation> for Add<'static, S> {
        type Response = S::Response;
        type Error = S::Error;
        type Future = S::Future;

        fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), S::Error>> {
            self.1.poll_ready(cx)
        }

        fn call(&mut self, mut invocation: Invocation) -> S::Future {
            *invocation.payload_mut() = self.0.timeout.as_secs().to_string().into();
            self.1.call(invocation)
        }
    }
    async fn connect() -> Result<Db, lrt::Error> {
        Ok(Db { timeout: Duration::from_secs(21) })
    }
    let layered = lrt::json(double).init(connect).layer_with(|db: &Db| layer_fn(move |inner: Inner| Add(db, inner)));
    run_function(layered.define(), async |running: Running| {
        assert_eq!(running.invoke("1").await.text(), "42");
        assert!(running.stop().await);
    });
}

/// Behavior of a broken layer.
#[derive(Clone, Copy)]
enum Broken {
    PanicsWhenReady,
    PanicsWhenCalled,
    PanicsInTheFuture,
    NeverReady,
    NeverAnswers,
    NotReadyError,
}

struct BrokenService(Broken, Inner, Arc<AtomicBool>);

impl Service<Invocation> for BrokenService {
    type Response = Reply;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        let healed = self.2.load(Ordering::Relaxed);
        match self.0 {
            Broken::PanicsWhenReady if !healed => panic!("not ready"),
            Broken::NeverReady if !healed => Poll::Pending,
            Broken::NotReadyError if !healed => Poll::Ready(Err("gone".into())),
            _ => self.1.poll_ready(cx),
        }
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let broken = invocation.payload() == b"0";
        match self.0 {
            Broken::PanicsWhenCalled if broken => panic!("not called"),
            Broken::PanicsInTheFuture if broken => Box::pin(async { panic!("not awaited") }),
            Broken::NeverAnswers if broken => Box::pin(std::future::pending()),
            _ => self.1.call(invocation),
        }
    }
}

#[test]
fn broken_layer_times_out_and_the_next_event_is_handled() {
    for (broken, expected) in [
        (Broken::PanicsWhenReady, "Function.Panic panicked at tests/it/layers.rs:"),
        (Broken::PanicsWhenCalled, "Function.Panic panicked at tests/it/layers.rs:"),
        (Broken::PanicsInTheFuture, "Function.Panic panicked at tests/it/layers.rs:"),
        (Broken::NeverReady, "Function.Timeout "),
        (Broken::NeverAnswers, "Function.Timeout "),
        (Broken::NotReadyError, "Function.Error gone"),
    ] {
        let healed = Arc::new(AtomicBool::new(false));
        let state = Arc::clone(&healed);
        let layered = lrt::json(double)
            .layer(ClonesWhatIsReady)
            .layer(layer_fn(move |inner: Inner| BrokenService(broken, inner, Arc::clone(&state))))
            .layer(ConcurrencyLimitLayer::new(1));
        run_function(layered.define(), async |running: Running| {
            let event = Event::new("0").deadline_in(Duration::from_millis(300));
            let error = error_of(&running.api.invoke(event).await);
            assert!(error.starts_with(expected), "{error}");
            healed.store(true, Ordering::Relaxed);
            assert_eq!(running.invoke("4").await.text(), "8", "{expected}");
            assert!(running.stop().await);
        });
    }
}

/// A common mistake in layers: calling a clone of the service that is ready.
struct ClonesWhatIsReady;

impl Layer<Inner> for ClonesWhatIsReady {
    type Service = WrongClone;

    fn layer(&self, inner: Inner) -> WrongClone {
        WrongClone(inner)
    }
}

struct WrongClone(Inner);

impl Service<Invocation> for WrongClone {
    type Response = Reply;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let mut inner = self.0.clone();
        Box::pin(async move { inner.call(invocation).await })
    }
}

#[test]
fn panic_while_building_a_layer_is_an_init_error() {
    let layered = lrt::json(double).layer(layer_fn(|_: Inner| -> Inner { panic!("no layer") }));
    run_function(layered.define(), async |running: Running| {
        let error = error_of(&running.invoke("1").await);
        assert!(error.starts_with("Function.Panic panicked at tests/it/layers.rs:"), "{error}");
    });
}

/// Records each payload and reply, and rejects empty objects.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

struct Noting<S> {
    inner: S,
    notes: Notes,
}

impl<S> Layer<S> for Notes {
    type Service = Noting<S>;

    fn layer(&self, inner: S) -> Noting<S> {
        Noting { inner, notes: self.clone() }
    }
}

impl<S> Service<Invocation> for Noting<S>
where
    S: Service<Invocation, Response = Reply, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Reply;
    type Error = BoxError;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Reply, BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: Invocation) -> Self::Future {
        let notes = self.notes.0.clone();
        if invocation.payload() == b"{}" {
            return Box::pin(async { Err("nothing came".into()) });
        }
        let id = invocation.context().request_id().to_owned();
        notes.lock().unwrap().push(format!("{id} {}", String::from_utf8_lossy(invocation.payload())));
        let reply = self.inner.call(invocation);
        Box::pin(async move {
            let reply = reply.await?;
            notes.lock().unwrap().push(format!("{id} -> {}", String::from_utf8_lossy(reply.body())));
            Ok(reply)
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("odd")]
struct OddNumber;

async fn halve(n: u32) -> Result<u32, OddNumber> {
    if n.is_multiple_of(2) { Ok(n / 2) } else { Err(OddNumber) }
}

#[test]
fn custom_layer_sees_invocations_and_replies_and_errors_keep_their_names() {
    let notes = Notes::default();
    run_function(lrt::json(halve).layer(notes.clone()).layer(notes.clone()).define(), async |running: Running| {
        let event = |payload: &'static str, id: &str| Event::new(payload).request_id(id);
        assert_eq!(running.api.invoke(event("8", "a")).await.text(), "4");
        assert_eq!(running.api.invoke(event("7", "b")).await.error_type(), Some("Function.OddNumber"));
        assert_eq!(running.api.invoke(event("", "c")).await.error_type(), Some("Function.Error"));
        assert_eq!(running.api.invoke(event("2", "d")).await.text(), "1");
        assert!(running.stop().await);
    });
    let expected = ["a 8", "a 8", "a -> 4", "a -> 4", "b 7", "b 7", "d 2", "d 2", "d -> 1", "d -> 1"];
    assert_eq!(*notes.0.lock().unwrap(), expected);
}
