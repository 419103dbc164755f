//! The spans that are open, in all threads.

use super::fields::Fields;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tracing_core::Metadata;
use tracing_core::span::Id;

/// The open spans. Those that have ended leave their places, and their buffers, to others.
#[derive(Default)]
pub(super) struct Spans(Mutex<Places>);

#[derive(Default)]
struct Places {
    places: Vec<Open>,
    free: Vec<usize>,
}

/// A span, or the place of one.
pub(super) struct Open {
    pub(super) metadata: &'static Metadata<'static>,
    pub(super) fields: Fields,
    parent: Option<usize>,
    /// How many handles it has; each child is one.
    handles: usize,
}

impl Spans {
    /// Opens a span. `fill` runs the user's code, so nothing is locked meanwhile.
    pub(super) fn open(
        &self,
        metadata: &'static Metadata<'static>,
        parent: Option<&Id>,
        fill: impl FnOnce(&mut Fields),
    ) -> Id {
        let mut fields = self.lock().spare();
        fill(&mut fields);
        let mut places = self.lock();
        let parent = parent.and_then(|parent| places.add_handle(parent));
        let open = Open { metadata, fields, parent, handles: 1 };
        let at = match places.free.pop() {
            Some(at) => {
                places.places[at] = open;
                at
            }
            None => {
                places.places.push(open);
                places.places.len() - 1
            }
        };
        Id::from_u64(at as u64 + 1)
    }

    /// Gives more fields to a span. `fill` runs the user's code: as above.
    pub(super) fn record(&self, id: &Id, fill: impl FnOnce(&mut Fields)) {
        let mut more = Fields::default();
        fill(&mut more);
        let mut places = self.lock();
        if let Some(at) = places.find(id) {
            let fields = &mut places.places[at].fields;
            more.iter().for_each(|(name, value)| fields.put(name, |out| out.push_str(value)));
        }
    }

    pub(super) fn add_handle(&self, id: &Id) {
        self.lock().add_handle(id);
    }

    /// Whether that was the last handle.
    pub(super) fn drop_handle(&self, id: &Id) -> bool {
        let mut places = self.lock();
        places.find(id).is_some_and(|at| places.drop_handle(at))
    }

    pub(super) fn metadata(&self, id: &Id) -> Option<&'static Metadata<'static>> {
        let places = self.lock();
        places.find(id).map(|at| places.places[at].metadata)
    }

    /// Hands out a span and those around it.
    pub(super) fn read<T>(&self, id: Option<&Id>, read: impl FnOnce(Chain<'_>) -> T) -> T {
        match id {
            None => read(Chain { places: &[], next: None }),
            Some(id) => {
                let places = self.lock();
                read(Chain { places: &places.places, next: places.find(id) })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    /// Where a span stands that has not ended.
    fn find(&self, id: &Id) -> Option<usize> {
        let at = usize::try_from(id.into_u64() - 1).ok()?;
        self.places.get(at).filter(|open| open.handles > 0).map(|_| at)
    }

    fn add_handle(&mut self, id: &Id) -> Option<usize> {
        let at = self.find(id)?;
        self.places[at].handles += 1;
        Some(at)
    }

    /// A span that ends is one handle less of its parent.
    fn drop_handle(&mut self, mut at: usize) -> bool {
        let mut is_last = false;
        loop {
            let open = &mut self.places[at];
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

    /// The buffers of the place that is used next.
    fn spare(&mut self) -> Fields {
        let next = self.free.last().map(|at| std::mem::take(&mut self.places[*at].fields));
        next.unwrap_or_default()
    }
}

/// A span, then the one around it, and so on.
#[derive(Clone, Copy)]
pub(super) struct Chain<'a> {
    places: &'a [Open],
    next: Option<usize>,
}

impl<'a> Iterator for Chain<'a> {
    type Item = &'a Open;

    fn next(&mut self) -> Option<&'a Open> {
        let open = &self.places[self.next?];
        self.next = open.parent;
        Some(open)
    }
}
