//! `cargo run`: serves the functions on a port until Ctrl-C.

use super::authorizer::Authorizer;
use super::claims;
use super::cli::{Sample, Serve};
use super::doctor;
use super::environment::{ShutdownSignal, shutdown_requested};
use super::function::{LocalFunction, authorizer_of};
use super::history::History;
use super::http_frontend::{HttpFrontend, select_origin};
use super::invoke_api::InvokeApi;
use super::page::{self, Page};
use super::pool::{Pool, PoolSettings};
use super::process::Program;
use super::recorder::Recorder;
use super::sample;
use super::say;
use super::schedules::{self, ScheduledFunction};
use super::served_function::ServedFunction;
use super::spans::Spans;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use lrt_testing::__private::Origin;
use std::collections::HashMap;
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

/// Maximum size of a request's head. Its headers are sent in the head of an event, which is limited to 64 KiB.
const MAX_HEAD_BYTES: usize = 32 * 1024;

/// Time for sending responses after all environments have ended.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(1);

/// Serves the functions on the loopback interface.
pub(super) fn serve(functions: &[&dyn LocalFunction], options: &Serve) -> Result<ExitCode, String> {
    // Read at the start, since the path may no longer be available after a rebuild.
    let executable =
        std::env::current_exe().map_err(|error| format!("cannot find the path of this executable: {error}"))?;
    let recorder = match &options.record {
        Some(folder) => Some(Arc::new(Recorder::open(folder, options.with_credentials)?)),
        None => None,
    };
    let origins = origins(functions, options.origin.as_deref())?;
    for function in functions {
        authorizer_of(functions, *function)?;
    }
    let claims = options.claims.as_deref().map(claims::read).transpose()?;
    if claims.is_some()
        && !origins.iter().flatten().any(|origin| claims.iter().any(|claims| claims::is_supported(*origin, claims)))
    {
        return Err(claims::UNSUPPORTED.to_owned());
    }
    let scheduled = if options.schedules { schedules::find(functions)? } else { Vec::new() };
    let port = options.port;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("port {port} is in use; select another with --port N (0: any free port)"),
        _ => {
            format!("cannot listen on 127.0.0.1:{port}: {error}; select another port with --port N (0: any free port)")
        }
    })?;
    let start_error = |error: io::Error| format!("failed to start the local Lambda: {error}");
    listener.set_nonblocking(true).map_err(start_error)?;
    let address = listener.local_addr().map_err(start_error)?;

    let (shutdown_sender, shutdown) = watch::channel(false);
    let history = Arc::<History>::default();
    let settings = PoolSettings {
        concurrency: options.concurrency,
        timeout: options.timeout,
        shutdown,
        recorder,
        history: Arc::clone(&history),
    };
    let pool = |function: &dyn LocalFunction| {
        let program = Program {
            function: function.name().to_owned(),
            executable: executable.clone(),
            spans_url: page::spans_url(address),
        };
        Pool::new(program, settings.clone())
    };
    let pools: Vec<Pool> = functions.iter().map(|function| pool(*function)).collect();
    let authorizers: HashMap<&str, Arc<Authorizer>> = std::iter::zip(functions, &pools)
        .filter_map(|(function, pool)| {
            let (name, settings) = (function.name(), function.deployment().authorizer_settings?);
            Some((name, Arc::new(Authorizer::new(name, pool.clone(), settings))))
        })
        .collect();
    let authorizer = |function: &dyn LocalFunction| authorizers.get(function.deployment().authorizer?).cloned();
    let served = functions.iter().zip(origins).zip(&pools).map(|((function, origin), pool)| {
        let frontend = |origin| {
            let frontend = HttpFrontend::new(origin, function.route()).with_claims(claims.as_ref());
            frontend.with_authorizer(authorizer(*function))
        };
        ServedFunction {
            name: function.name().to_owned(),
            kind: function.kind(),
            pool: pool.clone(),
            frontend: origin.map(frontend),
            payload: sample::short_payload(*function),
            samples: samples(*function),
        }
    });
    let folder = options.record.clone().unwrap_or_else(page::fixtures);
    let page = Page { history, spans: Spans::default(), recorder: Recorder::new(folder, options.with_credentials) };
    let api = InvokeApi::new(served.collect(), address, page);
    say(api.greeting().as_bytes());
    // On a thread, since it reads the release build. The process does not wait for it.
    std::thread::spawn(|| {
        if let Some(finding) = super::binary_name().ok().and_then(|name| doctor::slow_cold_start(&name)) {
            eprintln!("{finding}");
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(start_error)?;
    runtime.block_on(run(listener, Arc::new(api), shutdown_sender, scheduled)).map_err(start_error)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the function's sample events; for HTTP functions, one per origin.
fn samples(function: &dyn LocalFunction) -> Vec<(String, String)> {
    let sample = |origin: Option<&str>| {
        let options = Sample { origin: origin.map(str::to_owned), ..Sample::default() };
        let sample = sample::sample(function, &options).ok()?;
        let event = String::from_utf8_lossy(&sample.event).into_owned();
        Some((format!("{} sample", origin.unwrap_or(function.kind())), event))
    };
    let origins: Vec<_> = match function.kind() {
        "authorizer" => sample::authorizer_origins().collect(),
        kind => Origin::of_kind(kind).iter().map(|origin| origin.name()).collect(),
    };
    match &*origins {
        [] | [_] => sample(None).into_iter().collect(),
        several => several.iter().filter_map(|origin| sample(Some(origin))).collect(),
    }
}

/// Serves until a signal arrives. After that, all environments end, and waiting callers receive an answer.
async fn run(
    listener: TcpListener,
    api: Arc<InvokeApi>,
    shutdown: watch::Sender<bool>,
    scheduled: Vec<Option<ScheduledFunction>>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    if let [only] = api.functions() {
        only.pool.start_environment();
    }
    // The tasks are aborted when the set is dropped.
    let mut schedules = JoinSet::new();
    for (function, scheduled) in api.functions().iter().zip(scheduled) {
        scheduled.map(|scheduled| schedules.spawn(scheduled.run(function.pool.clone())));
    }
    let mut connections = JoinSet::new();
    let mut signal = pin!(lrt_core::shutdown_signal());
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = signal.as_mut() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, Arc::clone(&api), shutdown.subscribe()));
            }
            // Most likely, the limit of file descriptors is reached until a connection is closed.
            Err(_) => sleep(Duration::from_millis(10)).await,
        }
    }
    drop((listener, schedules));
    shutdown.send_replace(true);
    let pools: Vec<_> = api.functions().iter().map(|function| function.pool.clone()).collect();
    let shutdowns: Vec<_> = pools.into_iter().map(|pool| tokio::spawn(async move { pool.shut_down().await })).collect();
    for shutdown in shutdowns {
        _ = shutdown.await;
    }
    // A client that does not read its response must not delay the exit.
    _ = timeout(DRAIN_TIMEOUT, async { while connections.join_next().await.is_some() {} }).await;
    Ok(())
}

async fn connection(stream: TcpStream, api: Arc<InvokeApi>, shutdown: ShutdownSignal) {
    let service = service_fn(|request| async { Ok::<_, Infallible>(api.respond(request).await) });
    let mut http = http1::Builder::new();
    let mut connection = pin!(http.max_buf_size(MAX_HEAD_BYTES).serve_connection(TokioIo::new(stream), service));
    // Errors of a connection mean that the client has disconnected.
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = shutdown_requested(&shutdown) => {}
    }
    connection.as_mut().graceful_shutdown();
    _ = connection.await;
}

/// Selects the service in front of each function. With several functions, `named` only applies to functions that
/// support it.
fn origins(functions: &[&dyn LocalFunction], named: Option<&str>) -> Result<Vec<Option<Origin>>, String> {
    if let ([_, _, ..], Some(name)) = (functions, named)
        && !functions.iter().any(|function| select_origin(function.kind(), named).is_ok())
    {
        return Err(format!("--origin {name}: no function supports it"));
    }
    let origin = |function: &&dyn LocalFunction| match select_origin(function.kind(), named) {
        Err(_) if functions.len() > 1 => select_origin(function.kind(), None),
        origin => origin,
    };
    functions.iter().map(origin).collect()
}
