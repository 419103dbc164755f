//! The endpoint of a container's credentials.
//!
//! See [container credential provider](https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).

use crate::env::Env;
use crate::http::{Pool, next_frame};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{self, error::CredentialsError};
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use http::Uri;
use lrt_core::BoxError;
use std::net::IpAddr;
use std::time::{Duration, SystemTime};
use tokio::time::{sleep, timeout};

pub(super) const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const TOKEN: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

/// The address of ECS, which relative URIs are resolved with.
const ECS: &str = "http://169.254.170.2";

/// Addresses other than loopback that may be requested without TLS: the addresses of ECS and EKS.
const PLAIN_HOSTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

const ATTEMPTS: u32 = 3;
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);
const MAX_RESPONSE_BYTES: usize = 64 * 1024;

/// Location of a container's credentials, and the token that it requires.
pub(super) struct Container {
    url: String,
    token: Option<String>,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CredentialsResponse {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: Option<String>,
    account_id: Option<String>,
}

/// Error of one attempt. If it is transient, another attempt can succeed.
struct AttemptError {
    error: BoxError,
    is_transient: bool,
}

impl Container {
    pub(super) fn is_configured(env: &Env) -> bool {
        [RELATIVE_URI, FULL_URI].iter().any(|name| env.get(name).is_some())
    }

    /// Reads the variables, and the file with the token. The file is read each time, because its content may change.
    pub(super) fn from_env(env: &Env) -> Result<Container, CredentialsError> {
        let url = match (env.get(RELATIVE_URI), env.get(FULL_URI)) {
            (Some(path), _) => format!("{ECS}{path}"),
            (None, Some(url)) => url,
            (None, None) => return Err(CredentialsError::not_loaded(format!("{FULL_URI} is not set"))),
        };
        check(&url).map_err(CredentialsError::invalid_configuration)?;
        let token = match env.get(TOKEN_FILE) {
            Some(path) => Some(std::fs::read_to_string(&path).map_err(|error| {
                CredentialsError::invalid_configuration(format!("cannot read {TOKEN_FILE}={path}: {error}"))
            })?),
            None => env.get(TOKEN),
        };
        Ok(Container { url, token: token.map(|token| token.trim().to_owned()) })
    }

    /// Fetches the credentials. The pool sends this request directly, so neither `warm` nor the invocation's deadline affects it.
    pub(super) async fn fetch(&self, pool: &Pool) -> provider::Result {
        let mut attempt = 1;
        loop {
            let error = match timeout(ATTEMPT_TIMEOUT, self.attempt(pool)).await {
                Ok(Ok(response)) => return response.into_credentials(),
                Ok(Err(error)) => error,
                Err(_) => AttemptError::transient(format!("no response within {ATTEMPT_TIMEOUT:?}")),
            };
            if !error.is_transient || attempt == ATTEMPTS {
                return Err(CredentialsError::provider_error(error.error));
            }
            attempt += 1;
            sleep(PAUSE).await;
        }
    }

    async fn attempt(&self, pool: &Pool) -> Result<CredentialsResponse, AttemptError> {
        let mut request = HttpRequest::get(&self.url).map_err(AttemptError::permanent)?;
        let headers = request.headers_mut();
        headers.insert("accept", "application/json");
        if let Some(token) = &self.token {
            headers.try_insert("authorization", token.clone()).map_err(AttemptError::permanent)?;
        }
        let mut response = pool.call(request).await.map_err(AttemptError::transient)?;
        let status = response.status();
        if !status.is_success() {
            let error = format!("the endpoint of the container's credentials responded with {}", status.as_u16());
            return Err(if status.is_server_error() {
                AttemptError::transient(error)
            } else {
                AttemptError::permanent(error)
            });
        }
        let (mut body, mut bytes) = (response.take_body(), Vec::new());
        while let Some(frame) = next_frame(&mut body).await {
            let Ok(data) = frame.map_err(AttemptError::transient)?.into_data() else { continue };
            bytes.extend_from_slice(&data);
            if bytes.len() > MAX_RESPONSE_BYTES {
                return Err(AttemptError::permanent("the container's credentials are too long"));
            }
        }
        // serde_json's error has a position, and no value.
        serde_json::from_slice(&bytes).map_err(AttemptError::permanent)
    }
}

impl CredentialsResponse {
    fn into_credentials(self) -> provider::Result {
        let mut credentials = Credentials::builder()
            .access_key_id(self.access_key_id)
            .secret_access_key(self.secret_access_key)
            .provider_name("EcsContainer");
        credentials.set_session_token(self.token);
        credentials.set_account_id(self.account_id.map(Into::into));
        if let Some(expiration) = self.expiration {
            let expiration = DateTime::from_str(&expiration, Format::DateTime)
                .map_err(|error| CredentialsError::provider_error(format!("invalid Expiration: {error}")))?;
            // The SDK's cache requests new credentials before this time.
            credentials.set_expiry(Some(SystemTime::try_from(expiration).map_err(CredentialsError::provider_error)?));
        }
        Ok(credentials.build())
    }
}

impl AttemptError {
    fn transient(error: impl Into<BoxError>) -> AttemptError {
        AttemptError { error: error.into(), is_transient: true }
    }

