//! [batch]: mod@crate::batch
//! [http]: mod@crate::http
//! [idempotency]: https://docs.rs/lrt/latest/lrt/idempotency
//! [several]: crate::guide::several_functions
//! [state]: crate::guide::state
//! [writing]: crate::guide::writing_layers
#![doc = include_str!("../../docs/guide/layers.md")]

mod boxed;
mod map_tower_errors;
mod stack;

pub use boxed::{BoxLayer, BoxedService};
pub use lrt_core::SharedService;
#[cfg(feature = "http")]
pub(crate) use map_tower_errors::name_tower_error;
pub use stack::{Layers, LazyLayer, MakeLayer, NoLayer, Stack, StaticLayer};
