//! A store of idempotent functions in a DynamoDB table.
//!
//! The items are those of Powertools for AWS Lambda
//! ([persistence layer](https://github.com/aws-powertools/powertools-lambda-python/blob/develop/aws_lambda_powertools/utilities/idempotency/persistence/dynamodb.py)),
//! with two more attributes: `owner`, which identifies an execution, and `error`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use lrt_core::idempotency::{
    CompleteOutcome, Lock, LockOutcome, MAX_KEY_BYTES, Store, StoreError, StoreFuture, StoredReply,
};
use std::collections::HashMap;
use std::error::Error as StdError;
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The maximum size of an item
/// ([quotas](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html)).
const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The part of an item that is not its reply: the key, and less than 500 bytes for the names of all attributes, the owner, the
/// fingerprint and the numbers.
const OTHER_BYTES: usize = 2 * MAX_KEY_BYTES;

const ID: &str = "id";
const STATUS: &str = "status";
const EXPIRATION: &str = "expiration";
const IN_PROGRESS_EXPIRATION: &str = "in_progress_expiration";
const DATA: &str = "data";
const VALIDATION: &str = "validation";
const OWNER: &str = "owner";
const ERROR: &str = "error";

const IN_PROGRESS: &str = "INPROGRESS";
const COMPLETED: &str = "COMPLETED";

/// The key is free: its item is missing or has expired, or the lock has.
const IS_FREE: &str = "attribute_not_exists(#id) OR #expiration < :now OR (#status = :in_progress AND \
                       attribute_exists(#in_progress_expiration) AND #in_progress_expiration < :now_ms)";

type Item = HashMap<String, AttributeValue>;

/// A [`Store`] in a DynamoDB table, for the layer `lrt::idempotency`.
///
/// ```no_run
/// use aws_sdk_dynamodb::Client;
/// use lrt_aws::DynamoDbStore;
///
/// async fn connect() -> Result<DynamoDbStore, lrt_core::Error> {
///     let db = Client::new(&lrt_aws::config().load().await);
///     // Opens the connection before the first event. The call itself is not sent.
///     lrt_aws::warm(db.list_tables().send()).await;
///     Ok(DynamoDbStore::new(db, std::env::var("IDEMPOTENCY_TABLE")?))
/// }
/// ```
///
/// The table has the partition key `id` (a string), and `expiration` as its TTL attribute. Functions with Powertools for
/// AWS Lambda can use the same table. The function needs `dynamodb:PutItem`, `dynamodb:UpdateItem` and
/// `dynamodb:DeleteItem`.
///
/// Each operation is one request with a condition, which the SDK repeats if it gets no answer. A reply has at most 396 KB.
#[derive(Clone)]
pub struct DynamoDbStore {
    client: Client,
    table: String,
}

impl DynamoDbStore {
    /// Creates a store in a table, which the first operation has to find.
    pub fn new(client: Client, table: impl Into<String>) -> DynamoDbStore {
        DynamoDbStore { client, table: table.into() }
    }

    async fn put_lock(&self, lock: &Lock) -> Result<LockOutcome, StoreError> {
        let now = now();
        let mut put = self
            .client
            .put_item()
            .table_name(&self.table)
            .item(ID, text(lock.key()))
            .item(STATUS, text(IN_PROGRESS))
            // An item is free after its expiration, so that of a lock must not be earlier than its timeout.
            .item(EXPIRATION, seconds(after(now, lock.expires_after().max(lock.timeout()))))
            .item(IN_PROGRESS_EXPIRATION, milliseconds(after(now, lock.timeout())))
            .item(OWNER, text(lock.owner()));
        if let Some(fingerprint) = lock.fingerprint() {
            put = put.item(VALIDATION, text(fingerprint));
        }
        for name in [ID, STATUS, EXPIRATION, IN_PROGRESS_EXPIRATION] {
            put = put.expression_attribute_names(format!("#{name}"), name);
        }
        let result = put
            .condition_expression(IS_FREE)
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .expression_attribute_values(":now", number(now.as_secs()))
            .expression_attribute_values(":now_ms", number(now.as_millis()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match result {
            // The replaced item has expired, or its lock has.
            Ok(put) => {
                let status = put.attributes().and_then(|old| old.get(STATUS)).and_then(|status| status.as_s().ok());
                Ok(LockOutcome::Acquired { follows_unfinished: status.is_some_and(|status| status == IN_PROGRESS) })
            }
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => match failed.item() {
                    Some(item) => outcome(item, lock, now),
                    None => Err(StoreError::new("the table did not return the item of the idempotency key")),
                },
                _ => Err(self.failed("PutItem", error)),
            },
        }
    }

    async fn update_to_completed(&self, lock: &Lock, reply: &StoredReply) -> Result<CompleteOutcome, StoreError> {
        let mut update = self
            .client
            .update_item()
            .table_name(&self.table)
            .key(ID, text(lock.key()))
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#status", STATUS)
            .expression_attribute_names("#expiration", EXPIRATION)
            .expression_attribute_names("#data", DATA)
            .condition_expression("#owner = :owner")
            .expression_attribute_values(":owner", text(lock.owner()))
            .expression_attribute_values(":completed", text(COMPLETED))
            .expression_attribute_values(":expiration", seconds(after(now(), lock.expires_after())))
            .expression_attribute_values(":data", text(&reply.data));
        let mut set = "SET #status = :completed, #expiration = :expiration, #data = :data".to_owned();
        if reply.is_error {
            set += ", #error = :error";
            update = update
                .expression_attribute_names("#error", ERROR)
                .expression_attribute_values(":error", AttributeValue::Bool(true));
        }
        match update.update_expression(set).send().await {
            Ok(_) => Ok(CompleteOutcome::Stored),
            Err(error)
                if error.as_service_error().is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(CompleteOutcome::LockLost)
            }
            Err(error) => Err(self.failed("UpdateItem", error)),
        }
    }

