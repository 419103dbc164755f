//! The service type between two layers.

use crate::error::BoxError;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use tower_service::Service;

type ResponseFuture<Response> = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

/// The service that a layer wraps: the function, or the function with the inner layers.
///
/// It is `Clone` for any inner service, so that tower's retry can wrap it. All clones share one service and its
/// readiness: after `poll_ready` on one clone, all of them are ready for one call in total. A call without `poll_ready`
/// waits until the service is ready, while other services panic or exceed a limit. (The usual mistake in a layer is to
/// clone a service that is ready and to call the clone.)
///
/// ```
/// use lrt_core::{BoxError, SharedService, service_fn};
/// use tower_service::Service;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let mut double = SharedService::new(service_fn(|n: u32| async move { Ok::<_, BoxError>(2 * n) }));
/// assert_eq!(double.clone().call(4).await.unwrap(), 8);
/// # });
/// ```
pub struct SharedService<Request, Response> {
    inner: Arc<SharedInner<dyn ErasedService<Request, Response>>>,
}

struct SharedInner<S: ?Sized> {
    /// The tasks that wait for the service. The service itself only wakes the last one that polled.
    waiting: Arc<Waiting>,
    turn: Mutex<Turn<S>>,
}

struct Turn<S: ?Sized> {
    /// True if the service is ready and has not been called since.
    ready: bool,
    service: S,
}

trait ErasedService<Request, Response>: Send {
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>>;
    fn call_inner(&mut self, request: Request) -> ResponseFuture<Response>;
}

/// A service, and the function that converts its responses.
struct Mapped<S, M>(S, M);

impl<S, M, Request, Response> ErasedService<Request, Response> for Mapped<S, M>
where
    S: Service<Request, Error: Into<BoxError>, Future: Send + 'static> + Send,
    M: Fn(S::Response) -> Response + Copy + Send + 'static,
{
    fn poll_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(cx).map_err(Into::into)
    }

    fn call_inner(&mut self, request: Request) -> ResponseFuture<Response> {
        let (response, map) = (self.0.call(request), self.1);
        Box::pin(async move { response.await.map(map).map_err(Into::into) })
    }
}

impl<Request, Response> SharedService<Request, Response> {
    /// Wraps a service.
    pub fn new<S>(service: S) -> SharedService<Request, Response>
    where
        S: Service<Request, Response = Response, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
        Request: 'static,
        Response: 'static,
    {
        SharedService::mapped(service, |response| response)
    }

    /// Wraps a service and converts its responses.
    pub fn mapped<S>(service: S, map: impl Fn(S::Response) -> Response + Copy + Send + 'static) -> Self
    where
        S: Service<Request, Error: Into<BoxError>, Future: Send + 'static> + Send + 'static,
        Request: 'static,
        Response: 'static,
    {
        let turn = Mutex::new(Turn { ready: false, service: Mapped(service, map) });
        SharedService { inner: Arc::new(SharedInner { waiting: Arc::default(), turn }) }
    }
}

impl<Request, Response> Clone for SharedService<Request, Response> {
    fn clone(&self) -> SharedService<Request, Response> {
        SharedService { inner: Arc::clone(&self.inner) }
    }
}

impl<Request, Response> fmt::Debug for SharedService<Request, Response> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedService")
    }
}

impl<Request, Response> Service<Request> for SharedService<Request, Response>
where
    Request: Send + 'static,
    Response: 'static,
{
    type Response = Response;
    type Error = BoxError;
    type Future = ResponseFuture<Response>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.lock().poll_ready(&self.inner.waiting, cx)
    }

    fn call(&mut self, request: Request) -> ResponseFuture<Response> {
        let mut turn = self.inner.lock();
        if turn.ready {
            return turn.call(request);
        }
        drop(turn);
        let inner = Arc::clone(&self.inner);
        let mut request = Some(request);
        Box::pin(async move {
            let response = poll_fn(|cx| {
                let mut turn = inner.lock();
                ready!(turn.poll_ready(&inner.waiting, cx))?;
                let request = request.take().expect("a future is not polled after it was ready");
                Poll::Ready(Ok::<_, BoxError>(turn.call(request)))
            });
            response.await?.await
        })
    }
}

