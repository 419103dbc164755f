use lrt::prelude::*;

#[derive(Debug)]
struct NoOrder;

impl std::fmt::Display for NoOrder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no such order")
    }
}

impl std::error::Error for NoOrder {}

impl IntoResponse for NoOrder {
    fn into_response(self) -> Response {
        StatusCode::NOT_FOUND.into_response()
    }
}

#[lambda(http)]
async fn read() -> Result<Json<u32>, NoOrder> {
    Err(NoOrder)
}
