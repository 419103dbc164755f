//! Feature `trace-env`: C code may read the environment while the variable changes.

use crate::support::event;
use lrt_core::{Environment, ErrorReport, FunctionService, Handler, Initialized, Invocation, Reply, service_fn};
use std::ffi::{CString, c_char};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

const EVENTS: usize = 20;

/// A function whose init adds variables, so that the list of variables is allocated by the C library, and starts threads
/// that read it in C.
struct ReadsEnvironment;

impl Handler for ReadsEnvironment {
    type State = ();
    type Shutdown = ();

    async fn init(&self) -> Result<Initialized<(), ()>, ErrorReport> {
        assert_eq!(std::env::var("_X_AMZN_TRACE_ID").as_deref(), Ok(""));
        for n in 0..30 {
            // SAFETY: the threads that read the environment start later.
            #[allow(unsafe_code)]
            unsafe {
                std::env::set_var(format!("VARIABLE_{n}"), "value");
            }
        }
        for _ in 0..4 {
            std::thread::spawn(|| {
                let name = CString::new("VARIABLE_THAT_DOES_NOT_EXIST").unwrap();
                loop {
                    // Memory that the C library has freed is used again.
                    let noise: Vec<Vec<u8>> = (1..40).map(|n| vec![0xff; n * 8]).collect();
                    // SAFETY: the name is a C string, and no variable is added after init.
                    #[allow(unsafe_code)]
                    let value = unsafe { getenv(name.as_ptr()) };
                    assert!(value.is_null());
                    drop(noise);
                }
            });
        }
        Ok(Initialized { state: (), shutdown: () })
    }

    async fn service(&self, (): ()) -> Result<impl FunctionService, ErrorReport> {
        Ok(service_fn(|_: Invocation| async {
            let value = std::env::var("_X_AMZN_TRACE_ID").unwrap();
            Ok(Reply::from_bytes(format!("{value:?}")))
        }))
    }
}

#[allow(unsafe_code)]
unsafe extern "C" {
    fn getenv(name: *const c_char) -> *mut c_char;
}

#[test]
#[ignore = "the program of the test below, which sets its environment"]
fn program() {
    lrt_core::run(&ReadsEnvironment, Environment::read().unwrap());
}

/// Runs the program with these traces, and returns the values that its function has seen.
fn values(traces: &[Option<String>]) -> Vec<String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "trace_env::program"])
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
        .env_remove("_X_AMZN_TRACE_ID")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let values = serve(&listener, traces);
    if values.is_err() {
        process.kill().unwrap();
    }
    let status = process.wait().unwrap();
    assert_eq!(status.signal(), None, "{values:?}");
    values.unwrap()
}

/// Sends an event with each trace, and returns the replies. Then ends the program.
fn serve(listener: &TcpListener, traces: &[Option<String>]) -> io::Result<Vec<String>> {
    let (mut stream, _) = listener.accept()?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut replies = Vec::new();
    for trace in traces {
        read(&mut stream)?;
        let header = trace.as_ref().map_or(String::new(), |trace| format!("\r\nLambda-Runtime-Trace-Id: {trace}"));
        stream.write_all(event("a-1", "1").replacen(" OK", &format!(" OK{header}"), 1).as_bytes())?;
        let reply = read(&mut stream)?;
        replies.push(reply.rsplit("\r\n\r\n").next().unwrap_or_default().trim_matches('"').to_owned());
        stream.write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
    }
    read(&mut stream)?;
    stream.write_all(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")?;
    Ok(replies)
}

/// Reads a request, which the program sends with one write.
fn read(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = [0; 4096];
    match stream.read(&mut request)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        length => Ok(String::from_utf8_lossy(&request[..length]).into_owned()),
    }
}

#[test]
fn variable_is_replaced_while_c_code_reads_the_environment() {
    for run in 0..20 {
        let traces: Vec<Option<String>> =
            (0..EVENTS).map(|n| (n % 5 != 4).then(|| format!("Root=1-{run}-{n};Sampled={}", "1".repeat(n)))).collect();
        let expected: Vec<String> = traces.iter().map(|trace| trace.clone().unwrap_or_default()).collect();
        assert_eq!(values(&traces), expected);
    }
}
