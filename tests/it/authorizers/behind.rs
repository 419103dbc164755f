//! Functions behind an authorizer: the extractors of its result.

use super::*;
use lrt::http::rejection::AuthorizerRejection;
use lrt::prelude::*;
use lrt::testing::Harness;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[handler(authorizer)]
async fn auth(request: AuthRequest) -> Result<Allow<User>, Deny> {
    request.token().map(|_| Allow::new(ada())).ok_or(Deny::unauthorized())
}

#[handler(api_gateway, authorizer = auth)]
async fn whoami(Caller(user): Caller<User>) -> Json<User> {
    Json(user)
}

#[handler(websocket, authorizer = auth)]
async fn socket(user: Result<Caller<User>, AuthorizerRejection>) -> Result<Json<User>, AuthorizerRejection> {
    user.map(|Caller(user)| Json(user))
}

/// The user that an authorizer returned arrives in a function of the API, whatever the form.
#[tokio::test]
async fn caller_is_the_user_of_the_authorizer_in_each_form() {
    let (auth, whoami) = (Harness::<auth>::new(), Harness::<whoami>::new());
    let context = async |event: Vec<u8>| auth.invoke(event).await.authorization().context().clone();
    let rest = context(bytes(rest_api().header("Authorization", "a").for_token_authorizer())).await;
    assert_eq!(rest["plan"], r#"{"seats":3}"#);
    assert_eq!(whoami.invoke(rest_api().authorizer(rest.clone())).await.http().json::<User>(), ada());
    assert_eq!(
        Harness::<socket>::new().invoke(websocket().authorizer(rest.clone())).await.http().json::<User>(),
        ada()
    );
    let http = context(bytes(http_api().header("Authorization", "a").for_authorizer())).await;
    assert_eq!(http["plan"], json!({"seats": 3}));
    assert_eq!(whoami.invoke(http_api().authorizer(http.clone())).await.http().json::<User>(), ada());
    assert_eq!(whoami.invoke(http_api().payload_format_1().authorizer(http)).await.http().json::<User>(), ada());
    // An authorizer with payload format 1.0, in front of a function with 2.0.
    assert_eq!(whoami.invoke(http_api().authorizer(rest)).await.http().json::<User>(), ada());
}

#[tokio::test]
async fn request_without_an_authorizer_is_a_401() {
    let whoami = Harness::<whoami>::new();
    for event in [
        bytes(rest_api()),
        bytes(http_api()),
        bytes(http_api().jwt_claims(json!({"sub": "ada"}))),
        bytes(rest_api().jwt_claims(json!({"sub": "ada"}))),
        bytes(http_api().iam("arn:aws:iam::123456789012:user/ada")),
        bytes(http_api().payload_format_1().set("/requestContext/authorizer", json!({"claims": null, "scopes": null}))),
    ] {
        let outcome = whoami.invoke(event).await;
        let response = outcome.http();
        assert_eq!(response.status(), 401);
        assert_eq!(response.json::<Value>()["detail"], "the request is not authorized");
        assert!(outcome.logs().is_empty());
    }
}

#[tokio::test]
async fn result_of_another_type_is_a_500_without_values_in_the_log() {
    let outcome = Harness::<whoami>::new().invoke(rest_api().authorizer(json!({"id": "secret"}))).await;
    assert_eq!(outcome.http().status(), 500);
    let log = outcome.logs().join("\n");
    assert!(
        log.contains("failed to deserialize the result of the authorizer: invalid type: string, expected u64 at id"),
        "{log}"
    );
    assert!(!log.contains("secret"));
    let nested =
        json!({"id": 7, "name": "", "admin": true, "groups": [], "role": "Reader", "plan": "{\"seats\":true}"});
    let log = Harness::<whoami>::new().invoke(rest_api().authorizer(nested)).await.logs().join("\n");
    assert!(log.contains("expected u32 at plan.seats"), "{log}");
}

#[tokio::test]
async fn members_of_api_gateway_are_not_part_of_the_user() {
    async fn map(Caller(user): Caller<BTreeMap<String, String>>) -> Json<BTreeMap<String, String>> {
        Json(user)
    }
    #[derive(Deserialize, Serialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct Strict {
        id: u8,
        principal_id: Option<String>,
    }
    async fn strict(user: Option<Caller<Strict>>) -> Json<Option<Strict>> {
        Json(user.map(|Caller(user)| user))
    }
    async fn unit(Caller(()): Caller<()>) {}
    let event = rest_api().authorizer(json!({"id": 7, "principalId": "user", "integrationLatency": 12}));
    let response = lrt::rest_api(map).harness().invoke(event.clone()).await.http();
    assert_eq!(response.json::<Value>(), json!({"id": "7"}));
    let response = lrt::rest_api(strict).harness().invoke(event.clone()).await.http();
    assert_eq!(response.json::<Value>(), json!({"id": 7, "principalId": "user"}));
    assert_eq!(lrt::rest_api(strict).harness().invoke(rest_api()).await.http().json::<Value>(), Value::Null);
    for event in
        [bytes(event), bytes(http_api().authorizer(())), bytes(rest_api().authorizer(json!({"principalId": "user"})))]
    {
        assert_eq!(lrt::api_gateway(unit).harness().invoke(event).await.http().status(), 200);
    }
}

