//! What a request's path names.

use super::derefs;
use crate::event::Event;
use crate::rejection::PathRejection;
use crate::text::{Pair, Pairs, Shape, decode};
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use serde::de::DeserializeOwned;
use std::borrow::Cow;

/// The parameters of the path, as any `Deserialize` type: one value, a tuple, a struct, a map or a list.
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
/// They are those of the function's `route`; without one, those that API Gateway found. Those have no order that one could
/// count on, so several of them are a struct or a map.
///
/// Values are percent-decoded: `/files/a%2Fb` is the file `a/b`. `Option<Path<T>>` is `None` where the path names
/// nothing, for a function that stands behind several routes.
///
/// What does not fit is a [`PathRejection`]: 400, with the name of the parameter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path<T>(pub T);

derefs!(Path);

/// The parameters of a request's path, in their order: an extension of the request.
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
    /// Parameters whose values are as in the path. [`Path`] decodes them.
    pub fn encoded<N: Into<String>, V: Into<String>>(params: impl IntoIterator<Item = (N, V)>) -> PathParams {
        PathParams { encoded: true, ..PathParams::decoded(params) }
    }

    /// Parameters whose values somebody has decoded.
    pub fn decoded<N: Into<String>, V: Into<String>>(params: impl IntoIterator<Item = (N, V)>) -> PathParams {
        let params = params.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        PathParams { params, encoded: false }
    }

    /// Names and values, as they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// What [`Path`] has of them.
    ///
    /// # Errors
    ///
    /// As [`Path`].
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, PathRejection> {
        let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(self.params.len());
        for (name, value) in self.iter() {
            let value = match self.encoded {
                true => decode(value).map_err(|error| error.within(name))?,
                false => Cow::Borrowed(value),
            };
            pairs.push((Cow::Borrowed(name), value));
        }
        Ok(T::deserialize(Pairs { pairs: &pairs, shape: Shape::Path })?)
    }
}

/// The parameters of a [`Route`](crate::Route), or else those that the origin found.
fn params(parts: &Parts) -> Cow<'_, PathParams> {
    match (parts.extensions.get(), parts.extensions.get::<Event>()) {
        (Some(params), _) => Cow::Borrowed(params),
        (None, Some(event)) => Cow::Owned(PathParams::decoded(event.path_parameters())),
        (None, None) => Cow::Owned(PathParams::default()),
    }
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
