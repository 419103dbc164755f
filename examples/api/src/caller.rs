//! Who calls: what the API's JWT authorizer has found in the token.

/// The part of an HTTP API's request context that tells.
#[derive(serde::Deserialize)]
pub(crate) struct Caller {
    /// A route without an authorizer has none.
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