#[tokio::test]
async fn claims_have_the_same_type_in_each_api() {
    #[derive(Debug, Deserialize, Serialize, PartialEq)]
    struct Claims {
        sub: String,
        exp: u64,
        admin: bool,
        groups: Vec<String>,
        level: Option<u8>,
    }
    async fn claims(lrt::http::JwtClaims(claims): lrt::http::JwtClaims<Claims>) -> Json<Claims> {
        Json(claims)
    }
    let harness = lrt::api_gateway(claims).harness();
    let claims = json!({"sub": "ada", "exp": 1_700_000_000, "admin": true, "groups": ["a", "7"], "level": null});
    for event in [
        bytes(http_api().jwt_claims(claims.clone())),
        bytes(http_api().payload_format_1().jwt_claims(claims.clone())),
        bytes(rest_api().jwt_claims(claims.clone())),
    ] {
        assert_eq!(harness.invoke(event).await.http().json::<Value>(), claims);
    }
    let one = json!({"sub": "ada", "exp": 1, "admin": false, "groups": ["7"], "level": 3});
    for event in [bytes(http_api().jwt_claims(one.clone())), bytes(rest_api().jwt_claims(one.clone()))] {
        assert_eq!(harness.invoke(event).await.http().json::<Value>(), one);
    }
    for event in [bytes(http_api()), bytes(rest_api()), bytes(rest_api().authorizer(json!({"claims": "x"})))] {
        assert_eq!(harness.invoke(event).await.http().status(), 401);
    }
}

/// The claims of an HTTP API contain lists as `[1.10]`, which is also the JSON of a number.
#[tokio::test]
async fn claims_that_look_like_numbers_are_unchanged() {
    #[derive(Deserialize)]
    struct Claims<T> {
        groups: Vec<T>,
    }
    async fn texts(lrt::http::JwtClaims(claims): lrt::http::JwtClaims<Claims<String>>) -> Json<Vec<String>> {
        Json(claims.groups)
    }
    async fn values(lrt::http::JwtClaims(claims): lrt::http::JwtClaims<Claims<Value>>) -> Json<Vec<Value>> {
        Json(claims.groups)
    }
    let event =
        |groups: &str| http_api().jwt_claims(json!({})).set("/requestContext/authorizer/jwt/claims/groups", groups);
    let harness = lrt::http_api(texts).harness();
    for group in ["1.10", "117512345678901234567", "1e5", "-0", "true"] {
        let response = harness.invoke(event(&format!("[{group}]"))).await.http();
        assert_eq!(response.json::<Vec<String>>(), [group]);
    }
    let response = lrt::http_api(values).harness().invoke(event("[1.5, true]")).await.http();
    assert_eq!(response.json::<Value>(), json!([1.5, true]));
}

