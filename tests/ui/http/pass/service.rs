use lrt::prelude::*;
use tower::Service;

struct Db;

async fn connect() -> Result<Db, Error> {
    Ok(Db)
}

#[lambda(http, service, init = connect)]
async fn app(
    db: &Db,
) -> Result<impl Service<Request, Response = Response, Error = Error, Future: Send> + Send + 'static, Error> {
    let _ = db;
    Ok(tower::service_fn(|_: Request| async { Ok(Response::default()) }))
}
