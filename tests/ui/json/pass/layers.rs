use lrt::prelude::*;
use std::time::Duration;
use tower::ServiceBuilder;
use tower::timeout::TimeoutLayer;

struct Settings {
    timeout: Duration,
}

async fn settings() -> Result<(Settings, String), Error> {
    Ok((Settings { timeout: Duration::from_secs(1) }, String::new()))
}

#[lambda(
    init = settings,
    layer = ServiceBuilder::new().load_shed().concurrency_limit(1),
    layer = |settings: &Settings| TimeoutLayer::new(settings.timeout),
    layer = move |_: &(Settings, String)| tower::layer::layer_fn(|inner| inner),
    layer = tower::util::MapRequestLayer::new(|invocation: lrt::Invocation| invocation),
)]
async fn process(name: String, _: &String) -> String {
    name
}
