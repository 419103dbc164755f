//! The configuration of the SDK's clients.

use crate::ConfigError;
use crate::credentials::EnvironmentProvider;
use crate::env::Env;
use crate::http::{Client, LimitedSleep, Pool, Roots};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::retry::{RetryConfig, RetryMode};
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::region::Region;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use std::borrow::Cow;
use std::num::NonZeroU32;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Longer than lrt's own margin, so that the handler has time to reply after a failed call.
const DEADLINE_MARGIN: Duration = Duration::from_millis(250);

/// The SDK's default is 1 s. If a connection was closed while the sandbox was frozen, the first request on it can fail.
/// It is retried on a new connection after at most this time.
const INITIAL_BACKOFF: Duration = Duration::from_millis(50);

/// Starts a configuration of the AWS SDK for a Lambda function.
///
/// ```no_run
/// async fn connect() -> aws_sdk_dynamodb::Client {
///     let config = lrt_aws::config().load().await;
///     let db = aws_sdk_dynamodb::Client::new(&config);
///     lrt_aws::warm(db.list_tables().send()).await;
///     db
/// }
/// ```
pub fn config() -> ConfigLoader {
    ConfigLoader { region: None, connect_timeout: CONNECT_TIMEOUT, deadline_margin: DEADLINE_MARGIN, env: Env::Process }
}

/// Builder of an [`SdkConfig`], returned by [`config`].
#[derive(Debug)]
#[must_use = "a loader does nothing until `load` is awaited"]
pub struct ConfigLoader {
    region: Option<Region>,
    connect_timeout: Duration,
    deadline_margin: Duration,
    env: Env,
}

impl ConfigLoader {
    /// Sets the region. Default: `AWS_REGION`, which Lambda sets to the function's own.
    pub fn region(mut self, region: impl Into<Cow<'static, str>>) -> ConfigLoader {
        self.region = Some(Region::new(region));
        self
    }

    /// Sets the time limit for opening a connection. Default: 1 s.
    ///
    /// The limit applies to all clients, because they share their connections. A connect timeout in a client's own
    /// `TimeoutConfig` has no effect; its other timeouts apply.
    pub fn connect_timeout(mut self, timeout: Duration) -> ConfigLoader {
        self.connect_timeout = timeout;
        self
    }

    /// Sets the time before the invocation's deadline at which calls end. Default: 250 ms.
    ///
    /// A call without a response then fails with an error that the SDK does not retry. The margin should be longer than
    /// the function's `deadline_margin`, at which lrt replies instead of the function.
    pub fn deadline_margin(mut self, margin: Duration) -> ConfigLoader {
        self.deadline_margin = margin;
        self
    }

    /// Returns the configuration, for any number of clients.
    ///
    /// # Panics
    ///
    /// Panics if no region is set, if the file of `AWS_CA_BUNDLE` is not a list of certificates, or if another variable
    /// is invalid. In `init`, this makes the environment's start fail with that message. [`try_load`](Self::try_load)
    /// returns the error instead.
    pub async fn load(self) -> SdkConfig {
        match self.try_load().await {
            Ok(config) => config,
            Err(error) => panic!("cannot configure the AWS SDK: {error}"),
        }
    }

    /// Returns the configuration.
    ///
    /// # Errors
    ///
    /// Returns an error if no region is set, if the file of `AWS_CA_BUNDLE` is not a list of certificates, or if
    /// another variable is invalid.
    pub async fn try_load(self) -> Result<SdkConfig, ConfigError> {
        let env = &self.env;
        let pool = Pool::new(self.connect_timeout, Roots::from_env(env)?);
        let region = match self.region.or_else(|| region(env)) {
            Some(region) => region,
            None => profile_region().await.ok_or_else(ConfigError::missing_region)?,
        };
        let credentials = credentials(EnvironmentProvider::new(env.clone(), pool.clone()), &pool, &region);
        let mut builder = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .credentials_provider(credentials)
            // Otherwise each client fetches its own credentials.
            .identity_cache(IdentityCache::lazy().build())
            .http_client(Client { pool, margin: self.deadline_margin })
            .timeout_config(TimeoutConfig::builder().connect_timeout(self.connect_timeout).build())
            .retry_config(retries(env)?)
            .sleep_impl(SharedAsyncSleep::new(LimitedSleep { margin: self.deadline_margin }))
            .time_source(SharedTimeSource::default())
            .service_config(ServiceVariables(env.clone()));
        builder
            .set_endpoint_url(endpoint_url(env, "AWS_ENDPOINT_URL"))
            .set_use_fips(env.flag("AWS_USE_FIPS_ENDPOINT")?)
            .set_use_dual_stack(env.flag("AWS_USE_DUALSTACK_ENDPOINT")?)
            .set_account_id_endpoint_mode(env.parse("AWS_ACCOUNT_ID_ENDPOINT_MODE", "preferred, disabled or required")?)
            .set_request_checksum_calculation(
                env.parse("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported or when_required")?,
            )
            .set_response_checksum_validation(
                env.parse("AWS_RESPONSE_CHECKSUM_VALIDATION", "when_supported or when_required")?,
            )
            .set_disable_request_compression(env.flag("AWS_DISABLE_REQUEST_COMPRESSION")?)
            .set_app_name(app_name(env)?);
        Ok(builder.build())
    }
}

