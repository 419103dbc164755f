use lrt::prelude::*;

#[lambda(http, service)]
async fn app(request: Request) -> Response {
    let _ = request;
    Response::default()
}
