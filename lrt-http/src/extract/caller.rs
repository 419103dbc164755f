//! Extractors of an authorizer's result, in the same form for each kind of API.

use super::event::event;
use super::impl_deref;
use crate::de::ContextValue;
use crate::event::Event;
use crate::rejection::AuthorizerRejection;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;
use lrt_core::__private::json::find_field;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Members that API Gateway adds to the context of a Lambda authorizer of REST and WebSocket APIs.
pub(crate) const RESERVED: [&str; 2] = ["principalId", "integrationLatency"];

/// Extractor of the user that a Lambda authorizer returned as [`Allow<User>`](crate::Allow), in functions behind a REST API, an HTTP
/// API or a WebSocket API.
///
/// REST and WebSocket APIs send all values as strings. They are converted back: `"7"` to a number, `"true"` to a `bool`, JSON to a
/// list or a struct, unless the type has `#[serde(flatten)]`, which hides the types of its fields.
///
/// ```
/// use lrt_http::Caller;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct User {
///     id: u64,
///     groups: Vec<String>,
/// }
///
/// async fn whoami(Caller(user): Caller<User>) -> String {
///     format!("user {} of {}", user.id, user.groups.join(" and "))
/// }
/// ```
///
/// A request without the result of a Lambda authorizer is answered with 401; `Option<Caller<User>>` is `None` then. A result that is
/// not a `User` is not the client's mistake: the response is a 500, and the error is logged without values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Caller<User>(pub User);

impl_deref!(Caller);

/// Extractor of the claims of a token that API Gateway has validated: the JWT authorizer of an HTTP API, or the Cognito authorizer of
/// a REST API.
///
/// Both send claims as strings, which are converted back: `"7"` to a number, `"true"` to a `bool`, `"[a b]"` (HTTP APIs) and `"a,b"`
/// (REST APIs) to a list. List elements that contain such separators cannot be distinguished.
///
/// ```
/// use lrt_http::JwtClaims;
///
/// #[derive(serde::Deserialize)]
/// struct Claims {
///     sub: String,
///     #[serde(rename = "cognito:groups", default)]
///     groups: Vec<String>,
/// }
///
/// async fn whoami(JwtClaims(claims): JwtClaims<Claims>) -> String {
///     format!("{} of {}", claims.sub, claims.groups.join(" and "))
/// }
/// ```
///
/// A request without claims is answered with 401; `Option<JwtClaims<T>>` is `None` then. Claims that are not a `T` are a 500, and the
/// error is logged without values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct JwtClaims<T>(pub T);

impl_deref!(JwtClaims);

/// Extractor of the identity of a caller that signed the request: functions behind an HTTP API, a REST API, a WebSocket API or a
/// function URL with IAM authorization.
///
/// ```
/// use lrt_http::Iam;
///
/// async fn whoami(iam: Iam) -> String {
///     iam.user_arn
/// }
/// ```
///
/// A request without a signature is answered with 401; `Option<Iam>` is `None` then.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Iam {
    /// ARN of the user or role.
    pub user_arn: String,
    /// Account of the caller.
    pub account_id: Option<String>,
    /// Id of the access key.
    pub access_key: Option<String>,
    /// Unique id of the user, or of the role and its session.
    #[serde(alias = "user")]
    pub user_id: Option<String>,
    /// Id of the caller, usually the same as the user's.
    #[serde(alias = "caller")]
    pub caller_id: Option<String>,
    /// Organization of the account.
    pub principal_org_id: Option<String>,
    /// Identity of an identity pool of Cognito, if the credentials are those of one.
    #[serde(default)]
    pub cognito_identity: Option<CognitoIdentity>,
}

/// Identity of a Cognito identity pool.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CognitoIdentity {
    /// Id of the identity.
    pub identity_id: Option<String>,
    /// Id of the identity pool.
    pub identity_pool_id: Option<String>,
    /// How the identity was authenticated.
    #[serde(default)]
    pub amr: Vec<String>,
}

/// Returns the JSON of a member of the request context, `authorizer` or `identity`. The others are not decoded.
fn member<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    find_field(std::str::from_utf8(event.context()).ok()?, name)
}

