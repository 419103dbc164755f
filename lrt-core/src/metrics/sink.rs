//! Holds what was recorded and not written yet.

use super::Automatic;
use ::metrics::{Key, Unit};
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

thread_local! {
    /// The sink of the init that is polled on this thread, if there is one.
    static INIT: RefCell<Option<Arc<Sink>>> = const { RefCell::new(None) };
}

/// The sink for metrics that are recorded outside of an invocation and of init: by tasks and threads without a
/// context. In a process with several functions, such as a test, it belongs to the last one.
static FALLBACK: Mutex<Option<Arc<Sink>>> = Mutex::new(None);

/// The units of metrics, by name.
static UNITS: Mutex<BTreeMap<String, Unit>> = Mutex::new(BTreeMap::new());

/// Sets the sink for metrics without an invocation.
pub(super) fn set_fallback(unattributed: &Arc<Sink>) {
    *lock(&FALLBACK) = Some(Arc::clone(unattributed));
}

/// Returns the sink for metrics that are recorded outside of an invocation.
pub(crate) fn outside_of_invocations() -> Option<Arc<Sink>> {
    // The thread-local may be destroyed already while the thread ends.
    let init = INIT.try_with(|init| init.borrow().clone()).ok().flatten();
    init.or_else(|| lock(&FALLBACK).clone())
}

/// Sets the unit of a metric.
pub(crate) fn describe(name: &str, unit: Unit) {
    lock(&UNITS).insert(name.to_owned(), unit);
}

/// Runs `f`, which is a part of the function's init. Its metrics are recorded in `sink`.
pub(super) fn within<T>(sink: &Arc<Sink>, f: impl FnOnce() -> T) -> T {
    /// Restores the previous sink, also after a panic.
    struct Entered(Option<Arc<Sink>>);
    impl Drop for Entered {
        fn drop(&mut self) {
            INIT.set(self.0.take());
        }
    }
    let _entered = Entered(INIT.replace(Some(Arc::clone(sink))));
    f()
}

/// Returns the unit of a metric in CloudWatch, and the factor for its values.
///
/// See [MetricDatum](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html) for the units.
/// CloudWatch does not define whether its kilobytes have 1000 or 1024 bytes, so sizes are converted to bytes.
pub(super) fn unit(name: &str) -> Option<(&'static str, f64)> {
    let kibi = |power: i32| 1024f64.powi(power);
    Some(match lock(&UNITS).get(name)? {
        Unit::Count => ("Count", 1.0),
        Unit::Percent => ("Percent", 1.0),
        Unit::Seconds => ("Seconds", 1.0),
        Unit::Milliseconds => ("Milliseconds", 1.0),
        Unit::Microseconds => ("Microseconds", 1.0),
        Unit::Nanoseconds => ("Microseconds", 1e-3),
        Unit::Tebibytes => ("Bytes", kibi(4)),
        Unit::Gibibytes => ("Bytes", kibi(3)),
        Unit::Mebibytes => ("Bytes", kibi(2)),
        Unit::Kibibytes => ("Bytes", kibi(1)),
        Unit::Bytes => ("Bytes", 1.0),
        Unit::TerabitsPerSecond => ("Terabits/Second", 1.0),
        Unit::GigabitsPerSecond => ("Gigabits/Second", 1.0),
        Unit::MegabitsPerSecond => ("Megabits/Second", 1.0),
        Unit::KilobitsPerSecond => ("Kilobits/Second", 1.0),
        Unit::BitsPerSecond => ("Bits/Second", 1.0),
        Unit::CountPerSecond => ("Count/Second", 1.0),
    })
}

/// The metrics of an execution environment, or of code outside of invocations.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    state: Mutex<State>,
    levels: Arc<Mutex<Levels>>,
}

/// The recorded metrics.
#[derive(Debug, Default)]
pub(super) struct State {
    /// The metrics of lrt, in the order of [`Automatic::NAMES`].
    pub(super) counts: [usize; Automatic::NAMES.len()],
    pub(super) recorded: Recorded,
}

