use lrt::prelude::*;

struct Id;

#[lambda(http)]
async fn read(Path(id): Path<Id>) -> StatusCode {
    let _ = id;
    StatusCode::OK
}
