use lrt::batch::DecodeError;
use lrt::prelude::*;
use lrt::s3::S3Object;

#[lambda(s3)]
async fn thumb(object: Result<S3Object, DecodeError>) -> Result<(), Error> {
    println!("{}", object?.key);
    Ok(())
}
