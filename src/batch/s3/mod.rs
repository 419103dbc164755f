//! S3: notifications about the objects of a bucket.
//!
//! See [Using Lambda with Amazon S3](https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html).

mod object;
mod payload;

pub use object::{S3Object, ViaS3Object};
pub use payload::{S3, ViaS3};

use super::event::{BatchEvent, EventSchema, RecordEntry, SchemaField, SourceSchema};
use super::handle::{BatchPolicy, SourcePolicy};
use super::kind::{Form, Records, Source, records};
use super::options::OnFailure;
use super::payload::is_test_event;
use super::response::Reporting;
use super::scheduler::{FailureScope, Groups};
use crate::builder::Builder;
use crate::function::parameters::AsyncFn;
use lrt_core::__private::json::{find_field, find_text};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The source of a function that handles the notifications of a bucket.
#[derive(Debug)]
pub struct Bucket(());

impl Source for Bucket {
    const NAME: &'static str = "s3";
    const FORM: Form = Form::Retried;
}

/// Starts the builder of a function that handles the notifications of an S3 bucket, one object at a time.
///
/// The function takes an [`S3Object`], whose key is decoded, or a `Result<S3Object, DecodeError>`; also a
/// [`Context`](crate::Context), and `&T`s of the value that [`init`](Builder::init) returns. Any other `Deserialize` type is
/// decoded from the entire record.
///
/// S3 invokes the function asynchronously. If an object fails, the invocation fails with its error, and Lambda retries the
/// entire event: twice, unless it is configured otherwise
/// ([retries](https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html)). S3 sends one object per event
/// in practice. An [`Error::permanent`](crate::Error::permanent) is not retried. The event that tests a
/// notification (`s3:TestEvent`) succeeds without a call of the function.
///
/// ```no_run
/// use lrt::s3::S3Object;
///
/// async fn thumb(object: S3Object) -> Result<(), lrt::Error> {
///     println!("{} in {}: {:?} bytes", object.key, object.bucket, object.size);
///     Ok(())
/// }
///
/// fn main() -> std::process::ExitCode {
///     lrt::s3(thumb).run()
/// }
/// ```
pub fn s3<F: AsyncFn<A>, A>(function: F) -> Builder<Records<Bucket>, F, A> {
    records(function)
}

impl SourceSchema for Bucket {
    const SCHEMA: &'static EventSchema = &EventSchema {
        service: "aws:s3",
        is_empty: is_test_event,
        payload_is_record: true,
        identify,
        fields: &[SchemaField::At("eventSource", |spans| &mut spans.source)],
        ..EventSchema::LIST
    };
}

/// Identifies a record by the request that caused it and its sequencer, since one request can delete several objects. A record
/// without both, such as a hand-written one, is identified by a hash.
fn identify(_: &EventSchema, event: &str, entry: &mut RecordEntry) -> Option<Box<str>> {
    let record = entry.json.of(event);
    let request = find_field(record, "responseElements").and_then(|elements| find_text(elements, "x-amz-request-id"));
    let object = find_field(record, "s3").and_then(|s3| find_field(s3, "object"));
    let sequencer = object.and_then(|object| find_text(object, "sequencer"));
    let ids: Vec<_> = [request, sequencer].into_iter().flatten().filter(|id| !id.is_empty()).collect();
    if ids.is_empty() {
        let mut hasher = DefaultHasher::new();
        record.hash(&mut hasher);
        return Some(format!("{:016x}", hasher.finish()).into());
    }
    Some(ids.join(":").into())
}

impl SourcePolicy for Bucket {
    fn policy(_: &BatchEvent, concurrency: Option<usize>, _: Option<OnFailure>) -> BatchPolicy {
        BatchPolicy {
            groups: Groups::None,
            concurrency: concurrency.unwrap_or(1),
            failure_scope: FailureScope::Record,
            reporting: Reporting::Invocation,
            failure_consequence: "Lambda retries the event",
        }
    }
}