impl<S: ?Sized> SharedInner<S> {
    fn lock(&self) -> MutexGuard<'_, Turn<S>> {
        // A panic in a layer is caught by the runtime, and the layer is called again.
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<Request, Response> Turn<dyn ErasedService<Request, Response>> {
    fn poll_ready(&mut self, waiting: &Arc<Waiting>, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if !self.ready {
            // Most services are always ready. Wakers are only registered for the others.
            if self.service.poll_inner(&mut Context::from_waker(Waker::noop()))?.is_pending() {
                waiting.add(cx.waker());
                let waker = Waker::from(Arc::clone(waiting));
                ready!(self.service.poll_inner(&mut Context::from_waker(&waker)))?;
            }
            self.ready = true;
        }
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> ResponseFuture<Response> {
        self.ready = false;
        self.service.call_inner(request)
    }
}

/// The tasks that wait for the service to be ready.
#[derive(Default)]
struct Waiting(Mutex<Vec<Waker>>);

impl Waiting {
    fn add(&self, waker: &Waker) {
        let mut wakers = self.lock();
        if !wakers.iter().any(|other| other.will_wake(waker)) {
            wakers.push(waker.clone());
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let wakers = std::mem::take(&mut *self.lock());
        wakers.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::handler::service_fn;
    use std::time::Duration;
    use tokio::sync::{OwnedSemaphorePermit, Semaphore};
    use tokio::time::{Sleep, sleep};

    /// Accepts one call per second, and panics if `call` is not preceded by `poll_ready`.
    struct EverySecond {
        wait: Pin<Box<Sleep>>,
        ready: bool,
    }

    impl Service<u32> for EverySecond {
        type Response = u32;
        type Error = BoxError;
        type Future = std::future::Ready<Result<u32, BoxError>>;

        fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
            ready!(self.wait.as_mut().poll(cx));
            self.ready = true;
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, n: u32) -> Self::Future {
            assert!(std::mem::take(&mut self.ready), "called before it was ready");
            self.wait = Box::pin(sleep(Duration::from_secs(1)));
            std::future::ready(Ok(n))
        }
    }

    fn every_second() -> SharedService<u32, u32> {
        SharedService::new(EverySecond { wait: Box::pin(sleep(Duration::ZERO)), ready: false })
    }

    #[tokio::test(start_paused = true)]
    async fn clone_of_a_ready_service_can_be_called() {
        let mut service = every_second();
        poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
        assert_eq!(service.clone().call(1).await.unwrap(), 1);
        let started = tokio::time::Instant::now();
        assert_eq!(service.call(2).await.unwrap(), 2);
        assert_eq!(started.elapsed().as_secs(), 1, "the clone used up the readiness");
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_tasks_are_woken_and_served_one_after_another() {
        let service = every_second();
        let mut tasks = tokio::task::JoinSet::new();
        let started = tokio::time::Instant::now();
        for n in 0..5 {
            let mut service = service.clone();
            tasks.spawn(async move {
                poll_fn(|cx| service.poll_ready(cx)).await.unwrap();
                tokio::task::yield_now().await;
                service.call(n).await.unwrap()
            });
        }
        let mut answers = tasks.join_all().await;
        answers.sort_unstable();
        assert_eq!(answers, [0, 1, 2, 3, 4]);
        assert_eq!(started.elapsed().as_secs(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn dropped_waiter_does_not_block_others() {
        let mut service = every_second();
        service.call(1).await.unwrap();
        let mut gone = service.clone();
        let waiting = tokio::time::timeout(Duration::from_millis(10), poll_fn(|cx| gone.poll_ready(cx)));
        assert!(waiting.await.is_err());
        assert_eq!(service.call(2).await.unwrap(), 2);
    }

    #[tokio::test]
    async fn pending_readiness_is_visible_to_callers() {
        struct Permits(Arc<Semaphore>, Option<OwnedSemaphorePermit>);
        impl Service<()> for Permits {
            type Response = OwnedSemaphorePermit;
            type Error = BoxError;
            type Future = std::future::Ready<Result<OwnedSemaphorePermit, BoxError>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
                match Arc::clone(&self.0).try_acquire_owned() {
                    Ok(permit) => {
                        self.1 = Some(permit);
                        Poll::Ready(Ok(()))
                    }
                    Err(_) => Poll::Pending,
                }
            }

            fn call(&mut self, (): ()) -> Self::Future {
                std::future::ready(Ok(self.1.take().unwrap()))
            }
        }
        let mut service = SharedService::new(Permits(Arc::new(Semaphore::new(1)), None));
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(service.poll_ready(cx).is_ready());
        let permit = service.call(()).await.unwrap();
        assert!(service.clone().poll_ready(cx).is_pending());
        drop(permit);
        assert!(service.poll_ready(cx).is_ready());
    }

    #[tokio::test]
    async fn service_is_usable_after_errors_and_panics() {
        let mut service = SharedService::new(service_fn(|n: u32| async move {
            match n {
                0 => Err("zero"),
                1 => panic!("one"),
                n => Ok(n),
            }
        }));
        assert_eq!(service.call(0).await.unwrap_err().to_string(), "zero");
        let mut panicking = service.clone();
        assert!(tokio::spawn(async move { panicking.call(1).await }).await.is_err());
        assert_eq!(service.call(2).await.unwrap(), 2);
    }
}