/// The members of a user are free: their names can be those of other authorizers, values, or numbers.
#[tokio::test]
async fn names_of_members_are_free() {
    #[derive(Deserialize, Serialize)]
    struct Named {
        jwt: String,
        iam: u8,
        quota: BTreeMap<u64, u32>,
    }
    async fn named(Caller(user): Caller<Named>) -> Json<Named> {
        Json(user)
    }
    async fn counts(Caller(_): Caller<BTreeMap<String, u64>>) {}
    let user = json!({"jwt": "eyJ", "iam": 1, "quota": {"7": 1}});
    let as_text = json!({"jwt": "eyJ", "iam": "1", "quota": "{\"7\":1}", "principalId": "user"});
    for event in [
        bytes(http_api().authorizer(user.clone())),
        bytes(rest_api().authorizer(as_text.clone())),
        bytes(http_api().payload_format_1().authorizer(as_text)),
    ] {
        assert_eq!(lrt::api_gateway(named).harness().invoke(event).await.http().json::<Value>(), user);
    }
    let event = rest_api().authorizer(json!({"ada@example.org": "x", "principalId": "user"}));
    let log = lrt::rest_api(counts).harness().invoke(event).await.logs().join("\n");
    assert!(log.contains("expected u64 at […]") && !log.contains("ada"), "{log}");
}

#[tokio::test]
async fn iam_caller_has_the_same_type_in_each_api() {
    const ADA: &str = "arn:aws:iam::123456789012:user/ada";
    async fn caller(iam: lrt::http::Iam) -> Json<Value> {
        let cognito = iam.cognito_identity.map(|cognito| cognito.identity_id);
        Json(json!([iam.user_arn, iam.account_id, iam.user_id, iam.caller_id, cognito]))
    }
    let harness = lrt::http(caller).harness();
    let expected = json!([ADA, "123456789012", "AIDACKCEVSQ6C2EXAMPLE", "AIDACKCEVSQ6C2EXAMPLE", null]);
    for event in [bytes(http_api().iam(ADA)), bytes(rest_api().iam(ADA)), bytes(events::function_url().iam(ADA))] {
        assert_eq!(harness.invoke(event).await.http().json::<Value>(), expected);
    }
    let cognito = rest_api().iam(ADA).set("/requestContext/identity/cognitoIdentityId", "us-east-1:1");
    assert_eq!(harness.invoke(cognito).await.http().json::<Value>()[4], json!("us-east-1:1"));
    for event in [bytes(http_api()), bytes(rest_api()), bytes(http_api().authorizer(json!({"id": 7})))] {
        assert_eq!(harness.invoke(event).await.http().status(), 401);
    }
}

#[tokio::test]
async fn authorizer_of_an_origin_that_has_none_is_an_error_of_the_cold_start() {
    async fn orders() {}
    macro_rules! message {
        ($kind:ident) => {
            lrt::$kind(orders)
                .authorizer::<auth>()
                .harness()
                .invoke(http_api())
                .await
                .error()
                .map(|error| error.message().to_owned())
        };
    }
    for (kind, message) in [
        ("function_url", message!(function_url)),
        ("alb", message!(alb)),
        ("lattice", message!(lattice)),
        ("http", message!(http)),
    ] {
        let expected = format!(
            "a function of `{kind}` cannot have an authorizer: write `http_api`, `rest_api`, `api_gateway` or `websocket`, \
             or remove `authorizer`"
        );
        assert_eq!(message, Some(expected));
    }
    assert_eq!((message!(api_gateway), message!(http_api)), (None, None));
}
