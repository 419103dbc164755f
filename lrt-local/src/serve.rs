//! `cargo run`: the functions behind a port, until ctrl-c.

use super::cli::{Sample, Serve};
use super::environment::{ShutdownSignal, over};
use super::first::{First, first};
use super::function::LocalFunction;
use super::history::History;
use super::http_frontend::{HttpFrontend, origin_of};
use super::invoke_api::{Function, InvokeApi};
use super::page::{self, Page};
use super::pool::{Pool, PoolSettings};
use super::process::Program;
use super::recorder::Recorder;
use super::sample;
use super::say;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lrt_testing::__private::Origin;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// The most bytes of a request's head. What it hands on has to fit into the head of an event, which has 64 KiB.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// How long answers may take to leave once all environments have ended.
const DRAIN: Duration = Duration::from_secs(1);

/// Serves the functions on this machine and nowhere else; or says why it cannot.
pub(super) fn serve(functions: &[&dyn LocalFunction], options: &Serve) -> Result<ExitCode, String> {
    // Read before anything else: once it is built anew, the system may not know it by its name any more.
    let executable =
        std::env::current_exe().map_err(|error| format!("which program this is, is not known: {error}"))?;
    let recorder = match &options.record {
        Some(folder) => Some(Arc::new(Recorder::open(folder, options.with_credentials)?)),
        None => None,
    };
    let origins = origins(functions, options.origin.as_deref())?;
    let port = options.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} is in use; another one: --port N (0: any that is free)"),
        _ => format!("cannot listen on 127.0.0.1:{port}: {error}; another port: --port N (0: any that is free)"),
    })?;
    let broken = |error: io::Error| format!("the local Lambda cannot start: {error}");
    listener.set_nonblocking(true).map_err(broken)?;
    let address = listener.local_addr().map_err(broken)?;

    let (end, ending) = watch::channel(false);
    let history = Arc::<History>::default();
    let rules = PoolSettings {
        concurrency: options.concurrency,
        timeout: options.timeout,
        ending,
        recorder,
        history: Arc::clone(&history),
    };
    let behind = functions.iter().zip(origins).map(|(function, origin)| {
        let program = Program { function: function.name().to_owned(), executable: executable.clone() };
        Function {
            name: function.name().to_owned(),
            kind: function.kind(),
            pool: Pool::new(program, rules.clone()),
            gateway: origin.map(|origin| HttpFrontend::new(origin, function.route())),
            samples: samples(*function),
        }
    });
    let folder = options.record.clone().unwrap_or_else(page::fixtures);
    let page = Page { history, recorder: Recorder::into(folder, options.with_credentials) };
    let front = InvokeApi::new(behind.collect(), address, page);
    say(front.greeting().as_bytes());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(broken)?;
    runtime.block_on(run(listener, Arc::new(front), end)).map_err(broken)?;
    Ok(ExitCode::SUCCESS)
}

/// The function's sample; of HTTP requests, one of each service that it takes them from.
fn samples(function: &dyn LocalFunction) -> Vec<(String, String)> {
    let sample = |origin: Option<&str>| {
        let wanted = Sample { origin: origin.map(str::to_owned), ..Sample::default() };
        let sample = sample::sample(function, &wanted).ok()?;
        let event = String::from_utf8_lossy(&sample.event).into_owned();
        Some((format!("a sample of {}", origin.unwrap_or(function.kind())), event))
    };
    let origins: Vec<_> = Origin::of_kind(function.kind()).iter().map(|origin| origin.name()).collect();
    match &*origins {
        [] | [_] => sample(None).into_iter().collect(),
        several => several.iter().filter_map(|origin| sample(Some(origin))).collect(),
    }
}

/// Serves until a signal comes. Then all environments end, and those who wait for an answer get one.
async fn run(listener: TcpListener, front: Arc<InvokeApi>, end: watch::Sender<bool>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    if let [only] = front.functions() {
        only.pool.start_one();
    }
    let mut connections = JoinSet::new();
    let mut terminated = pin!(lrt_core::shutdown_signal());
    loop {
        while connections.try_join_next().is_some() {}
        match first(terminated.as_mut(), listener.accept()).await {
            First::One(()) => break,
            First::Other(Ok((stream, _))) => {
                connections.spawn(connection(stream, Arc::clone(&front), end.subscribe()));
            }
            // Out of file descriptors, most likely: it stays so until a connection ends.
            First::Other(Err(_)) => sleep(Duration::from_millis(10)).await,
        }
    }
    drop(listener);
    end.send_replace(true);
    let pools: Vec<_> = front.functions().iter().map(|function| function.pool.clone()).collect();
    let ends: Vec<_> = pools.into_iter().map(|pool| tokio::spawn(async move { pool.end().await })).collect();
    for end in ends {
        _ = end.await;
    }
    // A client that reads no more must not hold up the exit.
    _ = timeout(DRAIN, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn connection(stream: TcpStream, front: Arc<InvokeApi>, ending: ShutdownSignal) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(front.respond(request).await) });
    let mut http = http1::Builder::new();
    let mut connection = pin!(http.max_buf_size(MAX_HEAD_BYTES).serve_connection(TokioIo::new(stream), service));
    // A client that has gone is no error: there is nobody left to tell.
    if let First::Other(_) = first(connection.as_mut(), over(&ending)).await {
        connection.as_mut().graceful_shutdown();
        _ = connection.await;
    }
}

/// The service in front of each function. Of several, those take the one that was named that can.
fn origins(functions: &[&dyn LocalFunction], named: Option<&str>) -> Result<Vec<Option<Origin>>, String> {
    if let ([_, _, ..], Some(name)) = (functions, named)
        && !functions.iter().any(|function| origin_of(function.kind(), named).is_ok())
    {
        return Err(format!("--origin {name}: no function takes it"));
    }
    let origin = |function: &&dyn LocalFunction| match origin_of(function.kind(), named) {
        Err(_) if functions.len() > 1 => origin_of(function.kind(), None),
        origin => origin,
    };
    functions.iter().map(origin).collect()
}
