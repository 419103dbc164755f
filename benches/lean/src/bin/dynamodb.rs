//! Ten inserted items, decoded into a struct.

use lrt::Error;
use lrt::dynamodb::Change;

#[derive(serde::Deserialize)]
struct Item {
    id: String,
    #[allow(dead_code)]
    name: String,
    amount: i64,
    price: f64,
    active: bool,
    tags: Vec<String>,
    address: Address,
}

#[derive(serde::Deserialize)]
struct Address {
    city: String,
    #[allow(dead_code)]
    zip: String,
}

async fn index(change: Change<Item>) -> Result<(), Error> {
    match change {
        Change::Insert { new, .. } if new.active && new.price > 0.0 && new.tags.len() == 2 && new.amount > 0 => {
            std::hint::black_box((new.id, new.address.city));
            Ok(())
        }
        change => Err(Error::msg(format!("unexpected change: {}", change.id()))),
    }
}

fn main() -> std::process::ExitCode {
    lrt::dynamodb(index).run()
}
