//! Changes, as handlers receive them.

use crate::batches::support::{failed, stream};
use lrt::Error;
use lrt::dynamodb::{Change, Keys};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, UNIX_EPOCH};

#[derive(Clone, Debug, Deserialize, PartialEq)]
struct Product {
    name: String,
    #[serde(default)]
    stock: u8,
}

#[derive(Debug, Deserialize, PartialEq)]
struct ProductId {
    id: String,
}

fn tea(stock: u32) -> Value {
    json!({"name": {"S": "tea"}, "stock": {"N": stock.to_string()}})
}

/// Returns an event with one change of the item `tea`.
fn change(name: &str, images: Value) -> Value {
    let mut event = stream(&[("tea", json!({}))]);
    let record = &mut event["Records"][0];
    record["eventName"] = json!(name);
    let stream_record = record["dynamodb"].as_object_mut().unwrap();
    stream_record.remove("NewImage");
    stream_record.extend(images.as_object().unwrap().clone());
    event
}

/// Calls `check` within a function, with the only change of an event.
async fn inspect(event: Value, check: fn(Change<Product>)) {
    let function = lrt::dynamodb(move |change: Change<Product>| {
        check(change);
        std::future::ready(Ok::<_, lrt::Error>(()))
    });
    let outcome = function.harness().invoke(event).await;
    assert_eq!(failed(&outcome), [""; 0]);
}

