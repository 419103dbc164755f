//! `cargo run`: the function behind a port, until ctrl-c.

use super::environment::ExecutionEnvironment;
use super::front::{Front, Function};
use super::http::{Gateway, origin_of};
use super::lambda::Lambda;
use super::say;
use super::served::Served;
use crate::gateway::Origin;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
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
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The most bytes of a request's head. What it hands on has to fit into the head of an event, which has 64 KiB.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Ends a wait once no event will be taken any more.
type Ended = watch::Receiver<()>;

/// How long answers may take to leave once the function's loop has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// Serves the functions on this machine and nowhere else; or says why it cannot.
pub(super) fn serve(functions: &[&dyn Served], port: u16, origin: Option<&str>) -> Result<ExitCode, String> {
    let origins = origins(functions, origin)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} is in use; another one: --port N (0: any that is free)"),
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}; another port: --port N (0: any that is free)"),
    })?;
    let broken = |error: io::Error| format!("the local Lambda cannot start: {error}");
    listener.set_nonblocking(true).map_err(broken)?;
    let address = listener.local_addr().map_err(broken)?;
    let lambda = Lambda::start(functions.len()).map_err(broken)?;

    let in_environment = if functions.len() == 1 { ExecutionEnvironment::awake } else { ExecutionEnvironment::asleep };
    let environments = lambda.apis().iter().map(|api| Arc::new(in_environment(api.clone())));
    let functions: Vec<_> = functions.iter().copied().zip(environments).collect();
    let behind = functions.iter().zip(origins).map(|((function, environment), origin)| Function {
        name: function.name().to_owned(),
        kind: function.kind(),
        environment: Arc::clone(environment),
        gateway: origin.map(|origin| Gateway::new(origin, function.route())),
    });
    let front = Front::new(behind.collect(), address);
    say(front.greeting().as_bytes());
    // Nothing is ever sent: that its other end is dropped is the word.
    let (end, ended) = watch::channel(());
    let listen = listen(listener, Arc::new(front), ended);
    let (code, listened) = match &*functions {
        [(only, _)] => {
            let run = |environment| {
                let code = only.run(environment);
                drop(end);
                code
            };
            lambda.with_function(only.name(), run, listen)
        }
        several => (ExitCode::SUCCESS, lambda.with_functions(several, || drop(end), listen)),
    };
    listened.map_err(broken)?;
    Ok(code)
}

/// The service in front of each function. Of several, those take the one that was named that can.
fn origins(functions: &[&dyn Served], named: Option<&str>) -> Result<Vec<Option<Origin>>, String> {
    if let ([_, _, ..], Some(name)) = (functions, named)
        && !functions.iter().any(|function| origin_of(function.kind(), named).is_ok())
    {
        return Err(format!("--origin {name}: no function takes it"));
    }
    let origin = |function: &&dyn Served| match origin_of(function.kind(), named) {
        Err(_) if functions.len() > 1 => origin_of(function.kind(), None),
        origin => origin,
    };
    functions.iter().map(origin).collect()
}

/// Takes connections until the function's loop has ended, and lets those that are there have their answers.
async fn listen(listener: TcpListener, front: Arc<Front>, ended: Ended) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let mut connections = JoinSet::new();
    while let Some(accepted) = unless_ended(&ended, listener.accept()).await {
        while connections.try_join_next().is_some() {}
        match accepted {
            Ok((stream, _)) => drop(connections.spawn(connection(stream, Arc::clone(&front), ended.clone()))),
            // Out of file descriptors, most likely: it stays so until a connection ends.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    // A client that reads no more must not hold up the exit.
    _ = timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn connection(stream: TcpStream, front: Arc<Front>, ended: Ended) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(front.respond(request).await) });
    let mut http = http1::Builder::new();
    let mut connection = pin!(http.max_buf_size(MAX_HEAD_BYTES).serve_connection(TokioIo::new(stream), service));
    // A client that has gone is no error: there is nobody left to tell.
    if unless_ended(&ended, connection.as_mut()).await.is_none() {
        connection.as_mut().graceful_shutdown();
        _ = connection.await;
    }
}

/// Waits for `future`, or until no event will be taken any more: then `None`.
async fn unless_ended<T>(ended: &Ended, future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    let mut ended = ended.clone();
    let mut ended = pin!(ended.changed());
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => ended.as_mut().poll(cx).map(|_| None),
    })
    .await
}
