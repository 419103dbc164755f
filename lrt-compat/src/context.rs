//! Contexts of lrt as contexts of lambda_runtime, and the opposite.

use lambda_runtime::{Config, Context};
use lrt::{EventHeaders, FunctionInfo, FunctionInstance};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Creates contexts of lambda_runtime, which share the configuration of the function.
#[derive(Default)]
pub(crate) struct ContextTemplate(Context);

impl ContextTemplate {
    /// Returns the context of an invocation.
    pub(crate) fn context(&mut self, of: &lrt::Context) -> Context {
        if !is_config_of(&self.0.env_config, of) {
            self.0.env_config = Arc::new(config(of));
        }
        let mut context = self.0.clone();
        context.request_id = of.request_id().to_owned();
        context.deadline = deadline_ms(of);
        context.invoked_function_arn = of.function_arn().to_owned();
        context.xray_trace_id = of.trace_id().map(str::to_owned);
        context.client_context = json_header(of, "Lambda-Runtime-Client-Context", of.client_context());
        context.identity = json_header(of, "Lambda-Runtime-Cognito-Identity", of.identity());
        context.tenant_id = of.tenant_id().map(str::to_owned);
        context
    }
}

fn config(of: &lrt::Context) -> Config {
    Config {
        function_name: of.function_name().to_owned(),
        memory: memory(of),
        version: of.function_version().to_owned(),
        log_stream: of.log_stream().to_owned(),
        log_group: of.log_group().to_owned(),
    }
}

/// Returns true if the configuration is the one of this invocation. It only changes in tests.
fn is_config_of(config: &Config, of: &lrt::Context) -> bool {
    config.function_name == of.function_name()
        && config.memory == memory(of)
        && config.version == of.function_version()
        && config.log_stream == of.log_stream()
        && config.log_group == of.log_group()
}

fn memory(of: &lrt::Context) -> i32 {
    of.memory_mb().try_into().unwrap_or(i32::MAX)
}

/// Returns the deadline as Lambda sent it. lambda_runtime does not support invocations without one, so they have Lambda's
/// maximum.
fn deadline_ms(of: &lrt::Context) -> u64 {
    of.deadline_ms().unwrap_or_else(|| {
        let deadline = of.deadline().unwrap_or_else(|| SystemTime::now() + of.remaining());
        let since_1970 = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
        since_1970.as_millis().try_into().unwrap_or(u64::MAX)
    })
}

/// Decodes a header that contains JSON. An invalid one is logged, since no header can fail an invocation.
fn json_header<T: DeserializeOwned>(of: &lrt::Context, name: &str, value: Option<&str>) -> Option<T> {
    let value = value.filter(|value| !value.is_empty())?;
    let decoded = serde_json::from_str(value);
    if let Err(error) = &decoded {
        // The category does not contain the value, which may be confidential.
        let category = error.classify();
        lrt_core::log::warn(of.request_id(), format_args!("ignoring invalid {name}: {category:?} error in its JSON"));
    }
    decoded.ok()
}

/// Returns the function that a context of lambda_runtime describes.
pub(crate) fn instance(config: &Config) -> FunctionInstance {
    let mut function = FunctionInfo::default();
    function.name.clone_from(&config.function_name);
    function.version.clone_from(&config.version);
    function.memory_mb = config.memory.try_into().unwrap_or(0);
    function.log_group.clone_from(&config.log_group);
    function.log_stream.clone_from(&config.log_stream);
    FunctionInstance::new(function)
}

/// Converts a context of lambda_runtime to one of lrt.
///
/// # Errors
///
/// Returns an error if client context or identity cannot be serialized.
pub(crate) fn to_lrt(
    context: &Context,
    instance: Arc<FunctionInstance>,
    cold_start: bool,
) -> serde_json::Result<lrt::Context> {
    let client_context = context.client_context.as_ref().map(serde_json::to_string).transpose()?;
    let identity = context.identity.as_ref().map(serde_json::to_string).transpose()?;
    let headers = EventHeaders {
        request_id: &context.request_id,
        function_arn: &context.invoked_function_arn,
        deadline_ms: Some(context.deadline),
        trace_id: context.xray_trace_id.as_deref(),
        tenant_id: context.tenant_id.as_deref(),
        client_context: client_context.as_deref(),
        identity: identity.as_deref(),
        invocation_id: None,
    };
    Ok(lrt::Context::new(&headers, instance, cold_start))
}
