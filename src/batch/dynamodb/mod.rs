//! DynamoDB streams.

mod attribute;
