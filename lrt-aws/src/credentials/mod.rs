//! Credentials from environment variables, or from an endpoint that an environment variable names.

mod container;

use crate::env::Env;
use crate::http::Pool;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, future};
use container::Container;

const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET: &str = "AWS_SECRET_ACCESS_KEY";

/// Provides the credentials that Lambda puts into the environment.
///
/// Most functions get them as variables. With SnapStart and on Managed Instances, variables name a local endpoint instead, and
/// the SDK's cache fetches new credentials before they expire.
#[derive(Debug)]
pub(crate) struct EnvironmentProvider {
    env: Env,
    pool: Pool,
}

impl EnvironmentProvider {
    pub(crate) fn new(env: Env, pool: Pool) -> EnvironmentProvider {
        EnvironmentProvider { env, pool }
    }

    /// Returns true if the environment has credentials or names an endpoint for them.
    #[cfg(all(feature = "profile", debug_assertions))]
    pub(crate) fn is_configured(&self) -> bool {
        self.keys().is_some() || Container::is_configured(&self.env)
    }

    async fn credentials(&self) -> provider::Result {
        match self.keys() {
            Some(credentials) => Ok(credentials),
            None if Container::is_configured(&self.env) => Container::from_env(&self.env)?.fetch(&self.pool).await,
            None => Err(CredentialsError::not_loaded(format!(
                "no AWS credentials in the environment: neither {KEY_ID} and {SECRET} nor {} is set",
                container::FULL_URI
            ))),
        }
    }

    fn keys(&self) -> Option<Credentials> {
        let (id, secret) = (self.env.get(KEY_ID)?, self.env.get(SECRET)?);
        let mut credentials =
            Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name("EnvironmentVariable");
        credentials.set_session_token(self.env.get("AWS_SESSION_TOKEN"));
        credentials.set_account_id(self.env.get("AWS_ACCOUNT_ID").map(Into::into));
        Some(credentials.build())
    }
}

impl ProvideCredentials for EnvironmentProvider {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Roots;
    use std::time::Duration;

    fn provider(env: Env) -> EnvironmentProvider {
        let pool = Pool::new(Duration::from_secs(1), Roots::from_env(&env).unwrap());
        EnvironmentProvider::new(env, pool)
    }

    #[tokio::test]
    async fn variables_become_credentials() {
        let env = Env::from([
            (KEY_ID, "AKIDEXAMPLE"),
            (SECRET, "secret"),
            ("AWS_SESSION_TOKEN", "token"),
            ("AWS_ACCOUNT_ID", "123456789012"),
        ]);
        let credentials = provider(env).credentials().await.unwrap();
        assert_eq!((credentials.access_key_id(), credentials.secret_access_key()), ("AKIDEXAMPLE", "secret"));
        assert_eq!(credentials.session_token(), Some("token"));
        assert_eq!(credentials.account_id().map(|id| id.as_str()), Some("123456789012"));
        assert_eq!(credentials.expiry(), None);
    }

    #[tokio::test]
    async fn missing_credentials_are_reported_with_the_variables() {
        let error = provider(Env::from([(KEY_ID, "AKIDEXAMPLE")])).credentials().await.unwrap_err();
        let text = crate::http::with_causes(&error);
        assert!(text.contains("neither AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY nor"), "{text}");
    }
}
