use lrt::firehose::Transform;
use lrt::prelude::*;

#[lambda(firehose)]
async fn clean(record: Record<String>) -> Result<Transform<String>, Error> {
    Ok(Transform::Ok(record.data))
}
