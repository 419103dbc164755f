//! The function of the tests, and its process.

use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use lrt::Error;
use lrt::testing::{Event, RuntimeApi};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

/// Variable that turns this test binary into the function.
const SWITCH: &str = "LRT_AWS_TEST_FUNCTION";

/// Variable with the clients whose connections `init` opens. A client can be listed several times.
const WARM: &str = "LRT_AWS_TEST_WARM";

/// Variables that Lambda gives each function, and the root certificate of the test servers.
const USUAL: [(&str, &str); 4] = [
    ("AWS_REGION", "eu-west-1"),
    ("AWS_ACCESS_KEY_ID", "AKIDENVIRONMENT"),
    ("AWS_SECRET_ACCESS_KEY", "secret"),
    ("AWS_CA_BUNDLE", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/root.pem")),
];

struct Clients {
    dynamodb: aws_sdk_dynamodb::Client,
    /// A client with its own timeouts.
    impatient: aws_sdk_dynamodb::Client,
    sts: aws_sdk_sts::Client,
}

async fn init() -> Result<Clients, Error> {
    let config = lrt_aws::config().load().await;
    let timeouts =
        TimeoutConfig::builder().connect_timeout(Duration::from_secs(2)).read_timeout(Duration::from_secs(2));
    let impatient = aws_sdk_dynamodb::config::Builder::from(&config).timeout_config(timeouts.build()).build();
    let clients = Clients {
        dynamodb: aws_sdk_dynamodb::Client::new(&config),
        impatient: aws_sdk_dynamodb::Client::from_conf(impatient),
        sts: aws_sdk_sts::Client::new(&config),
    };
    let warm = std::env::var(WARM).unwrap_or_default();
    let warm_ups = warm.split(',').map(async |name| match name {
        "dynamodb" => lrt_aws::warm(clients.dynamodb.list_tables().send()).await,
        "sts" => lrt_aws::warm(clients.sts.get_caller_identity().send()).await,
        "nothing" => lrt_aws::warm(async { Err::<(), _>(std::io::Error::other("no request was made")) }).await,
        _ => {}
    });
    futures_util::future::join_all(warm_ups).await;
    Ok(clients)
}

/// Makes the calls that the event names, one after the other, and returns their outcomes.
async fn call(names: Vec<String>, clients: &Clients) -> Result<Vec<String>, Error> {
    let mut outcomes = Vec::new();
    for name in names {
        outcomes.push(match &*name {
            "dynamodb" => outcome(clients.dynamodb.list_tables().send().await),
            "impatient" => outcome(clients.impatient.list_tables().send().await),
            "sts" => outcome(clients.sts.get_caller_identity().send().await),
            "task" => {
                let call = clients.dynamodb.list_tables().send();
                outcome(tokio::spawn(lrt::Context::current().unwrap().scope(call)).await.unwrap())
            }
            _ => "unknown".to_owned(),
        });
    }
    Ok(outcomes)
}

fn outcome<T, E: std::error::Error>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "ok".to_owned(),
        Err(error) => {
            let mut text = error.to_string();
            let mut source = error.source();
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            text
        }
    }
}

/// The process of the function: the other tests start this binary with [`SWITCH`].
#[test]
#[ignore = "the process of the function, which the other tests start"]
fn function() -> ExitCode {
    if std::env::var_os(SWITCH).is_none() {
        return ExitCode::SUCCESS;
    }
    lrt::json(call).init(init).run()
}

/// A process of the function, with its own Runtime API.
pub(crate) struct Function {
    pub(crate) api: RuntimeApi,
    child: Child,
}

impl Function {
    /// Starts a process as in Lambda: with a region, credentials, and these variables.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Function {
        Function::start_with(&[&USUAL, variables].concat()).await
    }

    /// Starts a process with these variables only.
    pub(crate) async fn start_with(variables: &[(&str, &str)]) -> Function {
        Function::spawn(Command::new(std::env::current_exe().unwrap()), variables).await
    }

    /// Starts a process as in Lambda, and logs its system calls on files. The child is the function: `strace` runs as
    /// its grandchild and ends with it.
    pub(crate) async fn start_traced(log: &Path, variables: &[(&str, &str)]) -> Function {
        let mut strace = Command::new("strace");
        strace
            .args(["--daemonize", "--follow-forks", "--trace=file", "--output"])
            .arg(log)
            .arg("--")
            .arg(std::env::current_exe().unwrap());
        Function::spawn(strace, &[&USUAL, variables].concat()).await
    }

    async fn spawn(mut command: Command, variables: &[(&str, &str)]) -> Function {
        let api = RuntimeApi::start().await.unwrap();
        command
            .args(["--exact", "function::function", "--ignored", "--nocapture", "--test-threads=1"])
            .env_clear()
            .env(SWITCH, "")
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_LAMBDA_FUNCTION_NAME", "calls")
            .env("HOME", "/no/such/home")
            .envs(variables.iter().copied())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        Function { api, child }
    }

    /// Waits for the end of init.
    pub(crate) async fn initialized(&self) {
        self.api.next_waiting().await;
    }

    /// Makes these calls in one invocation, and returns their outcomes.
    pub(crate) async fn call(&self, names: &[&str]) -> Vec<String> {
        self.invoke(Event::new(serde_json::to_string(names).unwrap())).await
    }

    /// Sends an event, and returns the outcomes of its calls.
    pub(crate) async fn invoke(&self, event: Event) -> Vec<String> {
        let answer = self.api.invoke(event).await;
        serde_json::from_str(&answer.text()).unwrap_or_else(|_| panic!("{}", answer.text()))
    }

    /// Ends the process, and returns its log.
    pub(crate) fn log(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    /// Sends the process a signal: `STOP` freezes it, `CONT` thaws it.
    pub(crate) fn signal(&self, name: &str) {
        let status = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
