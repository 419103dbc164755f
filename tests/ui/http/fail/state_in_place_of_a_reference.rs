use lrt::prelude::*;

struct State<T>(T);

#[lambda(http)]
async fn read(State(db): State<u32>) -> StatusCode {
    let _ = db;
    StatusCode::OK
}
