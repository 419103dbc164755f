use lrt::prelude::*;
use lrt::s3::S3Object;

#[lambda]
async fn thumb(object: S3Object) -> Result<(), Error> {
    println!("{}", object.key);
    Ok(())
}
