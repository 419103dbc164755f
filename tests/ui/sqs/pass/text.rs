use lrt::payload::Text;
use lrt::prelude::*;

const RECORDS: usize = 4;

#[lambda(concurrency = RECORDS, sqs)]
async fn process(Text(text): Text) -> Result<(), String> {
    Err(text)
}
