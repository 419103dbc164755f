//! Query strings.

use super::impl_deref;
use crate::de::{InvalidValue, Pair, Pairs, Source, decode_form};
use crate::rejection::QueryRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

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
/// - A repeated name is a list: `Vec<T>` or a tuple. For a type with one value it is an error.
/// - `Option<T>` is `None` if the name is missing. `?page=` is an empty value, which a `String` accepts and a number
///   rejects.
/// - `Vec<(String, String)>` contains all pairs in their order; a `HashMap<String, String>` contains each name once.
/// - Numbers are finite. A `bool` is `true` or `false`. An enum is the name of a unit variant.
/// - The values of a flattened struct (`#[serde(flatten)]`) are strings, since serde does not reveal their types.
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
    /// Returns an error if the query is not a `T`, or contains an invalid escape or invalid UTF-8.
    pub fn parse(query: &str) -> Result<Query<T>, QueryRejection> {
        let pairs = pairs(query)?;
        let value = T::deserialize(Pairs { pairs: &pairs, source: Source::Query })?;
        Ok(Query(value))
    }
}

fn pairs(query: &str) -> Result<Vec<Pair<'_>>, InvalidValue> {
    query.split('&').filter(|pair| !pair.is_empty()).map(decode).collect()
}

fn decode(pair: &str) -> Result<Pair<'_>, InvalidValue> {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    let name = decode_form(name).map_err(|error| error.within(name))?;
    let value = decode_form(value).map_err(|error| error.within(&name))?;
    Ok((name, value))
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, QueryRejection> {
        Query::parse(parts.uri.query().unwrap_or_default())
    }
}

/// `None` if there is no query string.
impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Query<T>>, QueryRejection> {
        parts.uri.query().map(Query::parse).transpose()
    }
}
