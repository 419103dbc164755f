//! Path parameters.

use super::impl_deref;
use crate::de::{InvalidValue, Pair, PairSource, Pairs};
use crate::event::Event;
use crate::origin::Origin;
use crate::rejection::PathRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use percent_encoding::percent_decode_str;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// Extractor of the path parameters as any `Deserialize` type: a single value, a tuple, a struct, a map or a list.
///
/// ```
/// use lrt_http::Path;
///
/// // GET /orders/{id}
/// async fn order(Path(id): Path<u64>) -> String {
///     format!("order {id}")
/// }
///
/// // GET /orders/{id}/items/{name}
/// async fn item(Path((id, name)): Path<(u64, String)>) -> String {
///     format!("{name} of order {id}")
/// }
/// ```
///
/// The parameters come from the function's `route`. Without a `route`, they are the parameters that API Gateway
/// extracted, in the order of its route. Every type and path that `axum::extract::Path` accepts is accepted, with the
/// same result.
///
/// Values are percent-decoded exactly once: `/files/a%2Fb` is the file `a/b`. `Option<Path<T>>` is `None` if there are no
/// parameters, for functions that serve several routes.
///
/// The rejection is a [`PathRejection`]: 400, with the name of the parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path<T>(pub T);

impl_deref!(Path);

/// The ordered path parameters of a request, an extension of the request.
///
/// ```
/// use lrt_http::PathParams;
///
/// let params = PathParams::encoded([("name", "a%2Fb")]);
/// assert_eq!(params.iter().collect::<Vec<_>>(), [("name", "a%2Fb")]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathParams {
    params: Vec<(String, String)>,
    values: Values,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Values {
    #[default]
    Decoded,
    Encoded,
    /// See [`PairSource::Placeholder`].
    Placeholder,
}

impl PathParams {
    /// Creates parameters from percent-encoded values, which [`Path`] decodes.
    pub fn encoded<N: Into<String>, V: Into<String>>(params: impl IntoIterator<Item = (N, V)>) -> PathParams {
        PathParams { values: Values::Encoded, ..PathParams::decoded(params) }
    }

    /// Creates parameters from values that are already decoded.
    pub fn decoded<N: Into<String>, V: Into<String>>(params: impl IntoIterator<Item = (N, V)>) -> PathParams {
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        PathParams { params, values: Values::Decoded }
    }

    /// Creates parameters with these names. Each has the same value, which is a placeholder for any value.
    pub(crate) fn placeholders<'a>(names: impl Iterator<Item = &'a str>, value: &str) -> PathParams {
        PathParams { values: Values::Placeholder, ..PathParams::decoded(names.map(|name| (name, value))) }
    }

    /// Creates parameters from values of an event.
    ///
    /// HTTP APIs decode the values. REST APIs send them percent-encoded, as they are in the path
    /// ([observed](https://github.com/serverless/serverless/issues/5037)).
    pub(crate) fn from_event<N: Into<String>, V: Into<String>>(
        origin: Origin,
        params: impl IntoIterator<Item = (N, V)>,
    ) -> PathParams {
        if origin == Origin::RestApi { PathParams::encoded(params) } else { PathParams::decoded(params) }
    }

    /// Returns the names and values without decoding them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns true if the list of parameters is empty.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// Deserializes the parameters as [`Path`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if the parameters are not a `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, PathRejection> {
        let source = if self.values == Values::Placeholder { PairSource::Placeholder } else { PairSource::Path };
        Ok(T::deserialize(Pairs { pairs: self.pairs()?, source, untyped_lists: false })?)
    }

    /// Returns the names and decoded values.
    fn pairs(&self) -> Result<Vec<Pair<'_>>, InvalidValue> {
        let decoded = self.iter().map(|(name, value)| {
            let value = match self.values {
                Values::Encoded => percent_decode_str(value)
                    .decode_utf8()
                    .map_err(|_| InvalidValue::new("invalid UTF-8").within(name))?,
                Values::Decoded | Values::Placeholder => Cow::Borrowed(value),
            };
            Ok((Cow::Borrowed(name), value))
        });
        decoded.collect()
    }
}

/// Returns the parameters that a [`Route`](crate::Route) extracted, or else those of the event.
fn params(parts: &Parts) -> Cow<'_, PathParams> {
    match (parts.extensions.get(), parts.extensions.get::<Event>()) {
        (Some(params), _) => Cow::Borrowed(params),
        (None, Some(event)) => Cow::Owned(event_params(event)),
        (None, None) => Cow::Owned(PathParams::default()),
    }
}

/// Returns the parameters of the event in the order of its route, since the members of a JSON object are not ordered.
fn event_params(event: &Event) -> PathParams {
    let mut params = PathParams::from_event(event.origin(), event.path_parameters());
    let route = event.matched_route();
    params.params.sort_by_key(|(name, _)| position(&route, name));
    params
}

/// Returns the position of a parameter in a route.
fn position(route: &str, name: &str) -> usize {
    let is_param = |rest: &str| rest.strip_prefix(name).is_some_and(|rest| rest.starts_with(['}', '+']));
    route.match_indices('{').find(|(at, _)| is_param(&route[at + 1..])).map_or(route.len(), |(at, _)| at)
}

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Path<T> {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Path<T>, PathRejection> {
        params(parts).deserialize().map(Path)
    }
}

impl<S: Sync, T: DeserializeOwned> OptionalFromRequestParts<S> for Path<T> {
    type Rejection = PathRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Path<T>>, PathRejection> {
        let params = params(parts);
        if params.is_empty() { Ok(None) } else { params.deserialize().map(|value| Some(Path(value))) }
    }
}
