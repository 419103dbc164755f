//! Path parameters.

use super::impl_deref;
use crate::de::{InvalidValue, Pair, Pairs, Source, decode};
use crate::event::Event;
use crate::origin::Origin;
use crate::rejection::PathRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::Deserialize;
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
/// The parameters are those of the function's `route`. Without a `route`, they are those that API Gateway found, in the
/// order of its route.
///
/// Values are percent-decoded: `/files/a%2Fb` is the file `a/b`. `Option<Path<T>>` is `None` if there are no parameters, for
/// functions that serve several routes.
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
    encoded: bool,
}

impl PathParams {
    /// Creates parameters from percent-encoded values, which [`Path`] decodes.
    pub fn encoded<N: Into<String>, V: Into<String>>(params: impl IntoIterator<Item = (N, V)>) -> PathParams {
        PathParams { encoded: true, ..PathParams::decoded(params) }
    }

    /// Creates parameters from values that are already decoded.
    pub fn decoded<N: Into<String>, V: Into<String>>(params: impl IntoIterator<Item = (N, V)>) -> PathParams {
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        PathParams { params, encoded: false }
    }

    /// Returns the names and values, as they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns true if there are no parameters.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// Deserializes the parameters as [`Path`] does.
    ///
    /// # Errors
    ///
    /// Returns an error if the parameters are not a `T`.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, PathRejection> {
        let pairs = self.pairs()?;
        Ok(T::deserialize(Pairs { pairs: &pairs, source: Source::Path })?)
    }

    /// Returns the names and decoded values.
    fn pairs(&self) -> Result<Vec<Pair<'_>>, InvalidValue> {
        let decoded = self.iter().map(|(name, value)| {
            let value = match self.encoded {
                true => decode(value).map_err(|error| error.within(name))?,
                false => Cow::Borrowed(value),
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
        (None, Some(event)) => Cow::Owned(found(event)),
        (None, None) => Cow::Owned(PathParams::default()),
    }
}

/// Returns the parameters of the event in the order of its route, since the members of a JSON object are not ordered.
///
/// REST APIs send the values percent-encoded, as they are in the path
/// ([observed](https://github.com/serverless/serverless/issues/5037)). HTTP APIs and some emulators of REST APIs decode them,
/// so a value with an invalid escape is left unchanged.
fn found(event: &Event) -> PathParams {
    let mut params = PathParams::decoded(event.path_parameters());
    if event.origin() == Origin::RestApi {
        for (_, value) in &mut params.params {
            if let Ok(Cow::Owned(decoded)) = decode(value) {
                *value = decoded;
            }
        }
    }
    if params.params.len() > 1 {
        let routes: Routes = serde_json::from_slice(event.context()).unwrap_or_default();
        if let Some(route) = routes.resource_path.or(routes.route_key) {
            params.params.sort_by_key(|(name, _)| place(&route, name));
        }
    }
    params
}

/// The route of API Gateway: `/orders/{id}` in payload format 1.0, `GET /orders/{id}` in 2.0.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Routes {
    resource_path: Option<String>,
    route_key: Option<String>,
}

/// Returns the position of a parameter in a route.
fn place(route: &str, name: &str) -> usize {
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
