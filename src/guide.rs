//! Pages of the guide about topics that do not have their own module.

/// Declares a module for each page. The link definitions come first, so that they take precedence over the definitions
/// in the page, which are file paths.
macro_rules! pages {
    ($($name:ident: $file:literal,)*) => { $(
        /// [authorizer]: mod@crate::authorizer
        /// [authorizers]: mod@crate::authorizer
        /// [batch]: mod@crate::batch
        /// [deploy]: crate::guide::deploy
        /// [functions]: crate::guide::functions
        /// [http]: mod@crate::http
        /// [layers]: crate::layer
        /// [local]: crate::guide::local
        /// [metrics]: crate::guide::metrics
        /// [page]: https://raw.githubusercontent.com/lrt-rs/lrt/main/docs/page.png
        /// [payloads]: crate::guide::payloads
        /// [several]: crate::guide::several_functions
        /// [simulator]: https://docs.rs/lrt/latest/lrt/testing#retry-simulator
        /// [shutdown]: crate::guide::shutdown
        /// [state]: crate::guide::state
        /// [streaming]: crate::guide::streaming
        /// [testing]: https://docs.rs/lrt/latest/lrt/testing
        /// [traces]: crate::guide::logging#x-ray-traces
        /// [triggers]: crate::guide::triggers
        #[doc = include_str!($file)]
        pub mod $name {}
    )* };
}

pages! {
    deploy: "../docs/guide/deploy.md",
    failures: "../docs/guide/failures.md",
    functions: "../docs/guide/functions.md",
    local: "../docs/guide/local.md",
    logging: "../docs/guide/logging.md",
    managed_instances: "../docs/guide/managed-instances.md",
    metrics: "../docs/guide/metrics.md",
    payloads: "../docs/guide/payloads.md",
    several_functions: "../docs/guide/several-functions.md",
    shutdown: "../docs/guide/shutdown.md",
    state: "../docs/guide/state.md",
    streaming: "../docs/guide/streaming.md",
    triggers: "../docs/guide/triggers.md",
    writing_layers: "../docs/guide/writing-layers.md",
}
