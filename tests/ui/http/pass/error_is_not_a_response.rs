use lrt::prelude::*;

#[derive(Debug)]
struct NoConnection;

impl std::fmt::Display for NoConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no connection")
    }
}

impl std::error::Error for NoConnection {}

#[lambda(http)]
async fn read() -> Result<Json<u32>, NoConnection> {
    Err(NoConnection)
}
