//! Layers of a function, as a type-level stack: they have no cost for a function without layers.

use super::boxed::{BoxLayer, BoxedService};
use lrt_core::BoxError;
use std::marker::PhantomData;
use std::sync::OnceLock;
use tower_service::Service;

/// Layers around a function, outermost first. `B` is the service between two of them.
pub trait Layers<Request, Response, B>: Send + Sync + 'static {
    /// References that they borrow from the state: `((…, second), first)`, counted from the innermost.
    type Refs: Copy + Send + Sync + 'static;

    /// True for [`NoLayer`].
    const IS_EMPTY: bool = false;

    /// Wraps a service in the layers.
    fn around<S>(
        &self,
        service: S,
        refs: Self::Refs,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static;

    /// Wraps a service, which may have inner layers already.
    fn push(&self, inner: B, refs: Self::Refs) -> B;
}

/// No layers.
#[derive(Clone, Copy, Debug)]
pub struct NoLayer;

impl<Request: 'static, Response: 'static, B> Layers<Request, Response, B> for NoLayer {
    type Refs = ();

    const IS_EMPTY: bool = true;

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

    fn push(&self, inner: B, (): ()) -> B {
        inner
    }
}

/// The layers `L` around the layer `M`.
pub struct Stack<L, M> {
    outer: L,
    layer: M,
}

impl<L, M> Stack<L, M> {
    pub(crate) fn new(outer: L, layer: M) -> Stack<L, M> {
        Stack { outer, layer }
    }
}

impl<L, M, Request, Response, B> Layers<Request, Response, B> for Stack<L, M>
where
    L: Layers<Request, Response, B>,
    M: MakeLayer<B>,
    B: BoxedService<Request, Response>,
    Request: 'static,
    Response: 'static,
{
    type Refs = (L::Refs, M::Ref);

    fn around<S>(
        &self,
        service: S,
        refs: Self::Refs,
    ) -> impl Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static
    where
        S: Service<Request, Response = Response, Error = BoxError, Future: Send + 'static> + Clone + Send + 'static,
    {
        self.push(B::boxed(service), refs).map_errors()
    }

    fn push(&self, inner: B, (outer, own): Self::Refs) -> B {
        self.outer.push(self.layer.wrap(inner, own), outer)
    }
}

/// A layer, or a closure that builds one from the state.
pub trait MakeLayer<S>: Send + Sync + 'static {
    /// Reference that it borrows from the state; `()` for none.
    type Ref: Copy + Send + Sync + 'static;

    /// Wraps a service in the layer.
    fn wrap(&self, inner: S, state: Self::Ref) -> S;
}

/// A layer that does not depend on the state: a boxed `New`, so that its bounds are not part of the builder's type.
pub struct StaticLayer<S, New> {
    wrap: Box<dyn Fn(S) -> S + Send + Sync>,
    layer: PhantomData<fn(New)>,
}

impl<S, New: BoxLayer<S>> StaticLayer<S, New> {
    pub(crate) fn new(layer: New) -> Self {
        StaticLayer { wrap: Box::new(move |inner| layer.wrap(inner)), layer: PhantomData }
    }
}

impl<S: 'static, New: 'static> MakeLayer<S> for StaticLayer<S, New> {
    type Ref = ();

    fn wrap(&self, inner: S, (): ()) -> S {
        (self.wrap)(inner)
    }
}

/// A layer, a `New`, that a closure builds from the state, once.
pub struct LazyLayer<S, T: 'static, New> {
    wrap: Box<dyn Fn(S, &'static T) -> S + Send + Sync>,
    layer: PhantomData<fn(New)>,
}

impl<S, T: Sync, New: BoxLayer<S>> LazyLayer<S, T, New> {
    pub(crate) fn new(make: impl Fn(&'static T) -> New + Send + Sync + 'static) -> Self {
        let made = OnceLock::new();
        let wrap = move |inner, state| made.get_or_init(|| make(state)).wrap(inner);
        LazyLayer { wrap: Box::new(wrap), layer: PhantomData }
    }
}

impl<S: 'static, T: Sync, New: 'static> MakeLayer<S> for LazyLayer<S, T, New> {
    type Ref = &'static T;

    fn wrap(&self, inner: S, state: &'static T) -> S {
        (self.wrap)(inner, state)
    }
}
