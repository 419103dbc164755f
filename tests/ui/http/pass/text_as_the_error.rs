use lrt::prelude::*;

async fn connect() -> Result<u32, String> {
    Ok(7)
}

#[lambda(http, init = connect)]
async fn read(n: &u32) -> Result<impl IntoResponse, String> {
    Ok(n.to_string())
}
