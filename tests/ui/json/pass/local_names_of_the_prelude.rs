#![allow(dead_code)]

struct Result;
struct Option;
struct Some;
struct String;
struct Vec;
struct Box;
struct Default;
struct Into;
struct Send;
struct Sync;
struct Sized;
struct Fn;
struct Clone;
struct Copy;
struct Error;
struct Function;
struct Handler;
struct Margin;
struct ExitCode;
struct Duration;
struct AsyncFn;

#[allow(non_snake_case)]
fn Ok() {}
#[allow(non_snake_case)]
fn Err() {}

mod std {}
mod core {}
mod lrt_macros {}

/// Recognized by its name, although there are other items of that name.
mod local {
    pub struct Context;
}
use local::Context as Other;

async fn connect() -> u8 {
    1
}

async fn close(_: &u8) {}

#[::lrt::lambda(init = connect, shutdown = close, deadline_margin = off)]
async fn process(id: u64, _: ::lrt::Context, _: &u8) -> ::core::result::Result<u64, ::lrt::Error> {
    let _ = (Other, Ok(), Err());
    ::core::result::Result::Ok(id)
}
