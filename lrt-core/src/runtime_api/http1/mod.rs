//! HTTP/1.1 as the Runtime API speaks it: one connection, one request at a time.

mod alarm;
pub(crate) mod body;
pub(crate) mod chunks;
pub(crate) mod conn;
pub(crate) mod encode;
pub(crate) mod head;
