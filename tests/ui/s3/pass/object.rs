use lrt::prelude::*;
use lrt::s3::S3Object;

struct Store;

async fn open() -> Store {
    Store
}

#[lambda(s3, init = open, concurrency = 4)]
async fn thumb(object: S3Object, ctx: Context, _store: &Store) {
    println!("{} {} {}", object.key, object.is_created(), ctx.request_id());
}
