//! `DynamoDbStore`: the requests that it sends, and what it makes of the answers. `tests/real/idempotency.py` runs it on moto.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::delete_item::{DeleteItemError, DeleteItemInput, DeleteItemOutput};
use aws_sdk_dynamodb::operation::put_item::{PutItemError, PutItemInput, PutItemOutput};
use aws_sdk_dynamodb::operation::update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput};
use aws_sdk_dynamodb::types::error::{ConditionalCheckFailedException, ResourceNotFoundException};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use aws_smithy_mocks::{Rule, RuleMode, mock, mock_client};
use lrt::idempotency::{CompleteOutcome, Idempotency, Lock, LockOutcome, Store, StoredReply};
use lrt_aws::DynamoDbStore;
use std::collections::HashMap;
use std::error::Error as _;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

type Item = HashMap<String, AttributeValue>;

fn store(rules: &[&Rule]) -> DynamoDbStore {
    DynamoDbStore::new(mock_client!(aws_sdk_dynamodb, RuleMode::MatchAny, rules), "locks")
}

/// Keeps a request.
struct Requests<T>(Arc<Mutex<Option<T>>>);

impl<T: Clone + Send + 'static> Requests<T> {
    fn new() -> Requests<T> {
        Requests(Arc::default())
    }

    fn keep(&self) -> impl Fn(&T) + Send + Sync + 'static {
        let kept = Arc::clone(&self.0);
        move |request| *kept.lock().unwrap() = Some(request.clone())
    }

    fn last(&self) -> T {
        self.0.lock().unwrap().clone().expect("a request was sent")
    }
}

fn lock() -> Lock {
    Lock::new("charge#7", Duration::from_secs(30)).with_expires_after(Duration::from_secs(600)).with_fingerprint("abc")
}

