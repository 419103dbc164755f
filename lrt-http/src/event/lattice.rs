//! VPC Lattice, with event structures of version 2 and version 1.
//!
//! See [Lambda functions as targets in VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service).

use super::Target;
use super::fields::Fields;
use super::uri::{Path, Query};
use lrt_core::__private::json::JsonValue;

/// The query string is usually part of the path as well. That form is preferred, since it is not decoded.
pub(super) fn change<'a>(target: &mut Target<'a>, fields: &Fields<'a>) {
    let (field, path) = match fields.is_lattice_v1 {
        true => ("raw_path", fields.raw_path),
        false => ("path", fields.path),
    };
    target.method_field = "method";
    target.path = Path::encoded(field, path);
    let query = target.path.take_query();
    target.query = query.unwrap_or(Query::Decoded { multi: JsonValue::Null, single: fields.query });
}
