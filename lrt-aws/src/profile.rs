//! Credentials and region of a developer's profile in `~/.aws`, for debug builds.

use crate::http::Pool;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime_api::client::http::{SharedHttpConnector, http_client_fn};
use aws_types::region::Region;

/// Returns the region of the profile.
pub(crate) async fn region() -> Option<Region> {
    ProfileFileRegionProvider::builder().configure(&ProviderConfig::default()).build().region().await
}

/// Returns a provider of the profile's credentials. Its own requests, such as those to STS for a role, use the pool directly,
/// so that `warm` does not suppress them.
pub(crate) fn credentials(pool: Pool, region: Region) -> SharedCredentialsProvider {
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(pool.clone()));
    let config = ProviderConfig::default().with_http_client(http).with_region(Some(region));
    SharedCredentialsProvider::new(Profile(ProfileFileCredentialsProvider::builder().configure(&config).build()))
}

/// Provides the credentials of the profile, or an error that says how to set them.
#[derive(Debug)]
struct Profile(ProfileFileCredentialsProvider);

impl ProvideCredentials for Profile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async { with_help(self.0.provide_credentials().await) })
    }
}

/// Replaces the SDK's error for a missing profile, which is only "the credential provider was not enabled".
fn with_help(result: provider::Result) -> provider::Result {
    result.map_err(|error| match error {
        CredentialsError::CredentialsNotLoaded(_) => CredentialsError::not_loaded(
            "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ),
        error => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::with_causes;

    #[test]
    fn missing_profile_is_reported_with_the_variables_to_set() {
        let error = with_help(Err(CredentialsError::not_loaded_no_source())).unwrap_err();
        let help = "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
        assert_eq!(with_causes(&error), format!("the credential provider was not enabled: {help}"));
    }

    #[test]
    fn other_errors_of_a_profile_stay_the_same() {
        let error = with_help(Err(CredentialsError::invalid_configuration("no such profile"))).unwrap_err();
        assert!(with_causes(&error).contains("no such profile"));
    }
}
