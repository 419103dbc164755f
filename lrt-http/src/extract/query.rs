//! The query of a request.

use super::derefs;
use crate::rejection::QueryRejection;
use crate::text::{InvalidValue, Pair, Pairs, Shape, decode_form};
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;

/// The query, as any `Deserialize` type: a struct, a map, or a list of pairs.
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
/// - A name that comes several times is a list: `Vec<T>`, or a tuple. Where the type takes one value, it is an error,
///   and not one value out of several.
/// - `Option<T>` is `None` where the name does not come. `?page=` is an empty value: a `String` takes it, a number does not.
/// - `Vec<(String, String)>` has all pairs in their order; a `HashMap<String, String>` has each name once.
/// - Numbers are finite. `bool` is `true` or `false`. An enum is the name of a unit variant.
/// - In a flattened struct (`#[serde(flatten)]`) values are strings, since serde does not tell what it looks for.
///
/// What does not fit is a [`QueryRejection`]: 400, with the name of the value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Query<T>(pub T);

derefs!(Query);

impl<T: DeserializeOwned> Query<T> {
    /// The value of a query, without its `?`.
    ///
    /// # Errors
    ///
    /// The query is not what `T` takes, has a broken percent-escape, or one that is no UTF-8.
    pub fn parse(query: &str) -> Result<Query<T>, QueryRejection> {
        let pairs = pairs(query)?;
        let value = T::deserialize(Pairs { pairs: &pairs, shape: Shape::Query })?;
        Ok(Query(value))
    }
}

/// All names and values, decoded. Apart, so that it is there once and not for each type.
fn pairs(query: &str) -> Result<Vec<Pair<'_>>, InvalidValue> {
    let mut pairs = Vec::new();
    let mut rest = query;
    while !rest.is_empty() {
        let (pair, after) = cut(rest, b'&');
        rest = after;
        if !pair.is_empty() {
            pairs.push(decode(pair)?);
        }
    }
    Ok(pairs)
}

fn decode(pair: &str) -> Result<Pair<'_>, InvalidValue> {
    let (name, value) = cut(pair, b'=');
    let name = decode_form(name).map_err(|error| error.within(name))?;
    let value = decode_form(value).map_err(|error| error.within(&name))?;
    Ok((name, value))
}

/// What is before the first `sign`, and what is behind it. Byte by byte: std's search costs more than so short texts do.
fn cut(text: &str, sign: u8) -> (&str, &str) {
    match text.bytes().position(|byte| byte == sign) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    }
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, QueryRejection> {
        Query::parse(parts.uri.query().unwrap_or_default())
    }
}

/// `None` where there is no query.
impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Query<T> {
    type Rejection = QueryRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Query<T>>, QueryRejection> {
        parts.uri.query().map(Query::parse).transpose()
    }
}