fn region(env: &Env) -> Option<Region> {
    ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| env.get(name)).map(Region::new)
}

fn retries(env: &Env) -> Result<RetryConfig, ConfigError> {
    let mode = env.parse("AWS_RETRY_MODE", "standard or adaptive")?;
    let config = match mode {
        Some(RetryMode::Adaptive) => RetryConfig::adaptive(),
        _ => RetryConfig::standard(),
    };
    let config = config.with_initial_backoff(INITIAL_BACKOFF);
    let attempts = env.parse::<NonZeroU32>("AWS_MAX_ATTEMPTS", "a number above 0")?;
    Ok(match attempts {
        Some(attempts) => config.with_max_attempts(attempts.get()),
        None => config,
    })
}

fn app_name(env: &Env) -> Result<Option<AppName>, ConfigError> {
    const NAME: &str = "AWS_SDK_UA_APP_ID";
    let Some(name) = env.get(NAME) else { return Ok(None) };
    let invalid = |_| ConfigError::invalid_variable(NAME, name.clone(), "letters, digits and !#$%&'*+-.^_`|~");
    AppName::new(name.clone()).map(Some).map_err(invalid)
}

fn endpoint_url(env: &Env, name: &str) -> Option<String> {
    let is_ignored =
        env.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_ignored { None } else { env.get(name) }
}

/// Endpoints of single services, such as `AWS_ENDPOINT_URL_DYNAMODB`. Each client looks up its own when it is built.
#[derive(Debug)]
struct ServiceVariables(Env);

impl LoadServiceConfig for ServiceVariables {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        if key.env() != "AWS_ENDPOINT_URL" {
            return None;
        }
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        endpoint_url(&self.0, &format!("AWS_ENDPOINT_URL_{service}"))
            .or_else(|| endpoint_url(&self.0, "AWS_ENDPOINT_URL"))
    }
}

#[cfg(all(feature = "profile", debug_assertions))]
async fn profile_region() -> Option<Region> {
    crate::profile::region().await
}

#[cfg(not(all(feature = "profile", debug_assertions)))]
async fn profile_region() -> Option<Region> {
    None
}

#[cfg(all(feature = "profile", debug_assertions))]
fn credentials(environment: EnvironmentProvider, pool: &Pool, region: &Region) -> SharedCredentialsProvider {
    if environment.is_configured() {
        return SharedCredentialsProvider::new(environment);
    }
    crate::profile::credentials(pool.clone(), region.clone())
}