    async fn delete_lock(&self, lock: &Lock) -> Result<(), StoreError> {
        let result = self
            .client
            .delete_item()
            .table_name(&self.table)
            .key(ID, text(lock.key()))
            .expression_attribute_names("#owner", OWNER)
            .expression_attribute_names("#status", STATUS)
            .condition_expression("#owner = :owner AND #status = :in_progress")
            .expression_attribute_values(":owner", text(lock.owner()))
            .expression_attribute_values(":in_progress", text(IN_PROGRESS))
            .send()
            .await;
        match result {
            Ok(_) => Ok(()),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(self.failed("DeleteItem", error)),
        }
    }

    fn failed<E, R>(&self, operation: &str, error: SdkError<E, R>) -> StoreError
    where
        SdkError<E, R>: ProvideErrorMetadata + StdError + Send + Sync + 'static,
    {
        let cause = match (error.code(), error.message()) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(code), None) => code.to_owned(),
            _ => DisplayErrorContext(&error).to_string(),
        };
        StoreError::with_source(format_args!("{operation} on the table {} failed: {cause}", self.table), error)
    }
}

impl Store for DynamoDbStore {
    fn lock<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, LockOutcome> {
        Box::pin(self.put_lock(lock))
    }

    fn complete<'a>(&'a self, lock: &'a Lock, reply: &'a StoredReply) -> StoreFuture<'a, CompleteOutcome> {
        Box::pin(self.update_to_completed(lock, reply))
    }

    fn release<'a>(&'a self, lock: &'a Lock) -> StoreFuture<'a, ()> {
        Box::pin(self.delete_lock(lock))
    }

    fn max_reply_bytes(&self) -> usize {
        MAX_ITEM_BYTES - OTHER_BYTES
    }
}

impl fmt::Debug for DynamoDbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DynamoDbStore").field("table", &self.table).finish_non_exhaustive()
    }
}

/// Returns the outcome for an item that has not expired.
fn outcome(item: &Item, lock: &Lock, now: Duration) -> Result<LockOutcome, StoreError> {
    let fingerprint = optional_text(item, VALIDATION)?.map(str::to_owned);
    match optional_text(item, STATUS)? {
        // The SDK has repeated a request whose answer was lost. The lock that it replaced, if any, is unknown.
        Some(IN_PROGRESS) if optional_text(item, OWNER)? == Some(lock.owner()) => {
            Ok(LockOutcome::Acquired { follows_unfinished: true })
        }
        Some(IN_PROGRESS) => {
            // Powertools omits the expiration of the lock if it does not know the remaining time.
            let expires_at = match optional_number(item, IN_PROGRESS_EXPIRATION)? {
                Some(ms) => Duration::from_millis(ms),
                None => Duration::from_secs(optional_number(item, EXPIRATION)?.unwrap_or_default()),
            };
            Ok(LockOutcome::InProgress { expires_in: expires_at.saturating_sub(now), fingerprint })
        }
        Some(COMPLETED) => {
            // Powertools may omit the reply of a function that returns nothing.
            let data = optional_text(item, DATA)?.unwrap_or("null").to_owned();
            let is_error = matches!(item.get(ERROR), Some(AttributeValue::Bool(true)));
            Ok(LockOutcome::Completed { reply: StoredReply { data, is_error }, fingerprint })
        }
        _ => Err(damaged(STATUS)),
    }
}

fn optional_text<'a>(item: &'a Item, name: &str) -> Result<Option<&'a str>, StoreError> {
    match item.get(name) {
        None | Some(AttributeValue::Null(_)) => Ok(None),
        Some(AttributeValue::S(text)) => Ok(Some(text)),
        Some(_) => Err(damaged(name)),
    }
}

fn optional_number(item: &Item, name: &str) -> Result<Option<u64>, StoreError> {
    match item.get(name) {
        None | Some(AttributeValue::Null(_)) => Ok(None),
        Some(AttributeValue::N(number)) => number.parse().map(Some).map_err(|_| damaged(name)),
        Some(_) => Err(damaged(name)),
    }
}

/// Returns the error of an item with an invalid attribute, without its value, which may be secret.
fn damaged(name: &str) -> StoreError {
    StoreError::new(format_args!("the item of the idempotency key is damaged: invalid attribute `{name}`"))
}

/// Returns the time since 1970.
fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// Returns a time in seconds, rounded up.
/// Returns the time after a duration of at most a century, which stands for "never".
fn after(time: Duration, duration: Duration) -> Duration {
    time + duration.min(Duration::from_secs(100 * 365 * 24 * 60 * 60))
}

fn seconds(time: Duration) -> AttributeValue {
    number(time.as_millis().div_ceil(1000))
}

fn milliseconds(time: Duration) -> AttributeValue {
    number(time.as_millis())
}
