//! `--claims`: the caller in the events of HTTP functions, as from an authorizer that is not a function: JWT claims, or an IAM
//! identity.

use lrt_testing::__private::{Origin, RequestContext, authorizer_of_claims};
use serde_json::{Value, json};
use std::ffi::OsStr;

/// The error for functions behind a service that does not check tokens.
pub(super) const UNSUPPORTED: &str =
    "--claims requires a function behind API Gateway (add --origin http_api or --origin rest_api)";

/// The member that distinguishes an IAM identity from claims.
const USER_ARN: &str = "userArn";

/// Returns true if events of this origin can contain these claims.
pub(super) fn is_supported(origin: Origin, claims: &Value) -> bool {
    let is_iam = claims.get(USER_ARN).is_some();
    (is_iam && origin == Origin::FunctionUrl) || authorizer_of_claims(origin, Value::Null).is_some()
}

/// Adds claims, or the identity of an IAM caller, to the context of a request, if the origin supports them.
pub(super) fn add(context: &mut RequestContext, origin: Origin, claims: &Value) {
    let Some(arn) = claims.get(USER_ARN) else {
        context.authorizer = authorizer_of_claims(origin, claims.clone());
        return;
    };
    let mut identity = json!({
        "accessKey": null,
        "accountId": arn.as_str().and_then(|arn| arn.split(':').nth(4)),
        "callerId": null,
        "cognitoIdentity": null,
        "principalOrgId": null,
        USER_ARN: null,
        "userId": null,
    });
    for (name, value) in claims.as_object().into_iter().flatten() {
        identity[name] = value.clone();
    }
    match origin {
        Origin::HttpApi | Origin::FunctionUrl => context.authorizer = Some(json!({ "iam": identity })),
        Origin::RestApi => {
            let member = |name: &str| identity.get(name).cloned().unwrap_or_default();
            context.identity = vec![
                ("accessKey", member("accessKey")),
                ("accountId", member("accountId")),
                ("caller", member("callerId")),
                ("principalOrgId", member("principalOrgId")),
                ("user", member("userId")),
                (USER_ARN, member(USER_ARN)),
            ];
        }
        Origin::Alb | Origin::Lattice | Origin::WebSocket => {}
    }
}

/// Reads the value of the option: a JSON object, or the name of a file that contains one.
pub(super) fn read(option: &OsStr) -> Result<Value, String> {
    let text = option.to_string_lossy();
    let (source, json) = match text.trim_start().starts_with(['{', '[', '"']) {
        true => ("--claims", text.into_owned()),
        false => {
            let file = text.strip_prefix('@').unwrap_or(&text);
            let json = std::fs::read_to_string(file);
            (
                file,
                json.map_err(|error| format!("cannot read the claims from {file}: {error} (expected JSON or a file)"))?,
            )
        }
    };
    match serde_json::from_str(&json) {
        Ok(claims @ Value::Object(_)) => Ok(claims),
        Ok(_) => Err(format!("invalid claims in {source}: expected a JSON object")),
        Err(error) => Err(format!("invalid claims in {source}: {error} (expected a JSON object)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_json_or_a_file() {
        let file = std::env::temp_dir().join(format!("lrt-claims-{}.json", std::process::id()));
        std::fs::write(&file, r#"{"sub":"eve"}"#).unwrap();
        assert_eq!(read(r#" {"sub":"ada"}"#.as_ref()), Ok(json!({ "sub": "ada" })));
        assert_eq!(read(file.as_os_str()), Ok(json!({ "sub": "eve" })));
        assert_eq!(read(format!("@{}", file.display()).as_ref()), Ok(json!({ "sub": "eve" })));
        std::fs::remove_file(&file).unwrap();
        for (option, error) in [
            ("[1]", "invalid claims in --claims: expected a JSON object"),
            (
                "{",
                "invalid claims in --claims: EOF while parsing an object at line 1 column 1 (expected a JSON object)",
            ),
            (
                "no/such/file",
                "cannot read the claims from no/such/file: No such file or directory (os error 2) (expected JSON or a file)",
            ),
        ] {
            assert_eq!(read(option.as_ref()), Err(error.to_owned()));
        }
    }

    #[test]
    fn api_gateway_supports_claims() {
        let supported = |kind, claims: Value| {
            Origin::of_kind(kind).iter().map(|origin| is_supported(*origin, &claims)).collect::<Vec<_>>()
        };
        assert_eq!(supported("http", json!({ "sub": "ada" })), [false, true, true, false, false]);
        assert_eq!(supported("http", json!({ "userArn": "a" })), [true, true, true, false, false]);
        assert_eq!(supported("websocket", json!({})), [false]);
    }

    #[test]
    fn iam_identity_has_the_form_of_its_service() {
        let claims = json!({ "userArn": "arn:aws:iam::123456789012:user/ada", "userId": "AIDA" });
        let event = |origin| {
            let mut context = RequestContext::example(origin);
            add(&mut context, origin, &claims);
            serde_json::to_value(context.event(lrt_testing::__private::Request::new("GET", "/"))).unwrap()
        };
        for (origin, pointer, id) in [
            (Origin::HttpApi, "/requestContext/authorizer/iam", "userId"),
            (Origin::FunctionUrl, "/requestContext/authorizer/iam", "userId"),
            (Origin::RestApi, "/requestContext/identity", "user"),
        ] {
            let event = event(origin);
            let identity = event.pointer(pointer).unwrap();
            let expected = json!(["arn:aws:iam::123456789012:user/ada", "123456789012", "AIDA"]);
            assert_eq!(json!([identity["userArn"], identity["accountId"], identity[id]]), expected);
        }
    }
}
