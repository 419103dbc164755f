use lrt::prelude::*;
use lrt::s3::S3Object;

#[lambda(s3)]
async fn thumbs(objects: Batch<S3Object>) -> Result<BatchFailures, Error> {
    drop(objects);
    Ok(BatchFailures::new())
}

