//! The layers of a function, as types: where there is none, nothing is boxed and nothing is called.

use super::around::{Between, LayerAround};
use lrt_core::BoxError;
use std::marker::PhantomData;
use std::sync::{Arc, OnceLock};
use tower_service::Service;

/// The layers around a function, outermost first. `B` is what stands between two of them.
pub trait Layers<Request, Response, B>: Clone + Send + Sync + 'static {
    /// What they borrow of init's value, one entry for each.
    type Refs: Copy + Send + Sync + 'static;

    /// Puts them around a service.
    fn around<S>(
        &self,
        service: S,
        lent: Self::Refs,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static;

    /// Puts them around a service that other layers may be around already.
    fn stack(&self, inner: B, lent: Self::Refs) -> B;
}

/// No layer.
#[derive(Clone, Copy, Debug)]
pub struct NoLayer;

impl<Request: 'static, Response: 'static, B> Layers<Request, Response, B> for NoLayer {
    type Refs = ();

    fn around<S>(
        &self,
        service: S,
        (): (),
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static,
    {
        service
    }

    fn stack(&self, inner: B, (): ()) -> B {
        inner
    }
}

/// The layers `L`, and one more inside of them. It is shared, since not every layer is `Clone`.
pub struct Inside<L, M> {
    outer: L,
    layer: Arc<M>,
}

impl<L, M> Inside<L, M> {
    pub(crate) fn new(outer: L, layer: M) -> Inside<L, M> {
        Inside { outer, layer: Arc::new(layer) }
    }
}

impl<L: Clone, M> Clone for Inside<L, M> {
    fn clone(&self) -> Inside<L, M> {
        Inside { outer: self.outer.clone(), layer: Arc::clone(&self.layer) }
    }
}

impl<L, M, Request, Response, B> Layers<Request, Response, B> for Inside<L, M>
where
    L: Layers<Request, Response, B>,
    M: MakeLayer<B>,
    B: Between<Request, Response>,
    Request: 'static,
    Response: 'static,
{
    type Refs = (L::Refs, M::Ref);

    fn around<S>(
        &self,
        service: S,
        lent: Self::Refs,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static,
    {
        self.stack(B::hide(service), lent).outermost()
    }

    fn stack(&self, inner: B, (outer, own): Self::Refs) -> B {
        self.outer.stack(self.layer.wrap(inner, own), outer)
    }
}

/// A layer that is there, or that init's value makes.
pub trait MakeLayer<S>: Send + Sync + 'static {
    /// What it borrows of init's value: a reference, or nothing.
    type Ref: Copy + Send + Sync + 'static;

    /// Puts the layer around a service.
    fn wrap(&self, inner: S, lent: Self::Ref) -> S;
}

/// A layer that is there.
#[derive(Debug)]
pub struct Fixed<New>(pub(crate) New);

impl<S, New: LayerAround<S>> MakeLayer<S> for Fixed<New> {
    type Ref = ();

    fn wrap(&self, inner: S, (): ()) -> S {
        self.0.wrap(inner)
    }
}

/// A layer that a closure makes of init's value, once.
pub struct Made<Make, T, New> {
    make: Make,
    made: OnceLock<New>,
    borrows: PhantomData<fn(T)>,
}

impl<Make, T, New> Made<Make, T, New> {
    pub(crate) fn new(make: Make) -> Self {
        Made { make, made: OnceLock::new(), borrows: PhantomData }
    }
}

impl<S, Make, T, New> MakeLayer<S> for Made<Make, T, New>
where
    Make: Fn(&'static T) -> New + Send + Sync + 'static,
    T: Sync + 'static,
    New: LayerAround<S>,
{
    type Ref = &'static T;

    fn wrap(&self, inner: S, lent: &'static T) -> S {
        self.made.get_or_init(|| (self.make)(lent)).wrap(inner)
    }
}
