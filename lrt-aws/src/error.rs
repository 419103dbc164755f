use std::path::PathBuf;

/// Error returned by [`ConfigLoader::try_load`](crate::ConfigLoader::try_load).
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ConfigError(#[from] Kind);

#[derive(Debug, thiserror::Error)]
enum Kind {
    #[error("no AWS region: AWS_REGION is not set")]
    MissingRegion,
    #[error("invalid {name}={value:?} (expected {expected})")]
    InvalidVariable { name: &'static str, value: String, expected: &'static str },
    #[error("cannot read the certificates in AWS_CA_BUNDLE={}: {error}", path.display())]
    UnreadableBundle { path: PathBuf, error: std::io::Error },
    #[error("invalid certificates in AWS_CA_BUNDLE={}: {reason}", path.display())]
    InvalidBundle { path: PathBuf, reason: String },
}

impl ConfigError {
    pub(crate) fn missing_region() -> ConfigError {
        Kind::MissingRegion.into()
    }

    pub(crate) fn invalid_variable(name: &'static str, value: String, expected: &'static str) -> ConfigError {
        Kind::InvalidVariable { name, value, expected }.into()
    }

    pub(crate) fn unreadable_bundle(path: impl Into<PathBuf>, error: std::io::Error) -> ConfigError {
        Kind::UnreadableBundle { path: path.into(), error }.into()
    }

    pub(crate) fn invalid_bundle(path: impl Into<PathBuf>, reason: impl Into<String>) -> ConfigError {
        Kind::InvalidBundle { path: path.into(), reason: reason.into() }.into()
    }
}