fn reply(is_error: bool) -> StoredReply {
    StoredReply { data: r#"{"paid":7}"#.to_owned(), is_error }
}

fn s(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn number(value: &AttributeValue) -> u64 {
    value.as_n().unwrap().parse().unwrap()
}

fn now_ms() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Returns the store of a table in which a key has this item.
fn store_with(item: Item) -> DynamoDbStore {
    let put = mock!(Client::put_item).then_error(move || {
        let failed = ConditionalCheckFailedException::builder().message("The conditional request failed");
        PutItemError::ConditionalCheckFailedException(failed.set_item(Some(item.clone())).build())
    });
    store(&[&put])
}

#[tokio::test]
async fn lock_is_an_item_of_powertools_with_an_owner() {
    let requests = Requests::<PutItemInput>::new();
    let keep = requests.keep();
    let put = mock!(Client::put_item).then_compute_output(move |request| {
        keep(request);
        PutItemOutput::builder().build()
    });
    let (lock, before) = (lock(), now_ms());
    assert_eq!(store(&[&put]).lock(&lock).await.unwrap(), LockOutcome::Acquired { follows_unfinished: false });
    let (request, after) = (requests.last(), now_ms());
    assert_eq!(request.table_name(), Some("locks"));
    let item = request.item().unwrap();
    let mut names: Vec<&str> = item.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["expiration", "id", "in_progress_expiration", "owner", "status", "validation"]);
    assert_eq!((&item["id"], &item["status"]), (&s("charge#7"), &s("INPROGRESS")));
    assert_eq!((&item["owner"], &item["validation"]), (&s(lock.owner()), &s("abc")));
    assert!((before + 30_000..=after + 30_000).contains(&number(&item["in_progress_expiration"])));
    assert!((before / 1000 + 600..=after / 1000 + 601).contains(&number(&item["expiration"])));
    assert_eq!(
        request.condition_expression(),
        Some(
            "attribute_not_exists(#id) OR #expiration < :now OR (#status = :in_progress AND \
             attribute_exists(#in_progress_expiration) AND #in_progress_expiration < :now_ms)"
        )
    );
    let values = request.expression_attribute_values().unwrap();
    assert!((before..=after).contains(&number(&values[":now_ms"])));
    assert_eq!(number(&values[":now"]), number(&values[":now_ms"]) / 1000);
    assert_eq!(request.return_values(), Some(&ReturnValue::AllOld));
    assert_eq!(request.return_values_on_condition_check_failure(), Some(&ReturnValuesOnConditionCheckFailure::AllOld));
}

/// The condition of the next lock treats an item as free after its expiration.
#[tokio::test]
async fn lock_does_not_expire_before_its_timeout() {
    let second = Duration::from_secs(1);
    for (expires_after, earliest) in [(second, 30), (600 * second, 600), (Duration::MAX, 100 * 365 * 24 * 60 * 60)] {
        let requests = Requests::<PutItemInput>::new();
        let keep = requests.keep();
        let put = mock!(Client::put_item).then_compute_output(move |request| {
            keep(request);
            PutItemOutput::builder().build()
        });
        let (lock, before) = (Lock::new("charge#7", 30 * second).with_expires_after(expires_after), now_ms());
        store(&[&put]).lock(&lock).await.unwrap();
        let request = requests.last();
        let item = request.item().unwrap();
        let (expiration, timeout) = (number(&item["expiration"]), number(&item["in_progress_expiration"]));
        assert!(expiration * 1000 >= timeout && timeout >= before + 30_000, "{expires_after:?}");
        assert!((before / 1000 + earliest..=now_ms() / 1000 + earliest + 1).contains(&expiration), "{expires_after:?}");
    }
}

#[tokio::test]
async fn replaced_lock_is_reported() {
    for (status, follows_unfinished) in [("INPROGRESS", true), ("COMPLETED", false)] {
        let put = mock!(Client::put_item)
            .then_compute_output(move |_| PutItemOutput::builder().attributes("status", s(status)).build());
        assert_eq!(store(&[&put]).lock(&lock()).await.unwrap(), LockOutcome::Acquired { follows_unfinished });
    }
}

#[tokio::test]
async fn items_of_powertools_are_understood() {
    let in_progress = item([
        ("id", s("charge#7")),
        ("status", s("INPROGRESS")),
        ("expiration", n(now_ms() / 1000 + 3600)),
        ("in_progress_expiration", n(now_ms() + 5000)),
    ]);
    let LockOutcome::InProgress { expires_in, fingerprint: None } =
        store_with(in_progress.clone()).lock(&lock()).await.unwrap()
    else {
        panic!("the key is locked");
    };
    assert!((4900..=5000).contains(&expires_in.as_millis()), "{expires_in:?}");
    // Without a remaining time.
    let mut without = in_progress;
    without.remove("in_progress_expiration");
    let LockOutcome::InProgress { expires_in, .. } = store_with(without).lock(&lock()).await.unwrap() else {
        panic!("the key is locked");
    };
    assert!((3590..=3600).contains(&expires_in.as_secs()), "{expires_in:?}");

    let completed = item([
        ("id", s("charge#7")),
        ("status", s("COMPLETED")),
        ("expiration", n(now_ms() / 1000 + 3600)),
        ("data", s(r#"{"statusCode": 200}"#)),
        ("validation", s("abc")),
    ]);
    let stored = StoredReply { data: r#"{"statusCode": 200}"#.to_owned(), is_error: false };
    let expected = LockOutcome::Completed { reply: stored, fingerprint: Some("abc".to_owned()) };
    assert_eq!(store_with(completed.clone()).lock(&lock()).await.unwrap(), expected);
    let without = item([("status", s("COMPLETED"))]);
    let expected =
        LockOutcome::Completed { reply: StoredReply { data: "null".to_owned(), is_error: false }, fingerprint: None };
    assert_eq!(store_with(without).lock(&lock()).await.unwrap(), expected);
}

/// The SDK sends a request again whose answer was lost.
#[tokio::test]
async fn lock_of_the_same_owner_is_acquired() {
    let lock = lock();
    let own = item([("status", s("INPROGRESS")), ("owner", s(lock.owner()))]);
    assert_eq!(store_with(own).lock(&lock).await.unwrap(), LockOutcome::Acquired { follows_unfinished: true });
}

#[tokio::test]
async fn damaged_item_is_an_error_without_its_values() {
    for (damaged, name) in [
        (item([]), "status"),
        (item([("status", s("secret"))]), "status"),
        (item([("status", n(1))]), "status"),
        (item([("status", s("INPROGRESS")), ("in_progress_expiration", s("secret"))]), "in_progress_expiration"),
        (item([("status", s("INPROGRESS")), ("in_progress_expiration", n("-1"))]), "in_progress_expiration"),
        (item([("status", s("COMPLETED")), ("data", n(1))]), "data"),
        (item([("status", s("COMPLETED")), ("validation", n(1))]), "validation"),
    ] {
        let error = store_with(damaged).lock(&lock()).await.unwrap_err();
        let expected = format!("the item of the idempotency key is damaged: invalid attribute `{name}`");
        assert_eq!(error.to_string(), expected);
    }
}

#[tokio::test]
async fn reply_is_stored_by_the_owner_only() {
    for is_error in [false, true] {
        let requests = Requests::<UpdateItemInput>::new();
        let keep = requests.keep();
        let update = mock!(Client::update_item).then_compute_output(move |request| {
            keep(request);
            UpdateItemOutput::builder().build()
        });
        let (lock, before) = (lock(), now_ms());
        let stored = store(&[&update]).complete(&lock, &reply(is_error)).await.unwrap();
        assert_eq!(stored, CompleteOutcome::Stored);
        let request = requests.last();
        assert_eq!(request.key().unwrap()["id"], s("charge#7"));
        assert_eq!(request.condition_expression(), Some("#owner = :owner"));
        let set = "SET #status = :completed, #expiration = :expiration, #data = :data";
        let expected = if is_error { format!("{set}, #error = :error") } else { set.to_owned() };
        assert_eq!(request.update_expression(), Some(&*expected));
        let values = request.expression_attribute_values().unwrap();
        assert_eq!((&values[":owner"], &values[":completed"]), (&s(lock.owner()), &s("COMPLETED")));
        assert_eq!(values[":data"], s(r#"{"paid":7}"#));
        assert!((before / 1000 + 600..=now_ms() / 1000 + 601).contains(&number(&values[":expiration"])));
    }
    let lost = || {
        UpdateItemError::ConditionalCheckFailedException(
            ConditionalCheckFailedException::builder().message("The conditional request failed").build(),
        )
    };
    let update = mock!(Client::update_item).then_error(lost);
    let outcome = store(&[&update]).complete(&lock(), &reply(false)).await.unwrap();
    assert_eq!(outcome, CompleteOutcome::LockLost);
}

#[tokio::test]
async fn lock_is_released_by_its_owner_only() {
    let requests = Requests::<DeleteItemInput>::new();
    let keep = requests.keep();
    let delete = mock!(Client::delete_item).then_compute_output(move |request| {
        keep(request);
        DeleteItemOutput::builder().build()
    });
    store(&[&delete]).release(&lock()).await.unwrap();
    assert_eq!(requests.last().condition_expression(), Some("#owner = :owner AND #status = :in_progress"));
    let lost = || DeleteItemError::ConditionalCheckFailedException(ConditionalCheckFailedException::builder().build());
    let delete = mock!(Client::delete_item).then_error(lost);
    store(&[&delete]).release(&lock()).await.unwrap();
}

#[tokio::test]
async fn error_of_dynamodb_names_the_operation_and_the_table() {
    let put = mock!(Client::put_item).then_error(|| {
        let missing = ResourceNotFoundException::builder().message("Requested resource not found");
        PutItemError::ResourceNotFoundException(missing.build())
    });
    let error = store(&[&put]).lock(&lock()).await.unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("PutItem on the table locks failed: "), "{text}");
    assert!(text.contains("Requested resource not found"), "{text}");
    assert!(error.source().is_some());
}

/// The limit leaves space for all other attributes of an item of 400 KB.
#[tokio::test]
async fn largest_reply_fits_into_an_item() {
    let limit = store(&[]).max_reply_bytes();
    assert_eq!(limit, 396 * 1024);
    let names = "id status expiration in_progress_expiration data validation owner error".replace(' ', "").len();
    let values = 2048 + "INPROGRESS".len() + 2 * 21 + 32 + lock().owner().len() + 16 + 1;
    assert!(limit + names + values <= 400 * 1024);
}

#[tokio::test]
async fn execution_needs_at_most_two_requests() {
    let put = mock!(Client::put_item).then_output(|| PutItemOutput::builder().build());
    let update = mock!(Client::update_item).then_output(|| UpdateItemOutput::builder().build());
    let delete = mock!(Client::delete_item).then_output(|| DeleteItemOutput::builder().build());
    let store = store(&[&put, &update, &delete]);
    let once = Idempotency::by(|id: &u32| *id).store(store);
    let function = async |id: u32| if id == 7 { Ok(id) } else { Err(lrt::Error::msg("declined")) };
    let harness = lrt::json(function).layer(once).harness();
    assert_eq!(harness.invoke("7").await.reply::<u32>(), 7);
    assert_eq!((put.num_calls(), update.num_calls(), delete.num_calls()), (1, 1, 0));
    assert!(!harness.invoke("8").await.is_ok());
    assert_eq!((put.num_calls(), update.num_calls(), delete.num_calls()), (2, 1, 1));
}
