use lrt::http::{HeaderMap, Method, Origin, RequestContext, Uri};
use lrt::prelude::*;

struct Db;

struct Cache;

async fn connect() -> (Db, Cache) {
    (Db, Cache)
}

#[derive(serde::Deserialize)]
struct Page {
    page: Option<u32>,
}

#[derive(serde::Deserialize)]
struct Caller;

#[lambda(api_gateway, route = "PUT /orders/{id}", base_path = "/v1", init = connect)]
async fn create(
    Path(id): Path<u64>,
    db: &Db,
    Query(Page { page }): Query<Page>,
    ctx: Context,
    (method, uri, headers, origin): (Method, Uri, HeaderMap, Origin),
    RequestContext(context): RequestContext<Caller>,
    Json(order): Json<u32>,
    cache: &Cache,
) -> Result<Json<u64>, Error> {
    let _ = (db, page, ctx, method, uri, headers, origin, context, order, cache);
    Ok(Json(id))
}