    fn permanent(error: impl Into<BoxError>) -> AttemptError {
        AttemptError { error: error.into(), is_transient: false }
    }
}

/// Rejects URLs that would send the token and the credentials unencrypted over a network.
fn check(url: &str) -> Result<(), String> {
    let uri = url.parse::<Uri>().map_err(|error| format!("invalid {FULL_URI}={url:?}: {error}"))?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_local = || {
        host == "localhost" || PLAIN_HOSTS.contains(&host) || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    };
    match uri.scheme_str() {
        Some("https") if !host.is_empty() => Ok(()),
        Some("http") if is_local() => Ok(()),
        _ => Err(format!("invalid {FULL_URI}={url:?} (expected https, or http to a loopback, ECS or EKS address)")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(env: Env) -> String {
        Container::from_env(&env).unwrap().url
    }

    #[test]
    fn relative_uri_is_resolved_with_the_address_of_ecs() {
        assert_eq!(url(Env::from([(RELATIVE_URI, "/v2/credentials")])), "http://169.254.170.2/v2/credentials");
        let both = Env::from([(RELATIVE_URI, "/a"), (FULL_URI, "http://127.0.0.1/b")]);
        assert_eq!(url(both), "http://169.254.170.2/a");
    }

    #[test]
    fn plain_http_is_for_local_addresses_only() {
        for url in [
            "http://127.0.0.1:4711/credentials",
            "http://[::1]/credentials",
            "http://localhost/credentials",
            "http://169.254.170.23/v1/credentials",
            "http://[fd00:ec2::23]/v1/credentials",
            "https://vault.internal/credentials",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in ["http://vault.internal/credentials", "http://169.254.169.254/", "ftp://localhost/", "/path", ""] {
            assert!(check(url).is_err(), "{url}");
        }
    }

    #[test]
    fn token_file_wins_over_token() {
        let path = std::env::temp_dir().join(format!("lrt-aws-token-{}", std::process::id()));
        std::fs::write(&path, "from-the-file\n").unwrap();
        let full = (FULL_URI, "http://127.0.0.1/");
        let env = Env::from([full, (TOKEN, "from-the-variable"), (TOKEN_FILE, path.to_str().unwrap())]);
        assert_eq!(Container::from_env(&env).unwrap().token.as_deref(), Some("from-the-file"));
        std::fs::remove_file(&path).unwrap();
        let error = Container::from_env(&env).err().unwrap();
        assert!(crate::http::with_causes(&error).contains(TOKEN_FILE), "{error:?}");
    }

    #[test]
    fn response_becomes_credentials_that_expire() {
        let json = r#"{"AccessKeyId":"a","SecretAccessKey":"b","Token":"c","Expiration":"2030-01-02T03:04:05Z","AccountId":"1"}"#;
        let credentials = serde_json::from_str::<CredentialsResponse>(json).unwrap().into_credentials().unwrap();
        assert_eq!((credentials.access_key_id(), credentials.session_token()), ("a", Some("c")));
        let expiry = credentials.expiry().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(expiry.as_secs(), 1_893_553_445);
        let json = r#"{"AccessKeyId":"a","SecretAccessKey":"b","Expiration":"tomorrow"}"#;
        assert!(serde_json::from_str::<CredentialsResponse>(json).unwrap().into_credentials().is_err());
    }
}
