//! Checks at the cold start that a `Path` extractor fits the route.

use super::Route;
use crate::extract::PathParams;
use crate::rejection::PathRejection;
use axum_core::extract::FromRequestParts;
use lrt_core::ErrorReport;
use std::any::{Any, TypeId};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Values that are tried for types that are parsed from strings.
const TEXTS: [&str; 2] = ["1", "00000000-0000-0000-0000-000000000000"];

impl Route {
    /// Checks that an extractor can succeed for requests of this route, if it is a [`Path`](crate::Path) or has its
    /// rejection. Otherwise every request would be rejected, as if the clients had made a mistake.
    ///
    /// ```
    /// use lrt_http::{Path, Route};
    ///
    /// let route = Route::parse("GET /orders/{id}")?;
    /// assert!(route.check_extractor::<Path<u64>>().is_ok());
    /// let error = route.check_extractor::<Path<(u64, String)>>().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`Path<(u64, String)>` does not fit the route `GET /orders/{id}`: expected 2 path parameters, got 1",
    /// );
    /// # Ok::<_, lrt_http::RouteError>(())
    /// ```
    ///
    /// The extractor is called with the parameters of the route and no other part of a request. Errors of values are ignored,
    /// because the values are placeholders.
    ///
    /// # Errors
    ///
    /// Returns an error that names the type and the route if the number of parameters or their names do not fit.
    pub fn check_extractor<T: FromRequestParts<()> + 'static>(&self) -> Result<(), ErrorReport> {
        if TypeId::of::<T::Rejection>() != TypeId::of::<PathRejection>() {
            return Ok(());
        }
        for text in TEXTS {
            let (mut parts, ()) = http::Request::new(()).into_parts();
            parts.extensions.insert(PathParams::placeholders(self.names(), text));
            let extracted = pin!(T::from_request_parts(&mut parts, &()));
            match extracted.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Err(rejection)) => {
                    let rejection: &dyn Any = &rejection;
                    let rejection = rejection.downcast_ref::<PathRejection>();
                    if let Some(invalid) = rejection.map(PathRejection::value).filter(|value| value.is_structural()) {
                        let name = without_modules(std::any::type_name::<T>());
                        return Err(ErrorReport::new(format!("`{name}` does not fit the route `{self}`: {invalid}")));
                    }
                }
                Poll::Ready(Ok(_)) | Poll::Pending => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Strips the modules from a type name: `Path<u64>` of `lrt_http::extract::path::Path<u64>`.
fn without_modules(name: &str) -> String {
    // The path of a type that is declared in an async function contains a module `{{closure}}`.
    let is_path = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '{' | '}');
    let parts = name.split_inclusive(|c| !is_path(c));
    parts.map(|part| part.rsplit("::").next().unwrap_or(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Path, Query};
    use serde::Deserialize;
    use std::collections::HashMap;
    use std::num::NonZeroU8;

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Item {
        id: u64,
        name: Option<String>,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    struct Other {
        id: Color,
        order: Parsed,
        flag: bool,
    }

    #[derive(Deserialize)]
    #[allow(dead_code)]
    enum Color {
        Red,
    }

    /// Rejects every placeholder.
    #[derive(Deserialize)]
    #[serde(try_from = "String")]
    #[allow(dead_code)]
    struct Parsed(String);

    impl TryFrom<String> for Parsed {
        type Error = &'static str;

        fn try_from(_: String) -> Result<Parsed, &'static str> {
            Err("invalid")
        }
    }

    fn check<T: FromRequestParts<()> + 'static>(route: &str) -> Result<(), String> {
        Route::parse(route).unwrap().check_extractor::<T>().map_err(|error| error.to_string())
    }

    #[test]
    fn extractors_that_fit_the_route_are_accepted() {
        for route in ["GET /{id}", "ANY /items/{id+}"] {
            assert_eq!(check::<Path<u64>>(route), Ok(()));
            assert_eq!(check::<Path<String>>(route), Ok(()));
            assert_eq!(check::<Path<(NonZeroU8,)>>(route), Ok(()));
            assert_eq!(check::<Path<Item>>(route), Ok(()));
            assert_eq!(check::<Path<Color>>(route), Ok(()));
            assert_eq!(check::<Path<Parsed>>(route), Ok(()));
            assert_eq!(check::<Path<f32>>(route), Ok(()));
            assert_eq!(check::<Path<char>>(route), Ok(()));
        }
        for route in ["GET /", "GET /{id}", "GET /{a}/{b}"] {
            assert_eq!(check::<Path<HashMap<String, i8>>>(route), Ok(()));
            assert_eq!(check::<Path<Vec<bool>>>(route), Ok(()));
            assert_eq!(check::<Path<()>>(route), Ok(()));
            assert_eq!(check::<Query<Item>>(route), Ok(()));
            assert_eq!(check::<Result<Path<(u8, u8, u8)>, PathRejection>>(route), Ok(()));
        }
        assert_eq!(check::<Option<Path<u64>>>("GET /"), Ok(()));
        assert_eq!(check::<Option<Path<u64>>>("GET /{id}"), Ok(()));
        assert_eq!(check::<Path<Other>>("GET /{id}/{order}/{flag}"), Ok(()));
        assert_eq!(check::<Path<(bool, Color, Parsed)>>("GET /{id}/{order}/{flag}"), Ok(()));
    }

    #[test]
    fn extractors_that_cannot_fit_the_route_are_errors_that_name_both() {
        for (result, expected) in [
            (
                check::<Path<u64>>("GET /"),
                "`Path<u64>` does not fit the route `GET /`: expected 1 path parameter, got 0",
            ),
            (
                check::<Path<String>>("GET /{a}/{b+}"),
                "`Path<String>` does not fit the route `GET /{a}/{b+}`: expected 1 path parameter, got 2",
            ),
            (
                check::<Path<(bool, Parsed)>>("ANY /a/{*b}"),
                "`Path<(bool, Parsed)>` does not fit the route `ANY /a/{b+}`: expected 2 path parameters, got 1",
            ),
            (
                check::<Path<Item>>("GET /items/{item}"),
                "`Path<Item>` does not fit the route `GET /items/{item}`: missing value at id",
            ),
            (
                check::<Path<Other>>("GET /{id}/{flag}"),
                "`Path<Other>` does not fit the route `GET /{id}/{flag}`: missing value at order",
            ),
            (
                check::<Option<Path<Item>>>("GET /{a}"),
                "`Option<Path<Item>>` does not fit the route `GET /{a}`: missing value at id",
            ),
        ] {
            assert_eq!(result, Err(expected.to_owned()));
        }
    }

    #[test]
    fn extractors_with_other_rejections_are_not_called() {
        struct Never;
        impl FromRequestParts<()> for Never {
            type Rejection = http::StatusCode;

            async fn from_request_parts(_: &mut http::request::Parts, (): &()) -> Result<Never, http::StatusCode> {
                panic!("called")
            }
        }
        assert_eq!(check::<Never>("GET /"), Ok(()));
    }
}
