//! Payloads in formats of the user's own.

use super::payload::{DecodeError, Payload};
use serde::de::DeserializeOwned;
use std::marker::PhantomData;

/// A type with its own decoding, for payloads that are neither JSON nor text: Protobuf, Avro, CSV.
///
/// Such a type can be used in each place of a batch function that takes a `Deserialize`: `Csv`, `Message<Csv>`,
/// `Result<Csv, DecodeError>`, `Sns<Csv>`, `Option<Csv>` for Kafka's tombstones.
///
/// ```
/// use lrt::batch::DecodeError;
/// use lrt::payload::Decode;
/// use lrt::testing::events;
///
/// struct Reading { sensor: String, celsius: f64 }
///
/// /// `greenhouse,21.5`
/// impl Decode for Reading {
///     fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
///         let line = std::str::from_utf8(bytes).map_err(DecodeError::custom)?;
///         let (sensor, celsius) = line.split_once(',').ok_or_else(|| DecodeError::custom("expected two columns"))?;
///         Ok(Reading { sensor: sensor.to_owned(), celsius: celsius.parse().map_err(DecodeError::custom)? })
///     }
/// }
///
/// async fn ingest(reading: Reading) -> Result<(), lrt::Error> {
///     println!("{}: {} °C", reading.sensor, reading.celsius);
///     Ok(())
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let outcome = lrt::sqs(ingest).harness().invoke(events::sqs().text("greenhouse,21.5").text("greenhouse")).await;
/// assert_eq!(outcome.batch_failures(), ["message-2"]);
/// assert!(outcome.logs()[0].contains("DecodeError: expected two columns"));
/// # }
/// ```
///
/// If a type implements `Deserialize` as well, [`Decoded`] and [`Deserialized`] select one of the two.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement `lrt::payload::Decode`",
    note = "implement it: `fn decode(bytes: &[u8]) -> Result<Self, DecodeError>`"
)]
pub trait Decode: Sized + Send + 'static {
    /// Decodes a payload.
    ///
    /// # Errors
    ///
    /// Returns an error ([`DecodeError::custom`]) if the bytes do not fit the type.
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError>;
}

/// A payload that is decoded by its [`Decode`], for types that also implement `Deserialize`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decoded<T>(pub T);

/// A payload that is decoded from JSON, for types that also implement [`Decode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Deserialized<T>(pub T);

/// Marks a payload with its own [`Decode`].
#[derive(Debug)]
pub struct ViaDecode;

/// Marks a payload that is optional. The marker `M` selects the decoding of the value.
#[derive(Debug)]
pub struct ViaOption<M>(PhantomData<M>);

/// Marks a [`Decoded`].
#[derive(Debug)]
pub struct ViaDecoded;

/// Marks a [`Deserialized`].
#[derive(Debug)]
pub struct ViaDeserialized;

#[diagnostic::do_not_recommend]
impl<T: Decode> Payload<ViaDecode> for T {
    fn decode(bytes: &[u8]) -> Result<T, DecodeError> {
        <T as Decode>::decode(bytes)
    }
}

/// A Kafka tombstone is `None`.
#[diagnostic::do_not_recommend]
impl<T: Decode> Payload<ViaOption<ViaDecode>> for Option<T> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        <T as Decode>::decode(bytes).map(Some)
    }

    fn absent() -> Result<Self, DecodeError> {
        Ok(None)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Decode> Payload<ViaDecoded> for Decoded<T> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        <T as Decode>::decode(bytes).map(Decoded)
    }
}

#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned + Send + 'static> Payload<ViaDeserialized> for Deserialized<T> {
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        <T as Payload<super::ViaJson>>::decode(bytes).map(Deserialized)
    }

    fn decode_text(text: &str) -> Result<Self, DecodeError> {
        <T as Payload<super::ViaJson>>::decode_text(text).map(Deserialized)
    }

    fn absent() -> Result<Self, DecodeError> {
        <T as Payload<super::ViaJson>>::absent().map(Deserialized)
    }
}
