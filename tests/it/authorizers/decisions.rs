//! Decisions in the form of each API.

use super::*;
use lrt::authorizer::{Allow, AuthRequest, Deny};
use lrt::testing::TestContext;
use lrt::{Context, Error};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Removes the white space of JSON outside of strings.
fn compact(json: &str) -> String {
    let (mut is_text, mut is_escaped) = (false, false);
    json.chars()
        .filter(|letter| {
            let keep = is_text || !letter.is_whitespace();
            is_text ^= *letter == '"' && !is_escaped;
            is_escaped = *letter == '\\' && !is_escaped;
            keep
        })
        .collect()
}

/// [Output of an authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html),
/// with the placeholders of its example.
#[tokio::test]
async fn policy_of_the_documentation_is_written_byte_for_byte() {
    const DOCUMENTED: &str = r#"{
  "principalId": "yyyyyyyy",
  "policyDocument": {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:{regionId}:{accountId}:{apiId}/{stage}/{httpVerb}/[{resource}/[{child-resources}]]"
      }
    ]
  },
  "context": {
    "stringKey": "value",
    "numberKey": "1",
    "booleanKey": "true"
  },
  "usageIdentifierKey": "{api-key}"
}"#;
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Example {
        string_key: &'static str,
        number_key: u8,
        boolean_key: bool,
    }
    async fn auth(_: AuthRequest) -> Result<Allow<Example>, Deny> {
        let user = Example { string_key: "value", number_key: 1, boolean_key: true };
        let allow = Allow::new(user).principal_id("yyyyyyyy").usage_key("{api-key}");
        Ok(allow.only("{httpVerb}", "/[{resource}/[{child-resources}]]"))
    }
    let arn = "arn:aws:execute-api:{regionId}:{accountId}:{apiId}/{stage}/{httpVerb}/[{resource}/[{child-resources}]]";
    let event = rest_api().for_authorizer().set("/methodArn", arn);
    assert_eq!(text(&lrt::authorizer(auth).harness().invoke(event).await), compact(DOCUMENTED));
}

/// The user in the documentation of HTTP APIs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AllTypes {
    string_key: &'static str,
    number_key: u8,
    boolean_key: bool,
    array_key: [&'static str; 2],
    map_key: BTreeMap<&'static str, &'static str>,
}

fn all_types() -> AllTypes {
    AllTypes {
        string_key: "value",
        number_key: 1,
        boolean_key: true,
        array_key: ["value1", "value2"],
        map_key: BTreeMap::from([("value1", "value2")]),
    }
}

/// [Responses of an HTTP API's authorizer](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html)
#[tokio::test]
async fn simple_response_of_the_documentation_is_written_byte_for_byte() {
    const DOCUMENTED: &str = r#"{
  "isAuthorized": true,
  "context": {
    "stringKey": "value",
    "numberKey": 1,
    "booleanKey": true,
    "arrayKey": ["value1", "value2"],
    "mapKey": {"value1": "value2"}
  }
}"#;
    async fn auth(_: AuthRequest) -> Result<Allow<AllTypes>, Deny> {
        Ok(Allow::new(all_types()))
    }
    let outcome = lrt::authorizer(auth).harness().invoke(http_api().for_authorizer()).await;
    assert_eq!(text(&outcome), compact(DOCUMENTED));
}

