use lrt::prelude::*;
use tower::util::MapRequestLayer;

#[lambda(http, layer = MapRequestLayer::new(|invocation: lrt::Invocation| invocation))]
async fn read() -> StatusCode {
    StatusCode::OK
}
