use lrt::prelude::*;

#[handler(authorizer)]
async fn auth(_: AuthRequest) -> Result<Allow<()>, Deny> {
    Ok(Allow::new(()))
}

#[handler(function_url, authorizer = auth)]
async fn orders() -> StatusCode {
    StatusCode::OK
}

lrt::main!(auth, orders);
