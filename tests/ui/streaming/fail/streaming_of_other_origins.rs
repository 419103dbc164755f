use lrt::prelude::*;

mod balanced {
    use lrt::prelude::*;

    #[handler(alb, streaming)]
    async fn tail(_request: Request) -> Response {
        Response::default()
    }
}

#[lambda(streaming, api_gateway)]
async fn tail(_request: Request) -> Response {
    Response::default()
}
