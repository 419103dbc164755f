use lrt::dynamodb::Keys;
use lrt::prelude::*;

#[derive(serde::Deserialize)]
struct ProductId {
    id: String,
}

#[lambda(dynamodb)]
async fn index(change: Change<Keys<ProductId>>) {
    if let Change::Insert { new: Keys(key), .. } = change {
        println!("{}", key.id);
    }
}
