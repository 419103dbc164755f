//! Sources of credentials.

use crate::function::Function;
use crate::run;
use crate::server::{Behavior, ReceivedRequest, Server};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const WARM: &str = "LRT_AWS_TEST_WARM";
const DYNAMODB: &str = "AWS_ENDPOINT_URL_DYNAMODB";
const STS: &str = "AWS_ENDPOINT_URL_STS";
const REGION: (&str, &str) = ("AWS_REGION", "eu-west-1");
const ROOT: (&str, &str) = ("AWS_CA_BUNDLE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/root.pem"));

/// Returns the key and region that a request is signed with.
fn scope(request: &ReceivedRequest) -> String {
    let authorization = request.header("authorization").unwrap();
    let (_, scope) = authorization.split_once("Credential=").unwrap();
    let parts: Vec<_> = scope.split('/').collect();
    format!("{} {}", parts[0], parts[2])
}

fn container_response(key: &str, valid: Duration) -> (u16, String) {
    let expiration = SystemTime::now() + valid;
    let expiration = aws_smithy_types::DateTime::from(expiration);
    let expiration = expiration.fmt(aws_smithy_types::date_time::Format::DateTime).unwrap();
    let body = serde_json::json!({
        "AccessKeyId": key, "SecretAccessKey": "secret", "Token": "session", "Expiration": expiration,
    });
    (200, body.to_string())
}

async fn container(responses: Vec<(u16, String)>) -> Server {
    Server::start(Behavior { plain: true, responses, ..Behavior::default() }).await
}

#[test]
fn credentials_of_a_container_are_fetched_once_for_all_clients() {
    run(async {
        let (dynamodb, sts) = (Server::start(Behavior::default()).await, Server::start(Behavior::default()).await);
        let container = container(vec![container_response("AKIDCONTAINER", Duration::from_secs(3600))]).await;
        let function = Function::start_with(&[
            REGION,
            ROOT,
            (WARM, "dynamodb"),
            (DYNAMODB, &dynamodb.url()),
            (STS, &sts.url()),
            ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &format!("{}/credentials", container.url())),
            ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token"),
        ])
        .await;
        function.initialized().await;
        // `warm` does not suppress this request, because the call needs the credentials.
        let requests = container.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!(requests[0].line, "GET /credentials HTTP/1.1");
        assert_eq!(requests[0].header("authorization"), Some("token"));
        assert_eq!(dynamodb.connections(), 1);
        assert_eq!(function.call(&["dynamodb", "impatient", "sts"]).await, ["ok"; 3]);
        assert_eq!(scope(&dynamodb.calls()[0]), "AKIDCONTAINER eu-west-1");
        assert_eq!(dynamodb.calls()[0].header("x-amz-security-token"), Some("session"));
        assert_eq!(container.requests().len(), 1);
    });
}

#[test]
fn credentials_of_a_container_are_renewed_before_they_expire() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        // The SDK's cache treats credentials that expire within seconds as expired.
        let keys = ["AKIDFIRST", "AKIDSECOND"].map(|key| container_response(key, Duration::from_secs(5)));
        let container = container(keys.to_vec()).await;
        let url = format!("{}/credentials", container.url());
        let variables = [REGION, ROOT, (DYNAMODB, &server.url()), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*url)];
        let function = Function::start_with(&variables).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        let keys: Vec<_> = server.calls().iter().map(scope).collect();
        assert_eq!(keys, ["AKIDFIRST eu-west-1", "AKIDSECOND eu-west-1"]);
    });
}

#[test]
fn failing_container_endpoint_is_requested_again() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let good = container_response("AKIDCONTAINER", Duration::from_secs(3600));
        let container = container(vec![(503, "busy".into()), good]).await;
        let url = format!("{}/credentials", container.url());
        let variables = [REGION, ROOT, (DYNAMODB, &server.url()), ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*url)];
        let function = Function::start_with(&variables).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(container.requests().len(), 2);
    });
}

/// A home directory with a profile.
struct Home(PathBuf);

impl Home {
    fn with_profile(name: &str) -> Home {
        let home = Home(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id())));
        let folder = home.0.join(".aws");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("config"), "[profile dev]\nregion = eu-north-1\n").unwrap();
        let credentials = "[dev]\naws_access_key_id = AKIDPROFILE\naws_secret_access_key = secret\n";
        std::fs::write(folder.join("credentials"), credentials).unwrap();
        home
    }

    fn variable(&self) -> (&str, &str) {
        ("HOME", self.0.to_str().unwrap())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(all(feature = "profile", debug_assertions))]
#[test]
fn profile_is_used_where_the_environment_has_no_credentials() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let home = Home::with_profile("profile");
        let variables = [ROOT, home.variable(), ("AWS_PROFILE", "dev"), (DYNAMODB, &server.url())];
        let function = Function::start_with(&variables).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(scope(&server.calls()[0]), "AKIDPROFILE eu-north-1");
    });
}

#[test]
fn environment_wins_over_the_profile() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let home = Home::with_profile("environment");
        let function = Function::start(&[home.variable(), ("AWS_PROFILE", "dev"), (DYNAMODB, &server.url())]).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        assert_eq!(scope(&server.calls()[0]), "AKIDENVIRONMENT eu-west-1");
    });
}