/// The policies of an HTTP API's authorizer in the documentation, in the section about both payload formats and in the example
/// functions. The types of values survive only in format 2.0.
#[tokio::test]
async fn policies_of_the_documentation_of_http_apis_are_written_byte_for_byte() {
    const BOTH_FORMATS: &str = r#"{
  "principalId": "abcdef",
  "policyDocument": {
    "Version": "2012-10-17",
    "Statement": [
      {
        "Action": "execute-api:Invoke",
        "Effect": "Allow",
        "Resource": "arn:aws:execute-api:{regionId}:{accountId}:{apiId}/{stage}/{httpVerb}/[{resource}/[{child-resources}]]"
      }
    ]
  },
  "context": {
    "exampleKey": "exampleValue"
  }
}"#;
    const FORMAT_2: &str = r#"{
      "principalId": "abcdef",
      "policyDocument": {
        "Version": "2012-10-17",
        "Statement": [{
          "Action": "execute-api:Invoke",
          "Effect": "Allow",
          "Resource": "arn:aws:execute-api:us-east-1:123456789012:abcdef123/test/GET/request"
        }]
      },
      "context": {
        "stringKey": "value",
        "numberKey": 1,
        "booleanKey": true,
        "arrayKey": ["value1", "value2"],
        "mapKey": { "value1": "value2" }
      }
    }"#;
    /// Allows only the route of the request.
    fn allow<User>(request: &AuthRequest, user: User) -> Allow<User> {
        let mut route = request.arn().splitn(4, '/').skip(2);
        let (method, path) = (route.next().unwrap_or_default(), route.next().unwrap_or_default());
        Allow::new(user).principal_id("abcdef").only(method, path)
    }
    async fn both(request: AuthRequest) -> Result<Allow<BTreeMap<&'static str, &'static str>>, Deny> {
        Ok(allow(&request, BTreeMap::from([("exampleKey", "exampleValue")])))
    }
    async fn typed(request: AuthRequest) -> Result<Allow<AllTypes>, Deny> {
        Ok(allow(&request, all_types()))
    }
    let harness = lrt::authorizer(both).iam_policy().harness();
    let arn = "arn:aws:execute-api:{regionId}:{accountId}:{apiId}/{stage}/{httpVerb}/[{resource}/[{child-resources}]]";
    for event in [
        bytes(http_api().payload_format_1().for_authorizer().set("/methodArn", arn)),
        bytes(http_api().for_authorizer().set("/routeArn", arn)),
    ] {
        assert_eq!(text(&harness.invoke(event).await), compact(BOTH_FORMATS));
    }
    let event = events::http_api().get("/request").stage("test").api_id("abcdef123").for_authorizer();
    assert_eq!(text(&lrt::authorizer(typed).iam_policy().harness().invoke(event).await), compact(FORMAT_2));
}

/// Decides by the token.
async fn decide(request: AuthRequest, _: Context) -> Result<Allow<User>, Error> {
    match request.token() {
        Some("allow") => Ok(Allow::new(ada())),
        Some("narrow") => Ok(Allow::new(ada()).only("GET", "/orders/*").only("*", "carts")),
        Some("key") => Ok(Allow::new(User::default()).principal_id("p\"1").usage_key("k-1")),
        Some("deny") => Err(Deny.into()),
        Some("unauthorized") => Err(Deny::unauthorized().into()),
        Some("panic") => panic!("the key set is empty"),
        Some("slow") => {
            tokio::time::sleep(Duration::from_secs(3600)).await;
            Err(Deny.into())
        }
        _ => Err(Error::named("NoKeys", "no key set")),
    }
}

const STRINGS: &str = concat!(
    r#","context":{"id":"7","name":"Ada \"é\"","admin":"true","groups":"[\"a, b\",\"7\"]","#,
    r#""plan":"{\"seats\":3}","role":"Reader"}"#
);
const JSON: &str =
    r#","context":{"id":7,"name":"Ada \"é\"","admin":true,"groups":["a, b","7"],"plan":{"seats":3},"role":"Reader"}"#;

fn policy(principal: &str, effect: &str, resource: &str) -> String {
    format!(
        r#"{{"principalId":"{principal}","policyDocument":{{"Version":"2012-10-17","Statement":[{{"Action":"execute-api:Invoke","Effect":"{effect}","Resource":{resource}}}]}}"#
    )
}

