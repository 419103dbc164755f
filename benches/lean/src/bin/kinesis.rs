//! Ten records; the ninth fails.

use lrt::Error;
use lrt::kinesis::Record;

#[derive(serde::Deserialize)]
struct Order {
    id: String,
    amount: i64,
}

async fn process(record: Record<Order>) -> Result<(), Error> {
    let order = record.data;
    if order.amount < 0 || order.id.is_empty() {
        return Err(Error::msg(format!("order {} has a negative amount", order.id)));
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    lrt::kinesis(process).run()
}
