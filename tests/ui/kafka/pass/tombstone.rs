use lrt::payload::Raw;
use lrt::prelude::*;

#[lambda(kafka)]
async fn process(value: Option<Raw>) -> Result<(), Error> {
    value.map(drop).ok_or_else(|| Error::msg("gone"))
}
