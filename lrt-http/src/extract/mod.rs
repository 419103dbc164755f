//! Extractors. All of them implement axum-core's traits, so that they can be combined with axum's and with those of users.

mod caller;
mod event;
mod json;
mod path;
mod query;

pub(crate) use caller::RESERVED;
pub use caller::{Caller, CognitoIdentity, Iam, JwtClaims};
pub use event::RequestContext;
pub use json::Json;
pub use path::{Path, PathParams};
pub use query::Query;

/// Implements `Deref` and `DerefMut` for a newtype.
macro_rules! impl_deref {
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

use impl_deref;
