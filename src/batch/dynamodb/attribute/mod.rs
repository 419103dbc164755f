//! Typed DynamoDB items: a map of attribute values, straight into any `Deserialize`.
//!
//! A stream event writes each attribute with its type, `{"id": {"S": "a"}, "amount": {"N": "5"}}`, as
//! [AttributeValue](https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_AttributeValue.html)
//! says and [Lambda's example](https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html) shows. The types are taken
//! off while serde_json reads: one pass, no map in between, and each text goes to the user's type as it is.
//!
//! | type | decodes into |
//! |---|---|
//! | `S` | strings, `char`, unit variants of an enum |
//! | `N` | integers and floats; a string gets the text, so that no digit is lost |
//! | `BOOL` | `bool` |
//! | `NULL` | `None`, `()` |
//! | `M` | structs, maps, an enum by its variant's name (one entry) |
//! | `L` | sequences and tuples, of any type |
//! | `SS`, `NS`, `BS` | sequences and sets, of what `S`, `N` and `B` decode into |
//! | `B` | bytes, or a sequence of `u8`; where a string is asked for, the base64 text |
//!
//! Types that ask for whatever there is (`serde_json::Value`, `flatten`, tagged and untagged enums) get an `N` as
//! [`number`] says, and a `B` as a sequence of `u8`: that is what both `Vec<u8>` and bytes can be made of behind them,
//! while a string would reach bytes as base64 that nobody decodes.
//!
//! 1. `item` decodes, and names the place of what is wrong after a failure.
//! 2. [`items`]: an item's text, from which attributes are opened and read.
//! 3. [`value`]: one attribute value as the user's types see it; [`key`]: a name.
//! 4. [`containers`]: what lies within `M`, `L` and the sets.
//! 5. [`number`]: what becomes of an `N`.
//!
//! Every type of the user's that is decoded makes a copy of the code that it passes through. So what can be done without
//! knowing the type is done in [`items`] and [`number`], and there is one kind of value for all places.

/// Methods of a `Deserializer` that are all the same.
macro_rules! same {
    ($($same:ident: $($method:ident)*;)*) => {
        $($(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$same(visitor)
        })*)*
    };
}

mod containers;
mod decimal;
mod error;
mod items;
mod key;
mod number;
mod tag;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use error::ItemError;

use decimal::{Decimal, Integer};
use items::Items;
use serde::de::DeserializeOwned;
use tag::Tag;
use value::ItemValue;

/// Decodes an item (an image, or the keys): a JSON object of attribute values.
///
/// # Errors
///
/// Names the attribute that does not fit by its path in the item, without the types: `address.city`, `tags[1]`.
pub(crate) fn item<T: DeserializeOwned>(json: &str) -> Result<T, ItemError> {
    let mut items = Items::new(json);
    // An item is the fields without the `{"M": …}` around them.
    match T::deserialize(ItemValue { items: &mut items, tag: Tag::M }) {
        Ok(item) => items.end().map(|()| item),
        Err(error) => Err(items.error(&error)),
    }
}

/// A number of seconds in nanoseconds, without a float: those are 15 KB, which only functions that take some shall have.
pub(crate) fn nanoseconds(seconds: &str) -> Option<u64> {
    match seconds.parse::<u64>() {
        Ok(seconds) => seconds.checked_mul(1_000_000_000),
        Err(_) => Decimal::parse(seconds)?.times_ten_to(9).whole().and_then(Integer::to_u64),
    }
}
