//! Checks of what may go to another thread.
//!
//! Here the compiler's own words are best, since they name the part that may not. So what fails is the bound of a
//! method: that of the last type on the way of `Deref`, which is reached only by what the others do not take.

use super::Pass;
use std::marker::PhantomData;
use std::ops::Deref;

/// A type, without a value of it.
pub struct Type<T>(NotBoth<T>);

/// A type that is not both `Send` and `Sync`.
pub struct NotBoth<T>(OneThread<T>);

/// A type whose `Send` or `Sync` is asked for and missing.
pub struct OneThread<T>(PhantomData<fn() -> T>);

impl<T> Type<T> {
    /// It.
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Type(NotBoth(OneThread(PhantomData)))
    }
}

impl<T: Send> Type<T> {
    /// The future of a function, of init, or of shutdown.
    pub fn can_be_sent(&self) -> Pass {
        Pass::NEW
    }
}

impl<T: Send + Sync> Type<T> {
    /// What `init` returned.
    pub fn can_be_shared(&self) -> Pass {
        Pass::NEW
    }
}

impl<T: Sync> NotBoth<T> {
    /// What `init` returned, and is not `Send`.
    pub fn can_be_shared<P>(&self) -> P
    where
        T: Send,
    {
        unreachable!("what is not `Send` has failed to compile")
    }
}

impl<T> OneThread<T> {
    /// What is not `Send`.
    pub fn can_be_sent<P>(&self) -> P
    where
        T: Send,
    {
        unreachable!("what is not `Send` has failed to compile")
    }

    /// What `init` returned, and is not `Sync`.
    pub fn can_be_shared<P>(&self) -> P
    where
        T: Sync,
    {
        unreachable!("what is not `Sync` has failed to compile")
    }
}

impl<T> Deref for Type<T> {
    type Target = NotBoth<T>;

    fn deref(&self) -> &NotBoth<T> {
        &self.0
    }
}

impl<T> Deref for NotBoth<T> {
    type Target = OneThread<T>;

    fn deref(&self) -> &OneThread<T> {
        &self.0
    }
}
