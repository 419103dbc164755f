use lrt::firehose::Transform;
use lrt::prelude::*;

struct Click;

#[lambda(firehose)]
async fn clean(click: String) -> Result<Transform<Click>, Error> {
    println!("{click}");
    Ok(Transform::Ok(Click))
}
