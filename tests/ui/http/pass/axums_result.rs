use lrt::prelude::*;

// Its error is not a response, but the `Result` is.
#[lambda(http)]
async fn read() -> axum_core::response::Result<Json<u32>> {
    Err(StatusCode::NOT_FOUND)?
}
