//! Checks of layers.

use super::{Impossible, Never};
use crate::layer::LayerAround;
use lrt_core::{Invocation, Reply, SharedService};

/// A layer around the function.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no layer that fits around this function",
    label = "not a tower `Layer` here",
    note = "its service has to be a `Service<lrt::Invocation, Response = lrt::Reply>`, with an error that is `Into<lrt::BoxError>`",
    note = "the layer, its service and that service's future are `Send` and `'static`, the layer is `Sync` as well"
)]
pub trait FunctionLayer<P> {
    /// The layer itself.
    fn layer(self) -> P;
}

#[diagnostic::do_not_recommend]
impl<L: LayerAround<SharedService<Invocation, Reply>>> FunctionLayer<L> for L {
    fn layer(self) -> L {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<L: Impossible> FunctionLayer<Never> for L {
    fn layer(self) -> Never {
        Never
    }
}
