//! Batches.

// Nothing calls the decoder yet.
#[allow(dead_code)]
mod dynamodb;
