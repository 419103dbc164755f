#![no_implicit_prelude]

async fn connect() -> ::std::result::Result<u8, ::lrt::Error> {
    ::std::result::Result::Ok(1)
}

async fn close(_: &u8) {}

#[::lrt::lambda(init = connect, shutdown = close, deadline_margin = ::std::time::Duration::from_millis(5))]
async fn process(id: u64, ctx: ::lrt::Context, _: &u8) -> ::std::result::Result<u64, ::lrt::Error> {
    let _ = ctx;
    ::std::result::Result::Ok(id)
}
