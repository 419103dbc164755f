use lrt::prelude::*;

type Answer<T> = Result<T, Error>;

struct Receipt;

#[lambda]
async fn process(_: String) -> Answer<Receipt> {
    Ok(Receipt)
}
