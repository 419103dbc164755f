//! Events of JSON functions.

use crate::{EventError, IntoEvent};
use bytes::Bytes;
use serde::Serialize;

/// Creates an event from this value, as JSON.
///
/// ```
/// use lrt::testing::events;
///
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Order { id: u64 }
///
/// async fn next(order: Order) -> Result<Order, lrt::Error> {
///     Ok(Order { id: order.id + 1 })
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let outcome = lrt::json(next).harness().invoke(events::json(&Order { id: 7 })).await;
/// assert_eq!(outcome.reply::<Order>().id, 8);
/// # }
/// ```
pub fn json(value: &impl Serialize) -> JsonEvent {
    let error = |error| EventError::new(format!("cannot serialize the event as JSON: {error}"));
    JsonEvent(serde_json::to_vec(value).map(Bytes::from).map_err(error))
}

/// The event that [`json`] creates.
#[derive(Clone, Debug)]
pub struct JsonEvent(Result<Bytes, EventError>);

impl IntoEvent for JsonEvent {
    fn into_event(self) -> Result<Bytes, EventError> {
        self.0
    }
}
