//! `cargo run`: the function behind a port, until ctrl-c.

use super::front::Front;
use super::http::{Gateway, origin_of};
use super::lambda::Lambda;
use super::say;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lrt_core::Handler;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The most bytes of a request's head. What it hands on has to fit into the head of an event, which has 64 KiB.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How long answers may take to leave once the function's loop has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// Serves the function on this machine and nowhere else; or says why it cannot.
pub(super) fn serve(handler: &impl Handler, port: u16, origin: Option<&str>) -> Result<ExitCode, String> {
    let origin = origin_of(handler.kind(), origin)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} is in use; another one: --port N (0: any that is free)"),
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}; another port: --port N (0: any that is free)"),
    })?;
    let broken = |error: io::Error| format!("the local Lambda cannot start: {error}");
    listener.set_nonblocking(true).map_err(broken)?;
    let address = listener.local_addr().map_err(broken)?;
    let lambda = Lambda::start().map_err(broken)?;

    let name = handler.name();
    let gateway = origin.map(|origin| Gateway::new(origin, handler.route()));
    let what =
        gateway.as_ref().map_or("invoke it".to_owned(), |gateway| format!("call it as through {}", gateway.name()));
    let front = Front { api: lambda.api().clone(), name: name.to_owned(), address, gateway };
    say(format!("`{name}` is served at http://{address} (ctrl-c ends it); to {what}:\n{}", front.curl()).as_bytes());
    let run = |environment| lrt_core::run(handler, environment);
    let (code, listened) = lambda.with_function(name, run, listen(listener, Arc::new(front)));
    listened.map_err(broken)?;
    Ok(code)
}

/// Takes connections until the function's loop has ended, and lets those that are there have their answers.
async fn listen(listener: TcpListener, front: Arc<Front>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    while let Some(accepted) = unless_ended(&front, listener.accept()).await {
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&front)))),
            // Out of file descriptors, most likely: it stays so until a connection ends.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    // A client that reads no more must not hold up the exit.
    _ = timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn connection(stream: TcpStream, front: Arc<Front>) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(front.respond(request).await) });
    let mut http = http1::Builder::new();
    let mut connection = pin!(http.max_buf_size(MAX_HEAD_BYTES).serve_connection(TokioIo::new(stream), service));
    // A client that has gone is no error: there is nobody left to tell.
    if unless_ended(&front, connection.as_mut()).await.is_none() {
        connection.as_mut().graceful_shutdown();
        _ = connection.await;
    }
}

/// Waits for `future`, or until no event will be taken any more: then `None`.
async fn unless_ended<T>(front: &Front, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    // Either the init has failed, or the loop has ended and the API was stopped, which ends this wait as well.
    let mut ended = pin!(front.api.init_error());
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => ended.as_mut().poll(cx).map(|_| None),
    })
    .await
}