/// The values that the next change of a gauge or counter refers to. All sinks of a function share them.
#[derive(Debug, Default)]
struct Levels {
    gauges: HashMap<Key, f64>,
    counters: HashMap<Key, u64>,
}

impl Sink {
    /// Creates a sink whose gauges and counters continue from the values of another sink.
    pub(super) fn sharing_levels(other: &Sink) -> Sink {
        Sink { state: Mutex::default(), levels: Arc::clone(&other.levels) }
    }

    pub(super) fn record_automatic(&self, metric: Automatic, count: usize) {
        let index = metric as usize;
        let is_flag = matches!(metric, Automatic::Errors | Automatic::Timeouts);
        let value = &mut lock(&self.state).counts[index];
        *value = if is_flag { count.min(1).max(*value) } else { value.saturating_add(count) };
    }

    /// Takes everything that was recorded.
    pub(super) fn take(&self) -> State {
        mem::take(&mut *lock(&self.state))
    }

    /// Takes the function's own metrics.
    pub(super) fn take_recorded(&self) -> Recorded {
        mem::take(&mut lock(&self.state).recorded)
    }

    pub(crate) fn add_to_counter(&self, key: &Key, value: u64) {
        self.put(key, Value::Counter(value));
    }

    /// Adds the difference to the last absolute value.
    pub(crate) fn set_counter(&self, key: &Key, value: u64) {
        let increase = {
            let mut levels = lock(&self.levels);
            let last = levels.counters.entry(key.clone()).or_default();
            let increase = value.saturating_sub(*last);
            *last = value.max(*last);
            increase
        };
        self.put(key, Value::Counter(increase));
    }

    /// Changes a gauge. The new value is recorded.
    pub(crate) fn change_gauge(&self, key: &Key, change: impl FnOnce(f64) -> f64) {
        let value = {
            let mut levels = lock(&self.levels);
            let level = levels.gauges.entry(key.clone()).or_default();
            *level = change(*level);
            *level
        };
        self.put(key, Value::Gauge(value));
    }

    pub(crate) fn add_to_histogram(&self, key: &Key, value: f64, count: usize) {
        self.put(key, Value::Histogram(vec![value; count]));
    }

    fn put(&self, key: &Key, value: Value) {
        lock(&self.state).recorded.add(key.clone(), value);
    }
}

/// Metrics of the function. Each is written once.
#[derive(Debug, Default)]
pub(super) struct Recorded(BTreeMap<(Key, Kind), Value>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Counter,
    Gauge,
    Histogram,
}

#[derive(Debug)]
pub(super) enum Value {
    /// The sum of all increments.
    Counter(u64),
    /// The last value.
    Gauge(f64),
    Histogram(Vec<f64>),
}

impl Recorded {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Key, &Value)> {
        self.0.iter().map(|((key, _), value)| (key, value))
    }

    /// Adds the metrics of `later`.
    pub(super) fn merge(mut self, later: Recorded) -> Recorded {
        if self.is_empty() {
            return later;
        }
        later.0.into_iter().for_each(|((key, _), value)| self.add(key, value));
        self
    }

    fn add(&mut self, key: Key, value: Value) {
        let kind = match value {
            Value::Counter(_) => Kind::Counter,
            Value::Gauge(_) => Kind::Gauge,
            Value::Histogram(_) => Kind::Histogram,
        };
        match self.0.entry((key, kind)) {
            Entry::Vacant(entry) => drop(entry.insert(value)),
            Entry::Occupied(entry) => match (entry.into_mut(), value) {
                (Value::Counter(sum), Value::Counter(more)) => *sum = sum.saturating_add(more),
                (Value::Histogram(values), Value::Histogram(mut more)) => values.append(&mut more),
                (last, value) => *last = value,
            },
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
