use lrt::prelude::*;
use lrt::s3::S3Object;

#[lambda(s3, on_all_failed = report)]
async fn thumb(object: S3Object) -> Result<(), Error> {
    println!("{}", object.key);
    Ok(())
}
