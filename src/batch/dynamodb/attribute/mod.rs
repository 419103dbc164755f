//! Deserializes DynamoDB items, which are maps of typed attribute values, into any `Deserialize`.
//!
//! A stream event writes each attribute with its type: `{"id": {"S": "a"}, "amount": {"N": "5"}}`. See
//! [AttributeValue](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html) and
//! [Lambda's example](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html). The types are removed while the JSON is
//! read, in one pass.
//!
//! | type | decodes into |
//! |---|---|
//! | `S` | strings, `char`, unit variants of an enum |
//! | `N` | integers and floats; strings get the text, so that no digit is lost |
//! | `BOOL` | `bool` |
//! | `NULL` | `None`, `()` |
//! | `M` | structs, maps, enums (one entry, named as the variant) |
//! | `L` | sequences, tuples and structs by position, of any type |
//! | `SS`, `NS`, `BS` | sequences and sets of the types that `S`, `N` and `B` decode into |
//! | `B` | bytes, or a sequence of `u8`; strings get the base64 text |
//!
//! Types that accept any value (`serde_json::Value`, `flatten`, tagged and untagged enums) get an `N` as described in
//! [`number`], and a `B` as a sequence of `u8`: both `Vec<u8>` and byte buffers accept that, while a string would reach them
//! as undecoded base64.
//!
//! 1. [`reader`] reads the JSON of an item, without knowing the user's types.
//! 2. [`value`] and [`key`] are the deserializers of attribute values and of attribute names.
//! 3. [`containers`] are the contents of `M`, `L` and the sets.
//! 4. [`number`] parses an `N`.
//!
//! The deserializers are instantiated for each type that is decoded, so everything that does not depend on the type is in
//! [`reader`] and [`number`].

/// Implements methods of a `Deserializer` in terms of one other method.
macro_rules! forward {
    ($($target:ident: $($method:ident)*;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$target(visitor)
        })*)*
    };
}

mod containers;
mod error;
mod key;
mod number;
mod reader;
#[cfg(test)]
mod tests;
mod types;
mod value;

pub(crate) use error::ItemError;

use reader::ItemReader;
use serde::de::DeserializeOwned;
use types::AttributeType;
use value::ItemValue;

/// Decodes an item (an image, or the keys): a JSON object of attribute values.
///
/// # Errors
///
/// Returns an error with the path of the attribute that does not fit, without the types: `address.city`, `tags[1]`.
pub(crate) fn item<T: DeserializeOwned>(json: &str) -> Result<T, ItemError> {
    let mut reader = ItemReader::new(json);
    // An item has the fields of an `M`, without the `{"M": …}` around them.
    match T::deserialize(ItemValue { reader: &mut reader, kind: AttributeType::M }) {
        Ok(item) => reader.end().map(|()| item),
        Err(error) => Err(reader.error(&error)),
    }
}