#[tokio::test]
async fn each_form_has_its_own_allow_and_deny() {
    let (simple, policies) = (lrt::authorizer(decide).harness(), lrt::authorizer(decide).iam_policy().harness());
    let rest = |token: &str| bytes(rest_api().header("Authorization", token).for_authorizer());
    let token = |token: &str| bytes(rest_api().header("Authorization", token).for_token_authorizer());
    let v1 = |token: &str| bytes(http_api().payload_format_1().header("Authorization", token).for_authorizer());
    let v2 = |token: &str| bytes(http_api().header("Authorization", token).for_authorizer());
    let socket = |token: &str| bytes(websocket().header("Authorization", token).for_authorizer());
    let (prod, default) = (format!("\"{ARN}/prod/*\""), format!("\"{ARN}/$default/*\""));
    let empty = r#","context":{"id":"0","name":"","admin":"false","groups":"[]","role":"Reader"}"#;
    let empty_json = r#","context":{"id":0,"name":"","admin":false,"groups":[],"role":"Reader"}"#;
    let narrow = |stage: &str| format!(r#"["{ARN}/{stage}/GET/orders/*","{ARN}/{stage}/*/carts"]"#);
    for (harness, event, expected) in [
        (&simple, token("allow"), policy("user", "Allow", &prod) + STRINGS + "}"),
        (&simple, rest("allow"), policy("user", "Allow", &prod) + STRINGS + "}"),
        (&simple, socket("allow"), policy("user", "Allow", &prod) + STRINGS + "}"),
        (&simple, v1("allow"), policy("user", "Allow", &default) + STRINGS + "}"),
        (&simple, v2("allow"), r#"{"isAuthorized":true"#.to_owned() + JSON + "}"),
        (&policies, v2("allow"), policy("user", "Allow", &default) + JSON + "}"),
        (&simple, rest("narrow"), policy("user", "Allow", &narrow("prod")) + STRINGS + "}"),
        (&simple, token("narrow"), policy("user", "Allow", &narrow("prod")) + STRINGS + "}"),
        (&simple, v1("narrow"), policy("user", "Allow", &narrow("$default")) + STRINGS + "}"),
        (&policies, v2("narrow"), policy("user", "Allow", &narrow("$default")) + JSON + "}"),
        (&simple, rest("key"), policy(r#"p\"1"#, "Allow", &prod) + empty + r#","usageIdentifierKey":"k-1"}"#),
        (&simple, token("key"), policy(r#"p\"1"#, "Allow", &prod) + empty + r#","usageIdentifierKey":"k-1"}"#),
        (&simple, socket("key"), policy(r#"p\"1"#, "Allow", &prod) + empty + r#","usageIdentifierKey":"k-1"}"#),
        // HTTP APIs have no usage plans, and a simple response has no principal.
        (&simple, v1("key"), policy(r#"p\"1"#, "Allow", &default) + empty + "}"),
        (&simple, v2("key"), r#"{"isAuthorized":true"#.to_owned() + empty_json + "}"),
        (&policies, v2("key"), policy(r#"p\"1"#, "Allow", &default) + empty_json + "}"),
        (&simple, token("deny"), policy("user", "Deny", &prod) + "}"),
        (&simple, rest("deny"), policy("user", "Deny", &prod) + "}"),
        (&simple, socket("deny"), policy("user", "Deny", &prod) + "}"),
        (&simple, v1("deny"), policy("user", "Deny", &default) + "}"),
        (&simple, v2("deny"), r#"{"isAuthorized":false}"#.to_owned()),
        (&policies, v2("deny"), policy("user", "Deny", &default) + "}"),
    ] {
        let outcome = harness.invoke(event).await;
        assert_eq!(text(&outcome), expected);
        let is_allowed = !expected.contains("Deny") && !expected.contains("false}");
        assert_eq!(outcome.authorization().status(), if is_allowed { 200 } else { 403 });
    }
    for event in
        [token("unauthorized"), rest("unauthorized"), v1("unauthorized"), v2("unauthorized"), socket("unauthorized")]
    {
        for harness in [&simple, &policies] {
            let outcome = harness.invoke(event.clone()).await;
            assert_eq!(text(&outcome), r#"{"errorType":"Unauthorized","errorMessage":"Unauthorized","stackTrace":[]}"#);
            assert_eq!(outcome.authorization().status(), 401);
            assert!(outcome.logs().is_empty(), "{:?}", outcome.logs());
        }
    }
    for (event, reason) in [
        (v2("narrow"), "a simple response covers all routes (write `iam_policy` to answer with a policy)"),
        (socket("narrow"), "a WebSocket API calls its authorizer only when a client connects"),
    ] {
        let outcome = simple.invoke(event).await;
        let message = format!("cannot narrow the decision of the authorizer: {reason}");
        assert_eq!(outcome.error().unwrap().message(), message);
    }
}

/// Returns the request in the event of each form, with the name of the form.
fn forms(token: &str) -> [(&'static str, Vec<u8>); 5] {
    let (rest, http) = (rest_api().header("Authorization", token), http_api().header("Authorization", token));
    [
        ("TOKEN", bytes(rest.clone().for_token_authorizer())),
        ("REQUEST", bytes(rest.for_authorizer())),
        ("format 1.0", bytes(http.clone().payload_format_1().for_authorizer())),
        ("format 2.0", bytes(http.for_authorizer())),
        ("WebSocket", bytes(websocket().header("Authorization", token).for_authorizer())),
    ]
}

/// The client of every API receives a 500 for a function error whose message is not `Unauthorized`.
#[tokio::test(start_paused = true)]
async fn other_errors_are_logged_and_fail_the_invocation_in_each_form() {
    let context = || TestContext::new().deadline_in(Duration::from_secs(5));
    let simple = lrt::authorizer(decide).harness().context(context());
    let policies = lrt::authorizer(decide).iam_policy().harness().context(context());
    for (token, error_type, message) in [
        ("x", "NoKeys", "no key set"),
        ("panic", "Function.Panic", "the key set is empty"),
        ("slow", "Function.Timeout", "function stopped: still running 100 ms before its deadline"),
    ] {
        for harness in [&simple, &policies] {
            for (form, event) in forms(token) {
                let outcome = harness.invoke(event).await;
                let error = outcome.error().unwrap();
                assert_eq!(error.error_type(), error_type, "{form}");
                assert!(error.message().contains(message), "{form}: {error}");
                let [line] = outcome.logs() else { panic!("{form}: {:?}", outcome.logs()) };
                assert!(line.contains(message), "{form}: {line}");
            }
        }
    }
}

#[tokio::test]
async fn decisions_over_the_limits_are_errors_with_the_size() {
    async fn auth(request: AuthRequest) -> Result<Allow<BTreeMap<String, String>>, Deny> {
        let (part, count) = request.token().and_then(|token| token.split_once(' ')).unwrap_or_default();
        let count: usize = count.parse().map_err(|_| Deny)?;
        let members = |count| (0..count).map(|n| (format!("member{n}"), "x".repeat(70))).collect();
        Ok(match part {
            "routes" => {
                (0..count).fold(Allow::new(BTreeMap::new()), |allow, n| allow.only("GET", format!("/orders/{n}")))
            }
            "path" => Allow::new(BTreeMap::new()).only("GET", "x".repeat(count)),
            _ => Allow::new(members(count)),
        })
    }
    let (simple, policies) = (lrt::authorizer(auth).harness(), lrt::authorizer(auth).iam_policy().harness());
    let too_large =
        |size: u32| format!("the policy of the authorizer is too large: {size} bytes for 110 routes (limit: 8192)");
    let too_long = |length: u32| {
        format!("a resource in the policy of the authorizer is too long: {length} characters (limit: 512)")
    };
    for (token, error) in [
        ("routes 80", None),
        ("path 440", None),
        ("members 90", None),
        // The stage of a REST API is `prod`, that of an HTTP API `$default`.
        ("routes 110", Some([too_large(8350), too_large(8790)])),
        ("path 450", Some([too_long(513), too_long(517)])),
        (
            "members 100",
            Some([(); 2].map(|()| "the user of the authorizer is too large: 8391 bytes (limit: 8192)".into())),
        ),
    ] {
        for (form, event) in forms(token) {
            let expected = match (form, token.split(' ').next()) {
                ("WebSocket", Some("routes" | "path")) => continue,
                ("format 1.0" | "format 2.0", _) => error.as_ref().map(|[_, http]| http),
                _ => error.as_ref().map(|[rest, _]| rest),
            };
            let outcome = policies.invoke(event).await;
            assert_eq!(outcome.error().map(|error| error.message()), expected.map(|error| &**error), "{form}: {token}");
        }
    }
    for (token, error) in [
        ("members 90", None),
        ("members 100", Some("the user of the authorizer is too large: 8391 bytes (limit: 8192)")),
    ] {
        let event = http_api().header("Authorization", token).for_authorizer();
        assert_eq!(simple.invoke(event).await.error().map(|error| error.message()), error, "simple: {token}");
    }
}

#[tokio::test]
async fn users_that_are_not_objects_or_have_reserved_members_are_errors() {
    async fn auth(request: AuthRequest) -> Result<Allow<Value>, Deny> {
        let token = request.token().unwrap_or_default();
        Ok(Allow::new(serde_json::from_str(token).map_err(|_| Deny)?))
    }
    let harness = lrt::authorizer(auth).harness();
    for (user, error) in [
        ("null", None),
        ("{}", None),
        (r#"{"a":null}"#, None),
        ("[1]", Some("the user of an authorizer is not an object: `Allow<User>` takes a struct, a map or `()`")),
        ("7", Some("the user of an authorizer is not an object: `Allow<User>` takes a struct, a map or `()`")),
        (
            r#"{"principalId":"x"}"#,
            Some("the user of an authorizer has a member `principalId`, which API Gateway sets itself"),
        ),
    ] {
        let outcome = harness.invoke(http_api().header("Authorization", user).for_authorizer()).await;
        match error {
            None => assert_eq!(text(&outcome), r#"{"isAuthorized":true}"#, "{user}"),
            Some(error) => assert_eq!(outcome.error().unwrap().message(), error),
        }
    }
}

#[tokio::test]
async fn invalid_options_are_errors_of_the_cold_start() {
    async fn auth(_: AuthRequest) -> Result<Allow<()>, Deny> {
        Err(Deny)
    }
    let none: [&str; 0] = [];
    let minute = Duration::from_secs(60);
    for (builder, error) in [
        (
            lrt::authorizer(auth).identity_sources(["header.Authorization", "token"]),
            "invalid identity source `token` (expected header.NAME, query.NAME, stage.NAME or context.NAME)",
        ),
        (lrt::authorizer(auth).cache(61 * minute), "invalid cache of an authorizer: 3660s (expected at most an hour)"),
        (
            lrt::authorizer(auth).identity_sources(none).cache(minute),
            "decisions can be cached only by identity sources, and the authorizer has none",
        ),
    ] {
        let outcome = builder.harness().invoke(rest_api().for_authorizer()).await;
        assert_eq!(outcome.error().unwrap().message(), error);
    }
    let valid = lrt::authorizer(auth).identity_sources(["query.token", "context.routeKey"]).cache(60 * minute);
    assert_eq!(valid.harness().invoke(rest_api().for_authorizer()).await.authorization().status(), 403);
}

mod attribute {
    use super::*;
    use lrt::prelude::*;
    use lrt::testing::Harness;

    struct Keys(&'static str);

    type Decision = Result<Allow<User>, Deny>;

    #[handler(authorizer, init = keys, identity_sources = ["header.Authorization"], cache = Duration::from_secs(60), iam_policy)]
    async fn auth(request: AuthRequest, ctx: Context, keys: &Keys) -> Decision {
        assert_eq!(ctx.function_name(), "auth");
        if request.bearer_token() == Some(keys.0) { Ok(Allow::new(ada())) } else { Err(Deny::unauthorized()) }
    }

    async fn keys() -> Keys {
        Keys("abc")
    }

    #[handler(authorizer)]
    async fn open() -> Allow<()> {
        Allow::new(())
    }

    #[tokio::test]
    async fn attribute_has_the_options_of_the_builder() {
        let event = |token: &str| http_api().header("Authorization", token).for_authorizer();
        let decision = Harness::<auth>::new().invoke(event("Bearer abc")).await.authorization();
        assert!(decision.allows(&format!("{ARN}/$default/DELETE/orders/8")));
        assert_eq!((decision.principal_id(), &decision.context()["id"]), (Some("user"), &json!(7)));
        let decision = Harness::<auth>::with_state(Keys("x")).invoke(event("Bearer abc")).await.authorization();
        assert_eq!(decision.status(), 401);
        assert_eq!(Harness::<open>::new().invoke(event("")).await.authorization().status(), 200);
    }
}
