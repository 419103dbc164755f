//! The functions of lrt-aws that `examples/table` uses, with the configuration of the SDK's documentation.

pub struct Defaults;

impl Defaults {
    pub async fn load(self) -> aws_config::SdkConfig {
        aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await
    }
}

pub fn config() -> Defaults {
    Defaults
}

/// Does nothing: the SDK cannot open a connection in advance.
pub async fn warm<F>(_: F) {}
