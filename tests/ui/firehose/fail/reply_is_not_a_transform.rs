use lrt::prelude::*;

#[lambda(firehose)]
async fn clean(click: String) -> Result<(), Error> {
    println!("{click}");
    Ok(())
}
