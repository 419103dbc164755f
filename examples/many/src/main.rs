//! Several functions in one binary: `cargo run -p many -- invoke audit examples/many/events/audit/limit.json`.

mod prices;
mod shop;
mod stock;

use lrt::prelude::*;
use shop::Shop;

// In Lambda, the setting `Handler` is the name of one of these functions.
lrt::main!(stock::receive, prices::price, audit);

#[derive(serde::Deserialize)]
struct Audit {
    above: u32,
}

/// Returns the items that cost more than a limit.
#[handler(init = shop::open)]
async fn audit(audit: Audit, shop: &Shop) -> Vec<String> {
    shop.items().filter(|(_, price)| *price > audit.above).map(|(item, _)| item.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    lrt::snapshot_tests!(audit, "events/audit/*.json");
}
