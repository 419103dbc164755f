//! Sizes of items in bytes, as DynamoDB counts them
//! ([item sizes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html)).

use serde_json::{Map, Value};

/// Overhead of a list or map.
const CONTAINER: u64 = 3;

/// Returns the size of all names and values of an item.
pub(super) fn of_item(item: &Map<String, Value>) -> u64 {
    item.iter().map(|(name, value)| name.len() as u64 + of_attribute(value)).sum()
}

fn of_attribute(attribute: &Value) -> u64 {
    let tagged = attribute.as_object().and_then(|attribute| attribute.iter().next());
    let Some((tag, value)) = tagged else { return 0 };
    match (&**tag, value) {
        ("M", Value::Object(item)) => CONTAINER + item.len() as u64 + of_item(item),
        ("L", Value::Array(values)) => CONTAINER + values.iter().map(|value| 1 + of_attribute(value)).sum::<u64>(),
        ("SS" | "NS" | "BS", Value::Array(values)) => values.iter().map(|value| of_scalar(&tag[..1], value)).sum(),
        _ => of_scalar(tag, value),
    }
}

fn of_scalar(tag: &str, value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_default();
    match tag {
        "S" => text.len() as u64,
        // Two digits take one byte, and each number takes one more.
        "N" => 1 + text.bytes().filter(u8::is_ascii_digit).count().div_ceil(2) as u64,
        "B" => (text.trim_end_matches('=').len() * 3 / 4) as u64,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn size(item: Value) -> u64 {
        of_item(item.as_object().unwrap())
    }

    /// The records of Lambda's example event.
    #[test]
    fn sizes_of_the_example_event_match_those_of_aws() {
        let keys = json!({"Id": {"N": "101"}});
        let old = json!({"Message": {"S": "New item!"}, "Id": {"N": "101"}});
        let new = json!({"Message": {"S": "This item has changed"}, "Id": {"N": "101"}});
        assert_eq!(size(keys.clone()) + size(old.clone()), 26);
        assert_eq!(size(keys) + size(old) + size(new), 59);
    }

    #[test]
    fn each_type_has_its_size() {
        for (attribute, bytes) in [
            (json!({"BOOL": true}), 1),
            (json!({"NULL": true}), 1),
            (json!({"B": "/wAQTQ=="}), 4),
            (json!({"SS": ["a", "bc"]}), 3),
            (json!({"NS": ["1", "-12.5"]}), 5),
            (json!({"BS": ["/w==", "/wA="]}), 3),
            (json!({"L": [{"S": "ab"}, {"BOOL": true}]}), 8),
            (json!({"M": {"a": {"S": "bc"}}}), 7),
        ] {
            assert_eq!(of_attribute(&attribute), bytes, "{attribute}");
        }
    }
}
