//! Requests through API Gateway.

use crate::shop::{self, Shop};
use lrt::prelude::*;

/// Returns the price of an item.
#[handler(api_gateway, init = shop::open, route = "GET /prices/{item}")]
pub(crate) async fn price(Path(item): Path<String>, shop: &Shop) -> Result<Json<u32>, StatusCode> {
    shop.price(&item).map(Json).ok_or(StatusCode::NOT_FOUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    lrt::snapshot_tests!(price, "events/price/*.json");
}
