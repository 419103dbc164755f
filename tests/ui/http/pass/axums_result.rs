use lrt::prelude::*;

// Its error is no response, but the `Result` is one.
#[lambda(http)]
async fn read() -> axum_core::response::Result<Json<u32>> {
    Err(StatusCode::NOT_FOUND)?
}
