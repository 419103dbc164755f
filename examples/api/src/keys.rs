//! Verification of JSON Web Tokens against a key set (RFC 7517), which the issuer of the tokens publishes.

use crate::customer::Customer;
use jsonwebtoken::errors::Error as TokenError;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use lrt::{Error, OrError};

const ISSUER: &str = "https://login.shop.example";
const AUDIENCE: &str = "reviews";

/// The keys of the issuer.
pub(crate) struct Keys(JwkSet);

/// The reason why a token is rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvalidToken {
    #[error("the token has no key id, or an unknown one")]
    UnknownKey,
    #[error("the algorithm of the key is missing or not supported")]
    UnknownAlgorithm,
    #[error(transparent)]
    Invalid(#[from] TokenError),
}

/// Claims that the API uses. `exp`, `iss` and `aud` are checked by `decode`.
#[derive(serde::Deserialize)]
struct Claims {
    sub: String,
    name: String,
}

impl Keys {
    /// Reads the file that the variable `KEY_SET` names.
    pub(crate) fn read() -> Result<Keys, Error> {
        let file: String = lrt::env("KEY_SET")?;
        Keys::read_file(&file)
    }

    fn read_file(file: &str) -> Result<Keys, Error> {
        let json = std::fs::read_to_string(file).or_error(format!("cannot read the key set {file}"))?;
        Keys::parse(&json)
    }

    pub(crate) fn parse(json: &str) -> Result<Keys, Error> {
        serde_json::from_str(json).map(Keys).or_error("invalid key set")
    }

    /// Returns the customer of a valid token.
    pub(crate) fn verify(&self, token: &str) -> Result<Customer, InvalidToken> {
        let kid = decode_header(token)?.kid.ok_or(InvalidToken::UnknownKey)?;
        let key = self.0.find(&kid).ok_or(InvalidToken::UnknownKey)?;
        // The algorithm of the key, not of the token, which the client could choose.
        let algorithm = key.common.key_algorithm.and_then(|algorithm| Algorithm::try_from(algorithm).ok());
        let mut validation = Validation::new(algorithm.ok_or(InvalidToken::UnknownAlgorithm)?);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        let Claims { sub, name } = decode::<Claims>(token, &DecodingKey::from_jwk(key)?, &validation)?.claims;
        Ok(Customer { id: sub, name })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use serde_json::{Value, json};

    pub(crate) const KEY_SET: &str = include_str!("../keys/jwks.json");

    /// Returns a token with these claims, in addition to valid ones.
    pub(crate) fn token(claims: Value) -> String {
        signed(&Header { kid: Some("2026-01".to_owned()), ..Header::new(Algorithm::ES256) }, claims)
    }

    fn signed(header: &Header, claims: Value) -> String {
        let now = get_current_timestamp();
        let mut all = json!({ "sub": "u-1", "name": "Ada", "iss": ISSUER, "aud": AUDIENCE, "exp": now + 300 });
        for (name, value) in claims.as_object().expect("claims are an object") {
            all[name] = value.clone();
        }
        let key = EncodingKey::from_ec_der(include_bytes!("../keys/test-key.der"));
        encode(header, &all, &key).expect("the key is one for ES256")
    }

    #[test]
    fn keys_are_read_from_a_file() {
        let keys = Keys::read_file("keys/jwks.json").expect("the key set is valid");
        assert!(keys.verify(&token(json!({}))).is_ok());
        for (file, why) in
            [("keys/none.json", "cannot read the key set keys/none.json"), ("Cargo.toml", "invalid key set")]
        {
            let error = Keys::read_file(file).map(drop).expect_err(why);
            assert_eq!(error.to_string(), why);
        }
    }

    #[test]
    fn valid_tokens_name_the_customer() {
        let keys = Keys::parse(KEY_SET).expect("the key set is valid");
        let customer = keys.verify(&token(json!({}))).expect("the token is valid");
        assert_eq!(customer, Customer { id: "u-1".to_owned(), name: "Ada".to_owned() });
    }

    #[test]
    fn invalid_tokens_are_rejected() {
        let keys = Keys::parse(KEY_SET).expect("the key set is valid");
        let without_kid = signed(&Header::new(Algorithm::ES256), json!({}));
        let valid = token(json!({}));
        // The claims of another token, with the signature of this one.
        let other = token(json!({ "name": "Eve" }));
        let (head, signature) =
            (other.rsplit_once('.').expect("three parts").0, valid.rsplit_once('.').expect("three parts").1);
        for (token, why) in [
            (token(json!({ "exp": 1_700_000_000 })), "ExpiredSignature"),
            (token(json!({ "aud": "orders" })), "InvalidAudience"),
            (token(json!({ "iss": "https://evil.example" })), "InvalidIssuer"),
            (format!("{head}.{signature}"), "InvalidSignature"),
            (without_kid, "the token has no key id, or an unknown one"),
            (String::new(), "InvalidToken"),
            // {"alg":"none","kid":"2026-01"}
            (
                format!("eyJhbGciOiJub25lIiwia2lkIjoiMjAyNi0wMSJ9.{}.", valid.split('.').nth(1).expect("three parts")),
                "",
            ),
        ] {
            let error = keys.verify(&token).expect_err(why).to_string();
            assert!(error.starts_with(why), "{error}: {why}");
        }
    }
}
