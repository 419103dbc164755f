//! Replies of authorizers, and the evaluation of their policies.

use super::Origin;
use super::claims::scalars_to_strings;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny};
use serde_json::{Map, Value, json};

/// The decision of an authorizer, as API Gateway understands it.
///
/// ```
/// use lrt::authorizer::{Allow, AuthRequest, Deny};
/// use lrt::testing::events;
/// use serde_json::json;
///
/// async fn auth(request: AuthRequest) -> Result<Allow<serde_json::Value>, Deny> {
///     match request.bearer_token() {
///         Some("abc") => Ok(Allow::new(json!({"id": 7})).principal_id("user-7").only("GET", "/orders/*")),
///         _ => Err(Deny::unauthorized()),
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let harness = lrt::authorizer(auth).harness();
/// let event = events::rest_api().get("/orders/7").header("Authorization", "Bearer abc").for_authorizer();
/// let decision = harness.invoke(event).await.authorization();
/// assert_eq!((decision.status(), decision.principal_id()), (200, Some("user-7")));
/// assert_eq!(decision.context(), &json!({"id": "7"}));
/// assert!(decision.allows("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/GET/orders/8"));
/// assert!(!decision.allows("arn:aws:execute-api:us-east-1:123456789012:a1b2c3d4e5/prod/DELETE/orders/7"));
///
/// let decision = harness.invoke(events::rest_api().get("/orders/7").for_authorizer()).await.authorization();
/// assert_eq!(decision.status(), 401);
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Authorization {
    verdict: Verdict,
    principal_id: Option<String>,
    context: Value,
}

#[derive(Clone, Debug)]
enum Verdict {
    Simple(bool),
    Policy(Vec<Statement>),
    /// A function error with the message `Unauthorized`.
    Unauthorized,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    #[serde(deserialize_with = "one_or_more")]
    action: Vec<String>,
    effect: Effect,
    #[serde(deserialize_with = "one_or_more")]
    resource: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Output {
    is_authorized: Option<bool>,
    principal_id: Option<String>,
    policy_document: Option<Policy>,
    context: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(deserialize_with = "one_or_more")]
    statement: Vec<Statement>,
    #[serde(rename = "Version")]
    _version: IgnoredAny,
}

/// A policy may contain a single value instead of a list.
fn one_or_more<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore<T> {
        More(Vec<T>),
        One(T),
    }
    OneOrMore::deserialize(deserializer).map(|values| match values {
        OneOrMore::More(values) => values,
        OneOrMore::One(value) => vec![value],
    })
}

impl Authorization {
    /// Parses the reply of an authorizer.
    ///
    /// # Errors
    ///
    /// Returns an error if API Gateway would not understand the reply, and answer with 500.
    pub fn read(reply: &[u8]) -> Result<Authorization, String> {
        let output: Output = serde_json::from_slice(reply).map_err(|error| error.to_string())?;
        let Output { is_authorized, principal_id, policy_document, context } = output;
        let verdict = match (is_authorized, policy_document) {
            (Some(is_authorized), _) => Verdict::Simple(is_authorized),
            (None, Some(_)) if principal_id.is_none() => return Err("missing `principalId`".to_owned()),
            (None, Some(policy)) => Verdict::Policy(policy.statement),
            (None, None) => return Err("neither `isAuthorized` nor `policyDocument`".to_owned()),
        };
        Ok(Authorization { verdict, principal_id, context: context.unwrap_or_default().into() })
    }

    /// Returns the decision of an authorizer that failed with this message, if it is one.
    pub fn of_error(message: &str) -> Option<Authorization> {
        let is_decision = message == "Unauthorized";
        is_decision.then(|| Authorization {
            verdict: Verdict::Unauthorized,
            principal_id: None,
            context: Map::new().into(),
        })
    }

    /// Returns the status that the client receives: 200 if the decision allows any route, 403 or 401.
    pub fn status(&self) -> u16 {
        let is_allowed = match &self.verdict {
            Verdict::Unauthorized => return 401,
            Verdict::Simple(is_authorized) => *is_authorized,
            Verdict::Policy(statements) => statements.iter().any(|statement| statement.effect == Effect::Allow),
        };
        if is_allowed { 200 } else { 403 }
    }

