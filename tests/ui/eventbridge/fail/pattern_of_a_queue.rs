use lrt::prelude::*;

#[lambda(sqs, pattern = r#"{"source": ["shop"]}"#)]
async fn book(order: u32) -> Result<(), Error> {
    println!("{order}");
    Ok(())
}
