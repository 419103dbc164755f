//! A record layer that skips messages that have been processed before, since SQS delivers messages at least once.

use crate::shop::Shop;
use lrt::BoxError;
use lrt::batch::RawRecord;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Layer that passes each message to the inner service only once.
pub(crate) struct Once {
    shop: Shop,
}

impl Once {
    pub(crate) fn of(shop: &Shop) -> Once {
        Once { shop: shop.clone() }
    }
}

impl<S> Layer<S> for Once {
    type Service = OnceService<S>;

    fn layer(&self, inner: S) -> OnceService<S> {
        OnceService { inner, shop: self.shop.clone() }
    }
}

pub(crate) struct OnceService<S> {
    inner: S,
    shop: Shop,
}

impl<S> Service<RawRecord> for OnceService<S>
where
    S: Service<RawRecord, Response = (), Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, record: RawRecord) -> Self::Future {
        let shop = self.shop.clone();
        // Take the service that is ready, and leave the clone in its place.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let message = record.id().to_string();
            if shop.is_processed(&message).await {
                return Ok(());
            }
            inner.call(record).await?;
            shop.set_processed(message).await;
            Ok(())
        })
    }
}
