//! What is sold, and what customers say of it. This is memory, so it lasts as long as one execution environment: a table
//! belongs here.

use crate::review::Published;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// A connection to the shop.
pub(crate) struct Shop(Mutex<Reviews>);

/// By product and author.
type Reviews = HashMap<String, HashMap<String, Published>>;

#[derive(Debug, thiserror::Error)]
#[error("the shop's reviews are out of reach")]
pub(crate) struct ShopError;

impl Shop {
    pub(crate) fn with<const N: usize>(products: [&str; N]) -> Shop {
        Shop(Mutex::new(products.map(|product| (product.to_owned(), HashMap::new())).into()))
    }

    #[cfg(test)]
    pub(crate) fn out_of_reach() -> Shop {
        let shop = Shop::with([]);
        let panics = std::panic::AssertUnwindSafe(|| {
            let _held = shop.reviews();
            panic!("with the reviews in hand");
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        shop
    }

    pub(crate) async fn sells(&self, product: &str) -> Result<bool, ShopError> {
        Ok(self.reviews()?.contains_key(product))
    }

    /// Keeps a review, unless its author has written one of the product before.
    pub(crate) async fn publish(&self, product: &str, review: &Published) -> Result<bool, ShopError> {
        let mut reviews = self.reviews()?;
        let reviews = reviews.entry(product.to_owned()).or_default();
        if reviews.contains_key(&review.author) {
            return Ok(false);
        }
        reviews.insert(review.author.clone(), review.clone());
        Ok(true)
    }

    /// A table may be out of reach. So are these, once somebody has panicked with them in hand.
    fn reviews(&self) -> Result<MutexGuard<'_, Reviews>, ShopError> {
        self.0.lock().map_err(|_| ShopError)
    }
}
