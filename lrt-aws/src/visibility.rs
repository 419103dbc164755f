//! The visibility of messages that failed.

use aws_sdk_sqs::Client;
use aws_sdk_sqs::error::DisplayErrorContext;
use lrt::batch::RawRecord;
use lrt_core::__private::json::find_text;
use lrt_core::{BoxError, ErrorReport, log};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_layer::Layer;
use tower_service::Service;

/// The maximum visibility timeout
/// ([ChangeMessageVisibility](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html)).
const MAX_VISIBILITY: Duration = Duration::from_secs(12 * 60 * 60);

/// Record layer of SQS functions that changes the visibility timeout of a message that failed, so that it is received again after the
/// delay of [`Error::retry_after`](lrt_core::Error::retry_after).
///
/// ```no_run
/// use lrt::prelude::*;
/// use lrt_aws::VisibilityBackoff;
/// use std::time::Duration;
///
/// #[lambda(sqs, init = connect, record_layer = |sqs: &aws_sdk_sqs::Client| VisibilityBackoff::new(sqs))]
/// async fn pay(order: u64) -> Result<(), Error> {
///     if is_busy().await {
///         return Err(Error::named("Throttled", "the bank is busy").retry_after(Duration::from_secs(90)));
///     }
///     println!("order {order}");
///     Ok(())
/// }
///
/// async fn connect() -> aws_sdk_sqs::Client {
///     aws_sdk_sqs::Client::new(&lrt_aws::config().load().await)
/// }
/// # async fn is_busy() -> bool { true }
/// ```
///
/// Messages that fail without a delay come back after the visibility timeout of the queue, or after a growing delay with
/// [`exponential`](VisibilityBackoff::exponential). Panics and records that are stopped before the deadline are not changed. If the
/// call of SQS fails, the message comes back after the visibility timeout of the queue, with a warning in the log.
///
/// The function needs the permission `sqs:ChangeMessageVisibility`. A delay does not change the number of times that a message is
/// received before it is moved to the dead-letter queue.
#[derive(Clone, Debug)]
pub struct VisibilityBackoff {
    client: Client,
    queue_url: Option<String>,
    /// The first delay, and the maximum.
    exponential: Option<(Duration, Duration)>,
}

impl VisibilityBackoff {
    /// Creates the layer.
    pub fn new(client: &Client) -> VisibilityBackoff {
        VisibilityBackoff { client: client.clone(), queue_url: None, exponential: None }
    }

    /// Delays messages that fail without a delay of their own: by `first` after they were received once, and by twice the delay of the
    /// time before after each further time, up to `max`.
    #[must_use]
    pub fn exponential(self, first: Duration, max: Duration) -> VisibilityBackoff {
        VisibilityBackoff { exponential: Some((first, max)), ..self }
    }

    /// Sets the URL of the queue. By default, it is derived from the ARN of the queue.
    #[must_use]
    pub fn queue_url(self, url: impl Into<String>) -> VisibilityBackoff {
        VisibilityBackoff { queue_url: Some(url.into()), ..self }
    }

    fn delay(&self, report: &ErrorReport, record: &RawRecord) -> Option<Duration> {
        if report.is_permanent() {
            return None;
        }
        let exponential = || {
            let (first, max) = self.exponential?;
            let doublings = record.receive_count().unwrap_or(1).saturating_sub(1);
            Some(first.saturating_mul(2_u32.saturating_pow(doublings)).min(max))
        };
        report.retry_delay().or_else(exponential).map(|delay| delay.min(MAX_VISIBILITY))
    }

    async fn change(&self, record: &RawRecord, delay: Duration) -> Result<(), String> {
        let field = |name| find_text(record.json(), name).ok_or_else(|| format!("the record has no `{name}`"));
        let queue_url = match &self.queue_url {
            Some(url) => url.clone(),
            None => {
                url_of(&field("eventSourceARN")?).ok_or("the record's `eventSourceARN` is not the ARN of a queue")?
            }
        };
        let seconds = delay.as_secs() + u64::from(delay.subsec_nanos() > 0);
        let call = self
            .client
            .change_message_visibility()
            .queue_url(queue_url)
            .receipt_handle(field("receiptHandle")?)
            .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX));
        call.send().await.map(drop).map_err(|error| DisplayErrorContext(error).to_string())
    }
}

/// Returns the URL of the queue with this ARN: `arn:aws:sqs:eu-west-1:123456789012:orders`.
fn url_of(arn: &str) -> Option<String> {
    let mut parts = arn.split(':').skip(1);
    let [partition, "sqs", region, account, name] = [(); 5].map(|()| parts.next().unwrap_or_default()) else {
        return None;
    };
    let suffix = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let is_complete = ![region, account, name].contains(&"");
    is_complete.then(|| format!("https://sqs.{region}.{suffix}/{account}/{name}"))
}

impl<S> Layer<S> for VisibilityBackoff {
    type Service = VisibilityBackoffService<S>;

    fn layer(&self, inner: S) -> VisibilityBackoffService<S> {
        VisibilityBackoffService { layer: self.clone(), inner }
    }
}

/// The service of a [`VisibilityBackoff`].
#[derive(Clone, Debug)]
pub struct VisibilityBackoffService<S> {
    layer: VisibilityBackoff,
    inner: S,
}

impl<S> Service<RawRecord> for VisibilityBackoffService<S>
where
    S: Service<RawRecord, Response = (), Error = BoxError, Future: Send + 'static>,
{
    type Response = ();
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, record: RawRecord) -> Self::Future {
        let called = self.inner.call(record.clone());
        let layer = self.layer.clone();
        Box::pin(async move {
            let Err(error) = called.await else { return Ok(()) };
            let report = ErrorReport::from_box(error);
            if let Some(delay) = layer.delay(&report, &record)
                && let Err(cause) = layer.change(&record, delay).await
            {
                let id = record.id();
                log::warn(
                    record.context().request_id(),
                    format_args!("cannot change the visibility of record {id}: {cause}"),
                );
            }
            Err(report.into())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::url_of;

    #[test]
    fn url_of_a_queue_is_derived_from_its_arn() {
        for (arn, url) in [
            (
                "arn:aws:sqs:eu-west-1:123456789012:orders.fifo",
                Some("https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo"),
            ),
            ("arn:aws-cn:sqs:cn-north-1:1:q", Some("https://sqs.cn-north-1.amazonaws.com.cn/1/q")),
            ("arn:aws:sqs:eu-west-1:123456789012:", None),
            ("arn:aws:kinesis:eu-west-1:123456789012:stream/a", None),
            ("", None),
        ] {
            assert_eq!(url_of(arn).as_deref(), url);
        }
    }
}
