use lrt::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
struct Totals;

#[lambda(kinesis)]
async fn sum(n: u32, totals: Window<Totals>) -> Result<(), Error> {
    let _ = (n, totals);
    Ok(())
}
