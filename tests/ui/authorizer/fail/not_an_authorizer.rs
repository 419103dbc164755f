use lrt::prelude::*;

#[handler]
async fn auth(name: String) -> String {
    name
}

#[handler(http_api, authorizer = auth)]
async fn orders() -> StatusCode {
    StatusCode::OK
}

lrt::main!(auth, orders);
