//! The decisions of an authorizer.

use std::error::Error;
use std::fmt;

/// The decision of an authorizer that the client may call the API.
///
/// `user` is the context that API Gateway passes on to the functions behind the authorizer, which extract it as a
/// [`Caller<User>`](crate::Caller): a struct or a map, or `()` for none. Each API carries it in its own encoding:
///
/// | Value | REST and WebSocket APIs, payload format 1.0 | HTTP APIs, payload format 2.0 |
/// |---|---|---|
/// | text | as it is | as it is |
/// | number, `bool` | a string, `"7"` | as it is |
/// | list, struct | a string that contains JSON | as it is |
/// | `None` | omitted | omitted |
///
/// `Caller` reverses the encoding. Templates and access logs of API Gateway see the encoded values
/// (`$context.authorizer.name`).
///
/// API Gateway may cache the decision, and apply it to requests for other routes. It therefore covers all routes of the stage,
/// unless [`only`](Allow::only) narrows it.
///
/// ```
/// use lrt_http::Allow;
///
/// #[derive(serde::Serialize)]
/// struct User {
///     id: u64,
/// }
///
/// let allow = Allow::new(User { id: 7 }).principal_id("user-7").only("GET", "/orders/*");
/// assert_eq!(allow.user().id, 7);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Allow<User> {
    user: User,
    pub(super) principal_id: Option<String>,
    pub(super) usage_key: Option<String>,
    /// Methods and paths; empty for the entire stage.
    pub(super) routes: Vec<(String, String)>,
}

impl<User> Allow<User> {
    /// Creates a decision for all routes of the stage.
    pub fn new(user: User) -> Allow<User> {
        Allow { user, principal_id: None, usage_key: None, routes: Vec::new() }
    }

    /// Sets the `principalId`, which identifies the user in the logs of REST and WebSocket APIs. The default is `user`.
    pub fn principal_id(self, id: impl Into<String>) -> Allow<User> {
        Allow { principal_id: Some(id.into()), ..self }
    }

    /// Sets the API key of a usage plan, for a REST API whose `ApiKeySourceType` is `AUTHORIZER`. HTTP APIs have no usage plans,
    /// and ignore it.
    pub fn usage_key(self, key: impl Into<String>) -> Allow<User> {
        Allow { usage_key: Some(key.into()), ..self }
    }

    /// Narrows the policy to this method and path, in addition to those of earlier calls. `*` matches any text in both.
    ///
    /// The policy of an HTTP API with payload format 2.0 can be narrowed only if its authorizer expects policies, and that of a
    /// WebSocket API never, since API Gateway calls its authorizer only when a client connects.
    pub fn only(mut self, method: impl Into<String>, path: impl Into<String>) -> Allow<User> {
        self.routes.push((method.into(), path.into()));
        self
    }

    /// Returns the user.
    pub fn user(&self) -> &User {
        &self.user
    }
}

/// The decision of an authorizer that the client may not call the API: the client receives a 403.
///
/// [`Deny::unauthorized`] is a 401. Every other error of an authorizer is logged, and the client receives a 500. `Deny` is an error,
/// so that `?` converts it into an `lrt::Error`, which keeps its meaning.
///
/// ```
/// use lrt_http::Deny;
///
/// fn check(token: Option<&str>) -> Result<(), Deny> {
///     match token {
///         None => Err(Deny::unauthorized()),
///         Some("expired") => Err(Deny::forbidden()),
///         Some(_) => Ok(()),
///     }
/// }
///
/// assert!(check(None).unwrap_err().is_unauthorized());
/// assert_eq!(check(Some("expired")), Err(Deny));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deny {
    is_unauthorized: bool,
}

/// [`Deny::forbidden`] as a constant, so that a function can return `Err(Deny)`.
#[allow(non_upper_case_globals)]
pub const Deny: Deny = Deny::forbidden();

impl Deny {
    /// The client is known, but not allowed to call the API: 403. API Gateway may cache this decision.
    pub const fn forbidden() -> Deny {
        Deny { is_unauthorized: false }
    }

    /// The request has no valid credentials: 401. API Gateway never caches this decision.
    pub const fn unauthorized() -> Deny {
        Deny { is_unauthorized: true }
    }

    /// Returns true for [`Deny::unauthorized`].
    pub fn is_unauthorized(&self) -> bool {
        self.is_unauthorized
    }
}

/// `Unauthorized` must not change: API Gateway recognizes the 401 by this message.
impl fmt::Display for Deny {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_unauthorized { "Unauthorized" } else { "Forbidden" })
    }
}

impl Error for Deny {}
