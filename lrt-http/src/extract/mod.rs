//! What a function takes of a request. All stand on axum-core's traits, so axum's own extractors and yours fit beside.

mod body;
mod event;
mod json;
mod path;
mod query;

pub use body::{BodyError, collect, innermost, lift_limit};
pub use event::RequestContext;
pub use json::Json;
pub use path::{Path, PathParams};
pub use query::Query;

/// A newtype that is its value, for most purposes.
macro_rules! derefs {
    ($Type:ident) => {
        impl<T> std::ops::Deref for $Type<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }

        impl<T> std::ops::DerefMut for $Type<T> {
            fn deref_mut(&mut self) -> &mut T {
                &mut self.0
            }
        }
    };
}

use derefs;
