//! HTTP functions of [`lrt`](https://docs.rs/lrt): the events of every HTTP origin, losslessly as `http::Request`s, and
//! `http::Response`s as the origins take them.
