//! Products and their reviews, in memory: they are lost when the execution environment ends. A real function would use a
//! table.

use crate::review::Published;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

/// A connection to the shop.
pub(crate) struct Shop(Mutex<Reviews>);

/// Reviews by product and author.
type Reviews = HashMap<String, HashMap<String, Published>>;

#[derive(Debug, thiserror::Error)]
#[error("reviews are unavailable")]
pub(crate) struct ShopError;

impl Shop {
    pub(crate) fn with<const N: usize>(products: [&str; N]) -> Shop {
        Shop(Mutex::new(products.map(|product| (product.to_owned(), HashMap::new())).into()))
    }

    #[cfg(test)]
    pub(crate) fn unavailable() -> Shop {
        let shop = Shop::with([]);
        let poison = std::panic::AssertUnwindSafe(|| {
            let _guard = shop.reviews();
            panic!("poisons the mutex");
        });
        assert!(std::panic::catch_unwind(poison).is_err());
        shop
    }

    pub(crate) async fn sells(&self, product: &str) -> Result<bool, ShopError> {
        Ok(self.reviews()?.contains_key(product))
    }

    /// Stores a review. Returns false if its author has already reviewed the product.
    pub(crate) async fn publish(&self, product: &str, review: &Published) -> Result<bool, ShopError> {
        let mut reviews = self.reviews()?;
        let reviews = reviews.entry(product.to_owned()).or_default();
        if reviews.contains_key(&review.author) {
            return Ok(false);
        }
        reviews.insert(review.author.clone(), review.clone());
        Ok(true)
    }

    /// Fails if the mutex is poisoned, as a request to a table may fail.
    fn reviews(&self) -> Result<MutexGuard<'_, Reviews>, ShopError> {
        self.0.lock().map_err(|_| ShopError)
    }
}
