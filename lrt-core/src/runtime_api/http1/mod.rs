//! HTTP/1.1 for the Runtime API: one connection, one request at a time.

pub(crate) mod chunked_decoder;
pub(crate) mod chunked_encoder;
pub(crate) mod conn;
pub(crate) mod request_head;
pub(crate) mod response_head;
mod stall_timeout;
