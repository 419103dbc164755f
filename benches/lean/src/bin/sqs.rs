//! Ten messages. Two fail: one does not decode, one has a negative amount.

use lrt::Error;

#[derive(serde::Deserialize)]
struct Order {
    id: String,
    amount: i64,
}

async fn process(order: Order) -> Result<(), Error> {
    if order.amount < 0 || order.id.is_empty() {
        return Err(Error::msg(format!("order {} has a negative amount", order.id)));
    }
    Ok(())
}

fn main() -> std::process::ExitCode {
    lrt::sqs(process).run()
}
