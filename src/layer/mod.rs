//! [batch]: mod@crate::batch
//! [http]: mod@crate::http
//! [state]: crate::guide::state
#![doc = include_str!("../../docs/guide/layers.md")]

mod around;
mod list;
mod told;

pub use around::{Between, LayerAround};
pub use list::{Fixed, Inside, Layers, Made, MakeLayer, NoLayer};
pub use lrt_core::SharedService;
#[cfg(feature = "http")]
pub(crate) use told::told;
