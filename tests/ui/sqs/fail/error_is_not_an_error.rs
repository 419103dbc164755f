use lrt::prelude::*;

struct Odd;

#[lambda(sqs)]
async fn process(id: u64) -> Result<(), Odd> {
    let _ = id;
    Err(Odd)
}