    /// Returns true if the decision allows requests for the method or route with this ARN.
    pub fn allows(&self, arn: &str) -> bool {
        match &self.verdict {
            Verdict::Unauthorized => false,
            Verdict::Simple(is_authorized) => *is_authorized,
            Verdict::Policy(statements) => {
                let mut matching = statements.iter().filter(|statement| statement.matches(arn)).peekable();
                matching.peek().is_some() && matching.all(|statement| statement.effect == Effect::Allow)
            }
        }
    }

    /// Returns true if the decision explicitly denies requests for the method or route with this ARN.
    pub fn denies(&self, arn: &str) -> bool {
        let is_denied = |statement: &Statement| statement.effect == Effect::Deny && statement.matches(arn);
        matches!(&self.verdict, Verdict::Policy(statements) if statements.iter().any(is_denied))
    }

    /// Returns the `principalId` of a policy.
    pub fn principal_id(&self) -> Option<&str> {
        self.principal_id.as_deref()
    }

    /// Returns the context that the functions behind the authorizer receive, an object.
    pub fn context(&self) -> &Value {
        &self.context
    }
}

/// Returns `requestContext.authorizer` of the function behind the authorizer.
pub fn authorizer_of_decision(origin: Origin, decision: &Authorization) -> Value {
    let context = decision.context();
    if origin == Origin::HttpApi {
        let is_empty = context.as_object().is_none_or(Map::is_empty);
        return json!({ "lambda": if is_empty { &Value::Null } else { context } });
    }
    let mut context = scalars_to_strings(context.clone());
    context["principalId"] = decision.principal_id().into();
    context["integrationLatency"] = 0.into();
    context
}

impl Statement {
    fn matches(&self, arn: &str) -> bool {
        let is_invoke = |action: &String| matches_pattern(&action.to_ascii_lowercase(), "execute-api:invoke");
        self.action.iter().any(is_invoke) && self.resource.iter().any(|resource| matches_pattern(resource, arn))
    }
}

/// Compares text with a pattern of IAM, in which `*` matches any text and `?` any character.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // The last `*`, and the position in the text after what it matches.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(expected) if *expected == '?' || *expected == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, end)) => {
                    star = Some((at, end + 1));
                    (p, t) = (at + 1, end + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_iam() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abcb", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*/GET/orders/*", "arn/prod/GET/orders/7/items", true),
            ("*/GET/orders/*", "arn/prod/POST/orders/7", false),
            ("a*b*c", "aXbXbYc", true),
            ("abc", "abcd", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn deny_takes_precedence_and_no_match_is_a_deny() {
        let statement = |effect: &str, resource: Value| json!({"Action": ["execute-api:*"], "Effect": effect, "Resource": resource});
        let statements = [statement("Allow", json!(["arn/GET/*", "arn/PUT/a"])), statement("Deny", json!("*/secret"))];
        let reply = json!({"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": statements}});
        let decision = Authorization::read(reply.to_string().as_bytes()).unwrap();
        let allows = ["arn/GET/x", "arn/PUT/a", "arn/PUT/b", "arn/GET/secret"].map(|arn| decision.allows(arn));
        assert_eq!(allows, [true, true, false, false]);
        assert!(decision.denies("arn/GET/secret") && !decision.denies("arn/PUT/b"));
        assert_eq!(decision.status(), 200);
    }

    #[test]
    fn replies_that_api_gateway_does_not_understand_are_errors() {
        for (reply, error) in [
            (json!({}), "neither `isAuthorized` nor `policyDocument`"),
            (json!({"policyDocument": {"Version": "2012-10-17", "Statement": []}}), "missing `principalId`"),
            (json!({"isAuthorized": "yes"}), "invalid type: string \"yes\", expected a boolean"),
        ] {
            let message = Authorization::read(reply.to_string().as_bytes()).unwrap_err();
            assert!(message.starts_with(error), "{message}");
        }
    }
}
