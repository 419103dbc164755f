//! The registry of open spans, of all threads.

use super::fields::Fields;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing_core::Metadata;
use tracing_core::span::Id;

/// The open spans. Slots and buffers of closed spans are reused.
#[derive(Default)]
pub(super) struct SpanRegistry(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    slots: Vec<SpanSlot>,
    free: Vec<usize>,
}

/// A slot, which may contain an open span.
pub(super) struct SpanSlot {
    pub(super) metadata: &'static Metadata<'static>,
    pub(super) fields: Fields,
    parent: Option<usize>,
    /// The number of handles, children included.
    handles: usize,
}

impl SpanRegistry {
    /// Opens a span. `fill` runs user code, so it is called without holding the lock.
    pub(super) fn open(
        &self,
        metadata: &'static Metadata<'static>,
        parent: Option<&Id>,
        fill: impl FnOnce(&mut Fields),
    ) -> Id {
        let mut fields = self.lock().spare();
        fill(&mut fields);
        let mut slots = self.lock();
        let parent = parent.and_then(|parent| slots.add_handle(parent));
        let open = SpanSlot { metadata, fields, parent, handles: 1 };
        let at = match slots.free.pop() {
            Some(at) => {
                slots.slots[at] = open;
                at
            }
            None => {
                slots.slots.push(open);
                slots.slots.len() - 1
            }
        };
        Id::from_u64(at as u64 + 1)
    }

    /// Adds fields to a span. `fill` runs user code, so it is called without holding the lock.
    pub(super) fn record(&self, id: &Id, fill: impl FnOnce(&mut Fields)) {
        let mut more = Fields::default();
        fill(&mut more);
        let mut slots = self.lock();
        if let Some(at) = slots.find(id) {
            let fields = &mut slots.slots[at].fields;
            more.iter().for_each(|(name, value)| fields.put(name, |out| out.push_str(value)));
        }
    }

    pub(super) fn add_handle(&self, id: &Id) {
        self.lock().add_handle(id);
    }

    /// Drops a handle. Returns true if it was the last one.
    pub(super) fn drop_handle(&self, id: &Id) -> bool {
        let mut slots = self.lock();
        slots.find(id).is_some_and(|at| slots.drop_handle(at))
    }

    pub(super) fn metadata(&self, id: &Id) -> Option<&'static Metadata<'static>> {
        let slots = self.lock();
        slots.find(id).map(|at| slots.slots[at].metadata)
    }

    /// Calls `read` with a span and its ancestors.
    pub(super) fn read<T>(&self, id: Option<&Id>, read: impl FnOnce(SpanChain<'_>) -> T) -> T {
        match id {
            None => read(SpanChain { slots: &[], next: None }),
            Some(id) => {
                let slots = self.lock();
                read(SpanChain { slots: &slots.slots, next: slots.find(id) })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Returns the slot of an open span.
    fn find(&self, id: &Id) -> Option<usize> {
        let at = usize::try_from(id.into_u64() - 1).ok()?;
        self.slots.get(at).filter(|open| open.handles > 0).map(|_| at)
    }

    fn add_handle(&mut self, id: &Id) -> Option<usize> {
        let at = self.find(id)?;
        self.slots[at].handles += 1;
        Some(at)
    }

    /// Closing a span drops a handle of its parent.
    fn drop_handle(&mut self, mut at: usize) -> bool {
        let mut is_last = false;
        loop {
            let open = &mut self.slots[at];
            open.handles -= 1;
            if open.handles > 0 {
                return is_last;
            }
            is_last = true;
            open.fields.clear();
            let parent = open.parent.take();
            self.free.push(at);
            match parent {
                Some(parent) => at = parent,
                None => return is_last,
            }
        }
    }

    /// Takes the buffers of the slot that is used next.
    fn spare(&mut self) -> Fields {
        let next = self.free.last().map(|at| std::mem::take(&mut self.slots[*at].fields));
        next.unwrap_or_default()
    }
}

/// Iterates over a span and its ancestors.
#[derive(Clone, Copy)]
pub(super) struct SpanChain<'a> {
    slots: &'a [SpanSlot],
    next: Option<usize>,
}

impl<'a> Iterator for SpanChain<'a> {
    type Item = &'a SpanSlot;

    fn next(&mut self) -> Option<&'a SpanSlot> {
        let open = &self.slots[self.next?];
        self.next = open.parent;
        Some(open)
    }
}
