use lrt::prelude::*;

#[lambda(metrics = "Shop")]
async fn order(id: u64) -> u64 {
    lrt::metrics::counter!("Orders", "Channel" => "web").increment(1);
    id
}
