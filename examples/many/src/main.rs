//! Several functions in one binary: `cargo run -p many -- invoke audit examples/many/events/audit/limit.json`.

mod prices;
mod shop;
mod stock;

use lrt::prelude::*;
use shop::Shop;

// In Lambda, the function's `Handler` is one of these names.
lrt::main!(stock::receive, prices::price, audit);

#[derive(serde::Deserialize)]
struct Audit {
    above: u32,
}

/// The items that cost more than that, for whoever invokes the function.
#[handler(init = shop::open)]
async fn audit(audit: Audit, shop: &Shop) -> Vec<String> {
    shop.items().filter(|(_, price)| *price > audit.above).map(|(item, _)| item.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    lrt::snapshot_tests!(audit, "events/audit/*.json");
}
