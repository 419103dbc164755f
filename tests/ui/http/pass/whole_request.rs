use lrt::prelude::*;

#[lambda(function_url)]
async fn echo(request: Request) -> Response {
    Response::new(request.into_body())
}
