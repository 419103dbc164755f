//! Query strings.

use super::impl_deref;
use crate::de::{Pair, PairSource, Pairs};
use crate::rejection::QueryRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use percent_encoding::percent_decode;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Extractor of the query string as any `Deserialize` type: a struct, a map or a list of pairs.
///
/// ```
/// use lrt_http::Query;
///
/// #[derive(serde::Deserialize)]
/// struct Search {
///     page: Option<u32>,
///     #[serde(default)]
///     tag: Vec<String>,
/// }
///
/// // GET /products?tag=red&tag=small%20one
/// async fn search(Query(search): Query<Search>) -> String {
///     format!("page {} of {:?}", search.page.unwrap_or(1), search.tag)
/// }
///
/// let Query(search) = Query::<Search>::parse("tag=red&tag=small%20one").unwrap();
/// assert_eq!((search.page, search.tag), (None, vec!["red".to_owned(), "small one".to_owned()]));
/// ```
///
/// Every query that `axum::extract::Query` accepts is accepted, with the same result. In addition, repeated names can be lists.
///
/// - A repeated name is a list: `Vec<T>` or a tuple. It is an error for a struct member with a single value; a map
///   contains the last value.
/// - `Option<T>` is `None` if the name is missing. `?page=` is an empty value, which a `String` accepts and a number
///   rejects.
/// - `Vec<(String, String)>` contains all pairs in their order.
/// - A `bool` is `true` or `false`. An enum is the name of a unit variant.
/// - The values of a flattened struct (`#[serde(flatten)]`) are strings, since serde does not reveal their types. Repeated names
///   are lists of strings, if the type accepts these.
/// - Invalid percent-encoding is left unchanged, and invalid UTF-8 is replaced with U+FFFD.
///
/// The rejection is a [`QueryRejection`]: 400, with the name of the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query<T>(pub T);

impl_deref!(Query);

impl<T: DeserializeOwned> Query<T> {
    /// Deserializes a query string, without its `?`.
    ///
    /// # Errors
    ///
    /// Returns an error if the query is not a `T`.
    pub fn parse(query: &str) -> Result<Query<T>, QueryRejection> {
        let deserialize =
            |untyped_lists| T::deserialize(Pairs { pairs: pairs(query), source: PairSource::Query, untyped_lists });
        // A flattened struct may expect lists; a flattened map of strings or an untagged enum rejects them.
        let value = deserialize(true).or_else(|error| deserialize(false).map_err(|_| error))?;
        Ok(Query(value))
    }
}

/// Returns the same pairs as `form_urlencoded::parse`, at a third of the cost for short values without escapes.
fn pairs(query: &str) -> Vec<Pair<'_>> {
    let mut pairs = Vec::new();
    let mut rest = query;
    while !rest.is_empty() {
        let (pair, tail) = split(rest, b'&');
        rest = tail;
        if !pair.is_empty() {
            let (name, value) = split(pair, b'=');
            pairs.push((decode(name), decode(value)));
        }
    }
    pairs
}

/// Splits a string at the first occurrence of an ASCII character.
fn split(text: &str, at: u8) -> (&str, &str) {
    let position = text.bytes().position(|byte| byte == at);
    position.map_or((text, ""), |position| (&text[..position], &text[position + 1..]))
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('+', " ");
    Cow::Owned(percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned())
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, QueryRejection> {
        Query::parse(parts.uri.query().unwrap_or_default())
    }
}

/// `None` without a query string.
impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Query<T>>, QueryRejection> {
        parts.uri.query().map(Query::parse).transpose()
    }
}
