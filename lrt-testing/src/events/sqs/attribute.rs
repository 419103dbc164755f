//! Message attributes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

/// The value of a message attribute, converted from a string, a number or bytes.
///
/// See [Amazon SQS message metadata](https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageAttribute {
    data_type: String,
    value: AttributeValue,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum AttributeValue {
    Text(String),
    Bytes(Vec<u8>),
}

impl MessageAttribute {
    /// Sets a custom data type, such as `Number.price` or `Binary.png`.
    #[must_use]
    pub fn data_type(mut self, data_type: impl Into<String>) -> MessageAttribute {
        self.data_type = data_type.into();
        self
    }

    /// Returns the data type, and the value as a string. Bytes are encoded as base64.
    pub(in crate::events) fn parts(&self) -> (&str, String) {
        let value = match &self.value {
            AttributeValue::Text(text) => text.clone(),
            AttributeValue::Bytes(bytes) => STANDARD.encode(bytes),
        };
        (&self.data_type, value)
    }

    pub(super) fn to_json(&self) -> AttributeJson<'_> {
        let (string_value, binary_value) = match &self.value {
            AttributeValue::Text(text) => (Some(&**text), None),
            AttributeValue::Bytes(bytes) => (None, Some(STANDARD.encode(bytes))),
        };
        AttributeJson {
            string_value,
            binary_value,
            string_list_values: [],
            binary_list_values: [],
            data_type: &self.data_type,
        }
    }
}

impl From<&str> for MessageAttribute {
    fn from(text: &str) -> MessageAttribute {
        text.to_owned().into()
    }
}

impl From<String> for MessageAttribute {
    fn from(text: String) -> MessageAttribute {
        MessageAttribute { data_type: "String".to_owned(), value: AttributeValue::Text(text) }
    }
}

impl From<&[u8]> for MessageAttribute {
    fn from(bytes: &[u8]) -> MessageAttribute {
        MessageAttribute { data_type: "Binary".to_owned(), value: AttributeValue::Bytes(bytes.to_vec()) }
    }
}

impl<const N: usize> From<&[u8; N]> for MessageAttribute {
    fn from(bytes: &[u8; N]) -> MessageAttribute {
        bytes.as_slice().into()
    }
}

macro_rules! numbers {
    ($($Number:ty)*) => {$(
        impl From<$Number> for MessageAttribute {
            fn from(number: $Number) -> MessageAttribute {
                MessageAttribute { data_type: "Number".to_owned(), value: AttributeValue::Text(number.to_string()) }
            }
        }
    )*};
}

numbers! { u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 usize isize }

/// The JSON form of an attribute.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AttributeJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    string_value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    binary_value: Option<String>,
    string_list_values: [(); 0],
    binary_list_values: [(); 0],
    data_type: &'a str,
}