#[tokio::test]
async fn each_change_has_its_images() {
    let (new, old) = (tea(3), tea(5));
    inspect(change("INSERT", json!({"NewImage": new})), |change| {
        let Change::Insert { new, keys, id, by_ttl: false, .. } = change else { panic!("{change:?}") };
        assert_eq!((new.stock, id.as_str()), (3, "100"));
        assert_eq!(keys.decode::<ProductId>().unwrap().id, "tea");
        assert_eq!(keys.json(), r#"{"id":{"S":"tea"}}"#);
    })
    .await;
    inspect(change("MODIFY", json!({"NewImage": new, "OldImage": old})), |change| {
        let Change::Modify { old: Some(old), new, by_ttl: false, .. } = change else { panic!("{change:?}") };
        assert_eq!((old.stock, new.stock), (5, 3));
    })
    .await;
    inspect(change("MODIFY", json!({"NewImage": new, "StreamViewType": "NEW_IMAGE"})), |change| {
        assert!(matches!(change, Change::Modify { old: None, .. }), "{change:?}");
    })
    .await;
    inspect(change("REMOVE", json!({"OldImage": old})), |change| {
        let Change::Remove { old: Some(old), by_ttl: false, .. } = change else { panic!("{change:?}") };
        assert_eq!(old.stock, 5);
    })
    .await;
    inspect(change("REMOVE", json!({"StreamViewType": "NEW_IMAGE"})), |change| {
        assert!(matches!(change, Change::Remove { old: None, .. }), "{change:?}");
    })
    .await;
}

#[tokio::test]
async fn by_ttl_is_true_only_for_removals_by_dynamodb() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    let function = lrt::dynamodb(move |change: Change<Product>| {
        let Change::Remove { by_ttl, .. } = change else { panic!("{change:?}") };
        noted.lock().unwrap().push(by_ttl);
        std::future::ready(Ok::<_, lrt::Error>(()))
    });
    let harness = function.harness();
    for (identity, by_ttl) in [
        (json!({"type": "Service", "principalId": "dynamodb.amazonaws.com"}), true),
        (json!({"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}), true),
        (json!({"type": "Service", "principalId": "replication.dynamodb.amazonaws.com"}), false),
        (json!({"type": "User", "principalId": "dynamodb.amazonaws.com"}), false),
        (json!({}), false),
        (json!("dynamodb.amazonaws.com"), false),
        (json!(null), false),
    ] {
        let mut event = change("REMOVE", json!({}));
        event["Records"][0]["userIdentity"] = identity.clone();
        assert_eq!(failed(&harness.invoke(event).await), [""; 0]);
        assert_eq!(seen.lock().unwrap().pop(), Some(by_ttl), "{identity}");
    }
}

#[tokio::test]
async fn created_at_accepts_fractions_and_is_optional() {
    for (time, expected) in [
        (json!(1_479_499_740), Some(1_479_499_740_000)),
        (json!(1_479_499_740.5), Some(1_479_499_740_500)),
        (json!(0), Some(0)),
        (json!(-1), None),
        (json!(1e300), None),
        (json!("x"), None),
        (json!(null), None),
    ] {
        let index = move |change: Change<Product>| {
            let Change::Insert { created_at, .. } = change else { panic!("{change:?}") };
            assert_eq!(created_at, expected.map(|ms| UNIX_EPOCH + Duration::from_millis(ms)));
            std::future::ready(Ok::<_, lrt::Error>(()))
        };
        let event = change("INSERT", json!({"NewImage": tea(1), "ApproximateCreationDateTime": time}));
        assert_eq!(failed(&lrt::dynamodb(index).harness().invoke(event).await), [""; 0], "{time}");
    }
}

#[tokio::test(start_paused = true)]
async fn key_attributes_identify_an_item_in_either_order() {
    let running = Arc::new(Mutex::new(Vec::<String>::new()));
    let index = move |change: Change<Keys<Value>>| {
        let running = Arc::clone(&running);
        async move {
            let item = change.keys().decode::<Value>().unwrap().to_string();
            let overlaps = running.lock().unwrap().contains(&item);
            assert!(!overlaps, "{item}");
            running.lock().unwrap().push(item.clone());
            tokio::time::sleep(Duration::from_secs(1)).await;
            running.lock().unwrap().retain(|other| *other != item);
            Ok::<_, lrt::Error>(())
        }
    };
    // As text, since serde_json would sort the keys.
    let keys =
        [r#"{"a":{"S":"x"},"b":{"N":"1"}}"#, r#"{"b":{"N":"1"},"a":{"S":"x"}}"#, r#"{"a":{"N":"1"},"b":{"S":"x"}}"#];
    let records = (0..)
        .zip(keys)
        .map(|(n, keys)| format!(r#"{{"eventName":"REMOVE","dynamodb":{{"Keys":{keys},"SequenceNumber":"{n}"}}}}"#));
    let start = tokio::time::Instant::now();
    let event = format!("[{}]", records.collect::<Vec<_>>().join(","));
    let outcome = lrt::dynamodb(index).concurrency(9).harness().invoke(event).await;
    assert_eq!(failed(&outcome), [""; 0]);
    assert_eq!(start.elapsed().as_secs(), 2, "the third is another item");
}

#[tokio::test]
async fn view_types_without_new_images_need_keys() {
    async fn images(_: Change<Product>) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn tried(_: Result<Change<Product>, lrt::batch::DecodeError>) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn batch(_: lrt::batch::Batch<Change<Product>>) -> Result<lrt::batch::BatchFailures, lrt::Error> {
        Ok(lrt::batch::BatchFailures::new())
    }
    async fn keys(change: Change<Keys<ProductId>>) -> Result<(), lrt::Error> {
        assert!(matches!(change, Change::Modify { new: Keys(id), .. } if id.id == "tea"));
        Ok(())
    }
    for view in ["KEYS_ONLY", "OLD_IMAGE"] {
        let event = &change("MODIFY", json!({"StreamViewType": view, "OldImage": tea(5)}));
        let outcomes = [
            lrt::dynamodb(images).harness().invoke(event).await,
            lrt::dynamodb(tried).harness().invoke(event).await,
            lrt::dynamodb(batch).harness().invoke(event).await,
        ];
        for outcome in outcomes {
            let error = outcome.error().unwrap();
            assert_eq!(error.error_type(), "Runtime.UnmarshalError");
            assert!(error.message().contains(&format!("the stream's view type is {view}")), "{error}");
        }
        assert_eq!(failed(&lrt::dynamodb(keys).harness().invoke(event).await), [""; 0]);
    }
}

#[tokio::test]
async fn undecodable_image_is_the_checkpoint_and_the_log_names_the_attribute() {
    async fn index(_: Change<Product>) -> Result<(), lrt::Error> {
        Ok(())
    }
    async fn nested(_: Change<std::collections::HashMap<String, Vec<Product>>>) -> Result<(), lrt::Error> {
        Ok(())
    }
    let bad = |image: Value| stream(&[("a", tea(1)), ("b", image), ("c", tea(1))]);
    for (event, says) in [
        (bad(tea(256)), "at stock;"),
        (bad(json!({"name": {"S": "tea"}, "stock": {"N": "-1"}})), "at stock;"),
        (bad(json!({"name": {"S": "tea"}, "stock": {"S": "x"}})), "at stock;"),
        (bad(json!({"stock": {"N": "1"}})), "missing field `name`"),
        (bad(json!(null)), "NewImage is null: missing field `name`"),
        (bad(json!("x")), "NewImage: "),
    ] {
        let outcome = lrt::dynamodb(index).harness().invoke(&event).await;
        assert_eq!(failed(&outcome), ["101"], "{event}");
        assert!(outcome.logs()[0].contains(" record 101 failed: DecodeError: "), "{:?}", outcome.logs());
        assert!(outcome.logs()[0].contains(says), "{says} in {:?}", outcome.logs());
    }
    let event = stream(&[("a", json!({})), ("b", json!({"teas": {"L": [{"M": tea(1)}, {"M": tea(300)}]}}))]);
    let outcome = lrt::dynamodb(nested).harness().invoke(event).await;
    assert!(outcome.logs()[0].contains("at teas[1].stock;"), "{:?}", outcome.logs());
}

#[tokio::test]
async fn unknown_event_name_fails_its_record_alone() {
    async fn index(_: Change<Product>) -> Result<(), Error> {
        Ok(())
    }
    for (name, says) in [
        (json!("TRUNCATE"), "unknown `eventName`"),
        (json!(null), "missing field `eventName`"),
        (json!(7), "missing field `eventName`"),
    ] {
        let mut event = stream(&[("a", tea(1)), ("b", tea(1))]);
        event["Records"][1]["eventName"] = name;
        let outcome = lrt::dynamodb(index).harness().invoke(event).await;
        assert_eq!(failed(&outcome), ["101"]);
        assert!(outcome.logs()[0].contains(says), "{:?}", outcome.logs());
    }
}

/// Otherwise items from before an attribute was added block handlers that read only the new image.
#[tokio::test]
async fn old_image_that_does_not_decode_is_none_with_one_warning() {
    let without_name = json!({"stock": {"N": "1"}});
    for (name, old) in [("MODIFY", without_name.clone()), ("REMOVE", without_name), ("MODIFY", json!("x"))] {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        let function = lrt::dynamodb(move |change: Change<Product>| {
            let (Change::Modify { old, .. } | Change::Remove { old, .. }) = change else { panic!("{change:?}") };
            noted.lock().unwrap().push(old);
            std::future::ready(Ok::<_, lrt::Error>(()))
        });
        let outcome = function.harness().invoke(change(name, json!({"NewImage": tea(3), "OldImage": old}))).await;
        assert_eq!((failed(&outcome), &*seen.lock().unwrap()), (vec![], &vec![None]));
        let [line] = outcome.logs() else { panic!("{:?}", outcome.logs()) };
        let warning = "record 100 is handled without its old image, which does not decode: OldImage: ";
        assert!(line.starts_with("WARN ") && line.contains(warning), "{line}");
    }
    // The key is required if the function takes it.
    async fn keys(_: Change<Keys<ProductId>>) -> Result<(), lrt::Error> {
        Ok(())
    }
    let mut event = change("REMOVE", json!({"OldImage": tea(3)}));
    event["Records"][0]["dynamodb"]["Keys"] = json!({"id": {"L": []}});
    assert!(lrt::dynamodb(keys).harness().invoke(event).await.error().is_some());
}

#[tokio::test]
async fn images_that_the_change_has_no_place_for_are_not_decoded() {
    let broken = json!({"name": {"N": {"?": 1}}});
    for (name, images) in [
        ("INSERT", json!({"NewImage": tea(3), "OldImage": broken})),
        ("REMOVE", json!({"NewImage": broken, "OldImage": tea(3)})),
    ] {
        async fn index(_: Change<Product>) -> Result<(), lrt::Error> {
            Ok(())
        }
        let outcome = lrt::dynamodb(index).harness().invoke(change(name, images)).await;
        assert_eq!((failed(&outcome), outcome.logs()), (vec![], &[][..]), "{name}");
    }
}
