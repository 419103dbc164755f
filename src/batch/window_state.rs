//! The state of a tumbling window while the records of an event are handled.

use bytes::Bytes;
use lrt_core::ErrorReport;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::Any;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Types that the state of a [`Window`](super::Window) can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a window",
    label = "not `Default`, `Serialize` and `Deserialize`",
    note = "add `#[derive(Default, serde::Serialize, serde::Deserialize)]` to the type"
)]
pub trait WindowState: Default + Serialize + DeserializeOwned + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<S: Default + Serialize + DeserializeOwned + Send + Sync + 'static> WindowState for S {}

/// The window of an event.
pub(crate) struct WindowEvent {
    event: Bytes,
    /// The state in the event as JSON; empty if it has none.
    state: Bytes,
    /// True if this is the last event of the window.
    pub(super) is_final: bool,
    progress: Mutex<Progress>,
}

/// The state while the records of an event are handled.
#[derive(Default)]
pub(super) struct Progress {
    /// `None` until the function takes it.
    pub(super) state: Option<Erased>,
    /// The state before the record that was started last, and the position of that record in the event. Records that were
    /// aggregated have the same position.
    checkpoint: Option<(u32, Option<Erased>)>,
    /// The state before the last call of the function, from which a record layer that repeats the call starts again.
    before_call: Option<Option<Erased>>,
}

/// A state whose type is not known.
#[derive(Clone)]
pub(super) struct Erased {
    pub(super) value: Arc<dyn Any + Send + Sync>,
    write: fn(&dyn Any) -> serde_json::Result<Vec<u8>>,
}

impl Erased {
    pub(super) fn new<S: WindowState>(state: Arc<S>) -> Erased {
        let write = |state: &dyn Any| match state.downcast_ref::<S>() {
            Some(state) => serde_json::to_vec(state),
            None => unreachable!("a state is written as the type that it was created from"),
        };
        Erased { value: state, write }
    }
}

impl WindowEvent {
    pub(super) fn new(event: Bytes, state: Bytes, is_final: bool) -> WindowEvent {
        WindowEvent { event, state, is_final, progress: Mutex::default() }
    }

    /// Returns the event.
    pub(super) fn event(&self) -> &str {
        std::str::from_utf8(&self.event).unwrap_or_default()
    }

    /// Returns the state in the event as JSON; empty if it has none.
    pub(super) fn json(&self) -> &str {
        std::str::from_utf8(&self.state).unwrap_or_default()
    }

    /// Locks the state. Ignores panics of the user's code: they happen before the state is changed.
    pub(super) fn lock(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks the start of a record.
    pub(super) fn start(&self, position: u32) {
        let mut progress = self.lock();
        let state = progress.state.clone();
        if progress.checkpoint.as_ref().is_none_or(|(started, _)| *started != position) {
            progress.checkpoint = Some((position, state.clone()));
        }
        progress.before_call = Some(state);
    }

    /// Discards what the last call of the function has changed.
    pub(super) fn undo_call(&self) {
        let mut progress = self.lock();
        if let Some(state) = progress.before_call.clone() {
            progress.state = state;
        }
    }

    /// Discards what the record at this position has changed, if it was started.
    pub(super) fn roll_back(&self, position: u32) {
        let mut progress = self.lock();
        if let Some((started, state)) = &progress.checkpoint
            && *started == position
        {
            progress.state = state.clone();
        }
    }

    /// Returns the state as JSON; `None` if the function has not taken it.
    ///
    /// # Errors
    ///
    /// Returns an error if the state cannot be serialized.
    pub(super) fn write(&self) -> Result<Option<Vec<u8>>, ErrorReport> {
        let state = self.lock().state.clone();
        let state = state.map(|state| (state.write)(&*state.value)).transpose();
        state.map_err(|error| {
            ErrorReport::marshal(format!("cannot serialize the state of the tumbling window: {error}"))
        })
    }
}
