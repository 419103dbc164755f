//! A layer around each message: SQS delivers at least once, and this lets through what was not done yet.

use crate::shop::Shop;
use lrt::BoxError;
use lrt::batch::RawRecord;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tower::{Layer, Service};

/// Remembers which messages are done.
pub(crate) struct Once {
    shop: Shop,
}

impl Once {
    pub(crate) fn of(shop: &Shop) -> Once {
        Once { shop: shop.clone() }
    }
}

impl<S> Layer<S> for Once {
    type Service = OnceEach<S>;

    fn layer(&self, inner: S) -> OnceEach<S> {
        OnceEach { inner, shop: self.shop.clone() }
    }
}

pub(crate) struct OnceEach<S> {
    inner: S,
    shop: Shop,
}

impl<S> Service<RawRecord> for OnceEach<S>
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
        // The one that is ready is taken; its clone stays behind.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Box::pin(async move {
            let message = record.id().to_string();
            if shop.is_done(&message).await {
                return Ok(());
            }
            inner.call(record).await?;
            shop.done(message).await;
            Ok(())
        })
    }
}
