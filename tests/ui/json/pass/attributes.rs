use lrt::prelude::*;

/// Adds an order.
///
/// # Errors
///
/// Never.
#[allow(clippy::unused_async, unused_variables)]
#[cfg_attr(all(), must_use)]
#[doc(alias = "buy")]
#[lambda]
#[inline]
#[cfg_attr(any(), lambda)]
pub async fn process(/* the event */ #[allow(unused_mut)] mut order: u64) -> u64 {
    order
}
