use lrt::prelude::*;

struct LambdaEvent<T> {
    payload: T,
}

#[lambda]
async fn process(event: LambdaEvent<String>) -> String {
    event.payload
}
