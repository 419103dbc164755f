use lrt::prelude::*;

#[handler(authorizer, cahce = Duration::ZERO)]
async fn auth(_: AuthRequest) -> Result<Allow<u8>, Deny> {
    Err(Deny)
}

#[handler(http_api, authorizer = auth)]
async fn orders(Caller(user): Caller<u64>) -> String {
    user.to_string()
}

lrt::main!(auth, orders);
