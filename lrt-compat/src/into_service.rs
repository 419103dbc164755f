//! Functions of lrt as services of lambda_runtime.

use crate::context::{instance, to_lrt};
use lambda_runtime::tower::util::ServiceFn;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use lrt::{FunctionInstance, FunctionService, Handler, Invocation};
use lrt_core::RenderedError;
use serde_json::Value;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use tower_service::Service;

/// Turns a function of lrt into a service for lambda_runtime, for libraries that take a `Service<LambdaEvent<Value>>`.
///
/// `init` runs once, in this function. Each call runs the layers, the deadline guard and the work of
/// [`wait_until`](lrt::Context::wait_until), which ends before the reply is returned. `shutdown` does not run. The
/// function must not stream its replies, which is checked at compile time.
///
/// `handler` is the result of [`Builder::define`](lrt::Builder::define), or of
/// [`Function::handler`](lrt::Function::handler) for a function with `#[handler]`.
///
/// ```
/// use lambda_runtime::{Context, LambdaEvent, tower::ServiceExt};
/// use serde_json::json;
///
/// async fn add((a, b): (i64, i64)) -> Result<i64, lrt::Error> {
///     a.checked_add(b).ok_or_else(|| lrt::Error::named("Overflow", "the sum is too large"))
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// # // The bounds of `lambda_runtime::run`.
/// # let _ = async { lambda_runtime::run(lrt_compat::into_service(lrt::json(add).define()).await.unwrap()).await };
/// let service = lrt_compat::into_service(lrt::json(add).define()).await.unwrap();
/// let sum = service.clone().oneshot(LambdaEvent::new(json!([1, 2]), Context::default())).await;
/// assert_eq!(sum.unwrap(), 3);
/// let error = service.oneshot(LambdaEvent::new(json!([i64::MAX, 1]), Context::default())).await.unwrap_err();
/// assert_eq!(error.error_type, "Overflow");
/// # }
/// ```
///
/// # Errors
///
/// Returns the error of `init`.
pub async fn into_service<H: Handler>(
    handler: H,
) -> Result<
    impl Service<LambdaEvent<Value>, Response = Value, Error = Diagnostic, Future: 'static> + Clone + 'static,
    Diagnostic,
> {
    const { assert!(!H::STREAMING, "a function that streams its replies cannot be a `Service<LambdaEvent<Value>>`") };
    // It lives as long as the process, like the state of a function.
    let handler: &'static H = Box::leak(Box::new(handler));
    let (service, _) = lrt_core::init(handler).await.map_err(|error| diagnostic(&error))?;
    Ok(service_of(handler, service))
}

fn service_of<H: Handler, S: FunctionService>(
    handler: &'static H,
    service: S,
) -> ServiceFn<impl FnMut(LambdaEvent<Value>) -> Invoked + Clone> {
    let process = Arc::new(ProcessState { instance: OnceLock::new(), cold_start: AtomicBool::new(true) });
    service_fn(move |event: LambdaEvent<Value>| -> Invoked {
        let (mut service, process) = (service.clone(), process.clone());
        Box::pin(async move {
            let LambdaEvent { payload, context } = event;
            let instance = process.instance.get_or_init(|| Arc::new(instance(&context.env_config)));
            let cold_start = process.cold_start.swap(false, Ordering::Relaxed);
            let context = to_lrt(&context, instance.clone(), cold_start).map_err(unmarshal)?;
            let invocation = Invocation::new(payload.to_string(), context);
            let reply = lrt_core::invoke(&mut service, invocation, handler.margin(), &mut |_| {}).await;
            serde_json::from_slice(reply.map_err(|error| diagnostic(&error))?.body()).map_err(unmarshal)
        })
    })
}

/// The future of a call.
type Invoked = std::pin::Pin<Box<dyn Future<Output = Result<Value, Diagnostic>>>>;

/// The execution environment of the function.
struct ProcessState {
    instance: OnceLock<Arc<FunctionInstance>>,
    cold_start: AtomicBool,
}

fn diagnostic(error: &RenderedError) -> Diagnostic {
    serde_json::from_slice(error.body()).unwrap_or_else(unmarshal)
}

fn unmarshal(error: serde_json::Error) -> Diagnostic {
    Diagnostic { error_type: "Runtime.UnmarshalError".to_owned(), error_message: error.to_string() }
}