/// Decodes an object. `None` if the JSON is another value.
fn object(json: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(json).ok()
}

/// Returns the context that a Lambda authorizer returned.
///
/// Payload format 2.0 has it in `lambda`. In format 1.0, it is mixed with the members that API Gateway adds; `claims` and `scopes`
/// belong to other authorizers, and are null without one.
fn user(event: &Event) -> Option<Value> {
    let authorizer = member(event, "authorizer")?;
    match find_field(authorizer, "lambda") {
        Some("null") => Some(Value::Object(Map::new())),
        Some(user) if is_object(user) => object(user).map(Value::Object),
        // A value that a Lambda authorizer returned under this name is a string.
        _ if ["jwt", "iam"].iter().any(|name| find_field(authorizer, name).is_some_and(is_object)) => None,
        _ => {
            let authorizer = object(authorizer)?;
            let is_other = |name: &String| name == "claims" || name == "scopes";
            authorizer.keys().any(|name| !is_other(name)).then_some(Value::Object(authorizer))
        }
    }
}

fn is_object(json: &str) -> bool {
    json.starts_with('{')
}

/// Returns the claims of a token.
fn claims(event: &Event) -> Option<Value> {
    let authorizer = member(event, "authorizer")?;
    let parent = find_field(authorizer, "jwt").unwrap_or(authorizer);
    find_field(parent, "claims").and_then(object).map(Value::Object)
}

/// Returns the identity of a caller that signed the request. Payload format 2.0 has it in `iam`, format 1.0 in `identity`, where all
/// members are null for other requests.
fn identity(event: &Event) -> Option<Value> {
    let iam = member(event, "authorizer").and_then(|authorizer| find_field(authorizer, "iam"));
    let mut identity = match iam.and_then(object) {
        Some(iam) => iam,
        None => object(member(event, "identity")?)?,
    };
    if identity.get("userArn").is_none_or(Value::is_null) {
        return None;
    }
    if identity.get("cognitoIdentityId").is_some_and(Value::is_string) {
        let mut cognito = Map::new();
        for (name, member) in [("identityId", "cognitoIdentityId"), ("identityPoolId", "cognitoIdentityPoolId")] {
            cognito.insert(name.to_owned(), identity.remove(member).unwrap_or_default());
        }
        identity.insert("cognitoIdentity".to_owned(), cognito.into());
    }
    Some(identity.into())
}

/// Deserializes the result of an authorizer, if there is one.
fn extract<T: DeserializeOwned>(
    parts: &Parts,
    find: fn(&Event) -> Option<Value>,
    skipped: &[&str],
) -> Result<Option<T>, AuthorizerRejection> {
    let Ok(event) = event(parts) else { return Ok(None) };
    let Some(value) = find(event) else { return Ok(None) };
    T::deserialize(ContextValue::new(&value, skipped)).map(Some).map_err(AuthorizerRejection::Invalid)
}

macro_rules! extractors {
    ($([$($T:ident)?] $Extractor:ty: |$parts:ident| $extract:expr;)*) => {$(
        impl<S: Sync, $($T: DeserializeOwned)?> FromRequestParts<S> for $Extractor {
            type Rejection = AuthorizerRejection;

            async fn from_request_parts($parts: &mut Parts, _: &S) -> Result<Self, AuthorizerRejection> {
                $extract?.ok_or(AuthorizerRejection::Missing)
            }
        }

        impl<S: Sync, $($T: DeserializeOwned)?> OptionalFromRequestParts<S> for $Extractor {
            type Rejection = AuthorizerRejection;

            async fn from_request_parts($parts: &mut Parts, _: &S) -> Result<Option<Self>, AuthorizerRejection> {
                $extract
            }
        }
    )*};
}

extractors! {
    [User] Caller<User>: |parts| extract(parts, user, &RESERVED).map(|user| user.map(Caller));
    [T] JwtClaims<T>: |parts| extract(parts, claims, &[]).map(|claims| claims.map(JwtClaims));
    [] Iam: |parts| extract(parts, identity, &[]);
}
