//! Credentials and region of a developer's profile in `~/.aws`, for debug builds.

use crate::http::Pool;
use aws_config::meta::region::ProvideRegion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
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
    SharedCredentialsProvider::new(ProfileFileCredentialsProvider::builder().configure(&config).build())
}
