use lrt::prelude::*;
use std::time::Duration;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;

struct Settings {
    timeout: Duration,
}

async fn settings() -> Settings {
    Settings { timeout: Duration::from_secs(1) }
}

#[lambda(
    websocket,
    init = settings,
    layer = LoadShedLayer::new(),
    layer = |settings: &Settings| TimeoutLayer::new(settings.timeout),
)]
async fn chat(message: String) -> StatusCode {
    let _ = message;
    StatusCode::OK
}
