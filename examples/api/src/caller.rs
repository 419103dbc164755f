//! The caller, from the claims that the API's JWT authorizer found in the token.

/// The part of an HTTP API's request context that describes the caller.
#[derive(serde::Deserialize)]
pub(crate) struct Caller {
    /// `None` for routes without an authorizer.
    authorizer: Option<Authorizer>,
}

#[derive(serde::Deserialize)]
struct Authorizer {
    jwt: Jwt,
}

#[derive(serde::Deserialize)]
struct Jwt {
    claims: Claims,
}

#[derive(serde::Deserialize)]
struct Claims {
    name: String,
}

impl Caller {
    pub(crate) fn name(self) -> Option<String> {
        Some(self.authorizer?.jwt.claims.name)
    }
}