#[cfg(not(all(feature = "profile", debug_assertions)))]
fn credentials(environment: EnvironmentProvider, _: &Pool, _: &Region) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(environment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::Client;
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use std::sync::{Arc, OnceLock};

    async fn load<const N: usize>(variables: [(&'static str, &str); N]) -> Result<SdkConfig, ConfigError> {
        let mut loader = config();
        loader.env = Env::from(variables);
        loader.try_load().await
    }

    /// Keeps the URL of the first request, and sends none.
    #[derive(Clone, Debug, Default)]
    struct FirstUrl(Arc<OnceLock<String>>);

    impl HttpConnector for FirstUrl {
        fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
            self.0.get_or_init(|| request.uri().to_owned());
            HttpConnectorFuture::ready(Err(ConnectorError::user("not sent".into())))
        }
    }

    /// Returns the URL that a client of DynamoDB sends its calls to.
    async fn url_of_dynamodb<const N: usize>(variables: [(&'static str, &str); N]) -> String {
        let config = load(variables).await.unwrap();
        let first = FirstUrl::default();
        let http = http_client_fn({
            let first = first.clone();
            move |_, _| SharedHttpConnector::new(first.clone())
        });
        let client = Client::from_conf(aws_sdk_dynamodb::config::Builder::from(&config).http_client(http).build());
        client.list_tables().send().await.unwrap_err();
        first.0.get().unwrap().clone()
    }

    fn endpoint(config: &SdkConfig, service: &str) -> Option<String> {
        let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url");
        config.service_config().unwrap().load_config(key.build().unwrap())
    }

    #[tokio::test]
    async fn settings_are_read_from_the_environment() {
        let config = load([
            ("AWS_REGION", "eu-west-1"),
            ("AWS_DEFAULT_REGION", "us-east-1"),
            ("AWS_USE_FIPS_ENDPOINT", "true"),
            ("AWS_USE_DUALSTACK_ENDPOINT", "False"),
            ("AWS_MAX_ATTEMPTS", "5"),
            ("AWS_RETRY_MODE", "adaptive"),
            ("AWS_SDK_UA_APP_ID", "shop"),
        ])
        .await
        .unwrap();
        assert_eq!(config.region().unwrap().as_ref(), "eu-west-1");
        assert_eq!((config.use_fips(), config.use_dual_stack()), (Some(true), Some(false)));
        let retries = config.retry_config().unwrap();
        assert_eq!((retries.max_attempts(), retries.mode()), (5, RetryMode::Adaptive));
        assert_eq!(retries.initial_backoff(), INITIAL_BACKOFF);
        assert_eq!(config.app_name().unwrap().as_ref(), "shop");
        assert_eq!(config.endpoint_url(), None);
    }

    #[tokio::test]
    async fn endpoint_of_a_service_wins_over_the_endpoint_of_all() {
        let (region, all) = (("AWS_REGION", "eu-west-1"), ("AWS_ENDPOINT_URL", "http://localhost:4566"));
        let one = ("AWS_ENDPOINT_URL_COGNITO_IDENTITY", "http://localhost:1");
        let config = load([region, all, one]).await.unwrap();
        assert_eq!(endpoint(&config, "Cognito Identity").as_deref(), Some("http://localhost:1"));
        assert_eq!(endpoint(&config, "DynamoDB").as_deref(), Some("http://localhost:4566"));
        assert_eq!(config.endpoint_url(), Some("http://localhost:4566"));
        let config = load([region, all, one, ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]).await.unwrap();
        assert_eq!((endpoint(&config, "Cognito Identity"), config.endpoint_url()), (None, None));
    }

    #[tokio::test]
    async fn clients_resolve_endpoints_as_the_sdk_does() {
        let [region, id, secret] =
            [("AWS_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
        let (fips, dual_stack) = (("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"));
        let url = url_of_dynamodb([region, id, secret]).await;
        assert_eq!(url, "https://dynamodb.us-east-1.amazonaws.com/");
        let url = url_of_dynamodb([region, id, secret, fips]).await;
        assert_eq!(url, "https://dynamodb-fips.us-east-1.amazonaws.com/");
        let url = url_of_dynamodb([region, id, secret, dual_stack]).await;
        assert_eq!(url, "https://dynamodb.us-east-1.api.aws/");
        let (all, one) = (("AWS_ENDPOINT_URL", "http://all.test/"), ("AWS_ENDPOINT_URL_DYNAMODB", "http://one.test/"));
        assert_eq!(url_of_dynamodb([region, id, secret, all]).await, all.1);
        assert_eq!(url_of_dynamodb([region, id, secret, all, one]).await, one.1);
        let account = ("AWS_ACCOUNT_ID", "123456789012");
        let url = url_of_dynamodb([region, id, secret, account]).await;
        assert_eq!(url, "https://123456789012.ddb.us-east-1.amazonaws.com/");
        let mode = ("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled");
        let url = url_of_dynamodb([region, id, secret, account, mode]).await;
        assert_eq!(url, "https://dynamodb.us-east-1.amazonaws.com/");
    }

    #[tokio::test]
    async fn invalid_variables_fail_with_their_name() {
        for (name, value, expected) in [
            ("AWS_USE_FIPS_ENDPOINT", "yes", r#"invalid AWS_USE_FIPS_ENDPOINT="yes" (expected true or false)"#),
            ("AWS_MAX_ATTEMPTS", "0", r#"invalid AWS_MAX_ATTEMPTS="0" (expected a number above 0)"#),
            ("AWS_RETRY_MODE", "never", r#"invalid AWS_RETRY_MODE="never" (expected standard or adaptive)"#),
        ] {
            let error = load([("AWS_REGION", "eu-west-1"), (name, value)]).await.unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
    }

    #[tokio::test]
    async fn region_of_the_loader_wins_over_the_environment() {
        let mut loader = config().region("eu-north-1");
        loader.env = Env::from([("AWS_REGION", "eu-west-1")]);
        assert_eq!(loader.try_load().await.unwrap().region().unwrap().as_ref(), "eu-north-1");
    }
}
