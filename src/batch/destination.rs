//! Records that Lambda sends to destinations: of batches that a stream mapping has discarded, and of asynchronous invocations.

use serde::Deserialize;
use serde_json::Value;

/// A batch of a stream that Lambda has discarded, as Lambda reports it to the on-failure destination of the event
/// source mapping.
///
/// It does not contain the records: the consumer reads them from the stream, between the sequence numbers. A destination in S3 has
/// them in [`payload`](FailedBatch::payload).
///
/// ```
/// use lrt::payload::FailedBatch;
/// use lrt::testing::events;
///
/// /// The function of the queue that is the destination.
/// async fn alert(failed: FailedBatch) -> Result<(), lrt::Error> {
///     let batch = failed.batch;
///     assert_eq!((&*failed.request_context.condition, batch.batch_size), ("RetryAttemptsExhausted", 2));
///     println!("{} records of {} from {}", batch.batch_size, batch.stream_arn, batch.start_sequence_number);
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let batch = events::kinesis().json(&20.5).json(&21.5);
/// let event = events::sqs().json(&events::failed_batch(batch));
/// assert!(lrt::sqs(alert).harness().invoke(event).await.batch_failures().is_empty());
/// # }
/// ```
///
/// See [discarded batches of Kinesis](https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html) and [of
/// DynamoDB](https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FailedBatch {
    /// The invocation.
    pub request_context: DestinationRequest,
    /// The response of the function, if it was invoked.
    #[serde(default)]
    pub response_context: Option<DestinationResponse>,
    /// The time of the report, as a string: `"2026-01-01T00:00:00.000Z"`.
    pub timestamp: String,
    /// The records that were discarded.
    #[serde(rename = "KinesisBatchInfo", alias = "DDBStreamBatchInfo")]
    pub batch: BatchInfo,
    /// The event of the invocation as JSON, in a destination in S3.
    #[serde(default)]
    pub payload: Option<String>,
}

/// The records of a stream that Lambda has discarded.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BatchInfo {
    /// The ARN of the stream.
    pub stream_arn: String,
    /// The id of the shard.
    pub shard_id: String,
    /// The sequence number of the first record.
    pub start_sequence_number: String,
    /// The sequence number of the last record.
    pub end_sequence_number: String,
    /// The number of records.
    pub batch_size: u64,
    /// The time at which the first record arrived, as a string.
    #[serde(default)]
    pub approximate_arrival_of_first_record: String,
    /// The time at which the last record arrived, as a string.
    #[serde(default)]
    pub approximate_arrival_of_last_record: String,
}

/// An asynchronous invocation that has ended, as Lambda reports it to the on-success or the on-failure destination of the function.
/// `T` is the event of that function.
///
/// In a function that is the destination, it is the event. In a function of a queue, it is the body of a message. In a function of an
/// EventBridge rule, it is the `T` of an `EventBridge<T>`, and in one of an SNS topic that of an `Sns<T>`.
///
/// ```
/// use lrt::payload::AsyncInvocation;
/// use lrt::testing::events;
/// use serde_json::json;
///
/// #[derive(serde::Deserialize)]
/// struct Order { id: u64 }
///
/// async fn follow_up(invocation: AsyncInvocation<Order>) -> Result<(), lrt::Error> {
///     assert!(invocation.is_failed());
///     println!("order {} failed: {:?}", invocation.request_payload.id, invocation.response_payload);
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let event = events::async_invocation(json!({"id": 7})).error("OutOfStock", "no tea is left");
/// assert!(lrt::sqs(follow_up).harness().invoke(events::sqs().json(&event)).await.batch_failures().is_empty());
/// assert!(lrt::json(follow_up).harness().invoke(event).await.error().is_none());
/// # }
/// ```
///
/// See [records of asynchronous invocations](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AsyncInvocation<T> {
    /// The invocation.
    pub request_context: DestinationRequest,
    /// The event.
    pub request_payload: T,
    /// The response of the function, if it was invoked.
    #[serde(default)]
    pub response_context: Option<DestinationResponse>,
    /// The reply of the function, or its error with `errorType` and `errorMessage`.
    #[serde(default)]
    pub response_payload: Value,
    /// The time of the report, as a string: `"2026-01-01T00:00:00.000Z"`.
    pub timestamp: String,
}

impl<T> AsyncInvocation<T> {
    /// Returns true if the event was discarded, because the function failed or was not invoked in time.
    pub fn is_failed(&self) -> bool {
        self.request_context.condition != "Success"
    }
}

/// An invocation that Lambda reports to a destination.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DestinationRequest {
    /// The request id of the last attempt.
    pub request_id: String,
    /// The ARN of the function.
    pub function_arn: String,
    /// The reason for the report: `Success`, `RetriesExhausted`, `RetryAttemptsExhausted`, `EventAgeExceeded`, ….
    pub condition: String,
    /// The approximate number of attempts.
    #[serde(default)]
    pub approximate_invoke_count: u64,
}

/// The response of a function that Lambda reports to a destination.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DestinationResponse {
    /// The status code of the invocation.
    pub status_code: u16,
    /// The version of the function.
    #[serde(default)]
    pub executed_version: Option<String>,
    /// `Unhandled` if the function failed.
    #[serde(default)]
    pub function_error: Option<String>,
}
