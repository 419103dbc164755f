//! Measures a function in sandboxes: cold starts one at a time, then requests at once.

use crate::cgroup::Version;
use crate::dynamodb::DynamoDb;
use crate::peer::{Folders, Peer, Roots};
use crate::results::{Cold, Load, Run};
use crate::sandbox::{Program, Sandbox};
use crate::statistics::{Percentiles, billed, median, milliseconds};
use crate::workload::Workload;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// Pause between two requests when one sandbox is measured alone: a period of the quota.
const PAUSE: Duration = Duration::from_millis(20);
/// Requests to a sandbox after its first one, before the load.
const PACED: usize = 3;
/// Sandboxes number their requests from multiples of this.
const STRIDE: usize = 10_000;

/// Root certificates of Debian and of Amazon Linux.
const SYSTEM_ROOTS: [&str; 2] = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"];

/// Number of sandboxes, and of requests to all of them.
#[derive(Clone, Copy)]
pub struct Amount {
    pub sandboxes: usize,
    pub requests: usize,
}

/// Quota, certificates and folders, which all measurements share.
pub struct Laboratory {
    pub folders: Folders,
    /// Without it, functions have an unlimited CPU.
    pub quota: Option<Version>,
    tls: TlsAcceptor,
    root: Vec<u8>,
}

/// The variant of a function that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub peer: Peer,
    pub workload: Workload,
    pub memory_mb: u64,
    pub tls: bool,
}

impl Laboratory {
    pub fn new(folders: Folders, quota: Option<Version>) -> Result<Self, Box<dyn Error>> {
        // A leaf, an intermediate and a root with RSA-2048, as those of DynamoDB.
        let certificates = folders.repository().join("lrt-aws/tests/it/tls");
        let tls = crate::http::tls(&certificates.join("chain.pem"), &certificates.join("server-key.pem"))?;
        let root = fs::read(certificates.join("root.pem"))?;
        Ok(Self { folders, quota, tls, root })
    }

    pub async fn dynamodb(&self, setup: Setup) -> Result<Arc<DynamoDb>, Box<dyn Error>> {
        let dynamodb = DynamoDb::start(setup.tls.then(|| self.tls.clone())).await?;
        setup.workload.fill(&dynamodb);
        Ok(Arc::new(dynamodb))
    }

    pub fn program(&self, setup: Setup, dynamodb: &DynamoDb) -> Result<Program, Box<dyn Error>> {
        let mut program = setup.peer.program(&self.folders, setup.workload);
        let Some(table) = setup.workload.table() else { return Ok(program) };
        let (trust, roots) = setup.peer.trust();
        let bundle = self.bundle(roots)?.to_string_lossy().into_owned();
        for (name, value) in
            [("TABLE", table), ("AWS_ENDPOINT_URL_DYNAMODB", &dynamodb.url()), (trust, bundle.as_str())]
        {
            program.environment.push((name.to_owned(), value.to_owned()));
        }
        Ok(program)
    }

    /// Writes the trusted certificates into a file, and returns its path.
    fn bundle(&self, roots: Roots) -> Result<PathBuf, Box<dyn Error>> {
        let (name, mut certificates) = match roots {
            Roots::Own => ("own", Vec::new()),
            Roots::Amazon => ("amazon", fs::read(self.folders.repository().join("lrt-aws/tests/it/tls/amazon_roots.pem"))?),
            Roots::System => {
                let system = SYSTEM_ROOTS.iter().map(Path::new).find(|path| path.exists());
                ("system", fs::read(system.ok_or("the system has no root certificates")?)?)
            }
        };
        certificates.extend_from_slice(&self.root);
        let path = self.folders.target.join(format!("roots-{name}.pem"));
        fs::write(&path, certificates)?;
        Ok(path)
    }

    pub async fn measure(&self, setup: Setup, amount: Amount) -> Result<Run, Box<dyn Error>> {
        let dynamodb = self.dynamodb(setup).await?;
        let program = self.program(setup, &dynamodb)?;
        let (mut samples, mut sandboxes) = (Samples::default(), Vec::new());
        for number in 0..amount.sandboxes {
            let connections = dynamodb.connections();
            let mut sandbox = Sandbox::start(&program, setup.memory_mb, self.quota).await?;
            let outcome =
                samples.cold_start(&mut sandbox, setup.workload, number * STRIDE, &dynamodb, connections).await;
            outcome.map_err(|error| explain(error, &mut sandbox))?;
            sandboxes.push(sandbox);
        }
        let load = load(sandboxes, setup.workload, &dynamodb, amount).await?;
        Ok(Run {
            peer: setup.peer.name().to_owned(),
            workload: setup.workload.name().to_owned(),
            memory_mb: setup.memory_mb,
            tls: setup.tls,
            cold: samples.cold(),
            warm: Percentiles::of(&samples.warm),
            load,
        })
    }
}

fn explain(error: Box<dyn Error>, sandbox: &mut Sandbox) -> Box<dyn Error> {
    format!("{error}\noutput of the function:\n{}", sandbox.output()).into()
}

/// Samples of the sandboxes that were measured alone.
#[derive(Default)]
struct Samples {
    init: Vec<Duration>,
    first: Vec<Duration>,
    warm: Vec<Duration>,
    cpu: Vec<Duration>,
    connections: usize,
}

impl Samples {
    async fn cold_start(
        &mut self,
        sandbox: &mut Sandbox,
        workload: Workload,
        number: usize,
        dynamodb: &DynamoDb,
        connections: usize,
    ) -> Result<(), Box<dyn Error>> {
        self.init.push(sandbox.initialized().await?);
        self.connections = self.connections.max(dynamodb.connections() - connections);
        tokio::time::sleep(PAUSE).await;
        sandbox.limit()?;
        self.first.push(request(sandbox, workload, number, dynamodb).await?);
        self.cpu.push(sandbox.cpu()?);
        for number in number + 1..=number + PACED {
            tokio::time::sleep(PAUSE).await;
            self.warm.push(request(sandbox, workload, number, dynamodb).await?);
        }
        Ok(())
    }

    fn cold(&self) -> Cold {
        let total: Vec<_> = self.init.iter().zip(&self.first).map(|(init, first)| *init + *first).collect();
        Cold {
            starts: total.len(),
            init: Percentiles::of(&self.init),
            first_duration: Percentiles::of(&self.first),
            total: Percentiles::of(&total),
            billed_ms: billed(&total),
            cpu_ms: median(&self.cpu),
            connections_in_init: self.connections,
        }
    }
}

/// Sends a request and verifies the response. Returns when the function asks for the next event.
async fn request(
    sandbox: &mut Sandbox,
    workload: Workload,
    number: usize,
    dynamodb: &DynamoDb,
) -> Result<Duration, Box<dyn Error>> {
    let event = workload.event(number).to_string();
    let invocation = sandbox.api.invoke(event.into()).await?;
    let response = serde_json::from_slice(&invocation.response)?;
    workload.verify(number, &response, dynamodb)?;
    sandbox.api.next().await?;
    Ok(invocation.duration)
}

/// Sends requests to all sandboxes at once. Each one gets its next request when it has responded.
async fn load(
    sandboxes: Vec<Sandbox>,
    workload: Workload,
    dynamodb: &Arc<DynamoDb>,
    amount: Amount,
) -> Result<Load, Box<dyn Error>> {
    let mut tasks = JoinSet::new();
    let requests = amount.requests / amount.sandboxes;
    for (sandbox, mut process) in sandboxes.into_iter().enumerate() {
        let dynamodb = Arc::clone(dynamodb);
        let first = sandbox * STRIDE + PACED + 1;
        tasks.spawn(async move {
            let outcome = async {
                let (before, mut durations) = (process.cpu()?, Vec::new());
                for number in first..first + requests {
                    durations.push(request(&mut process, workload, number, &dynamodb).await?);
                }
                Ok((durations, process.cpu()? - before, process.peak_memory_kib()?))
            };
            outcome.await.map_err(|error: Box<dyn Error>| explain(error, &mut process).to_string())
        });
    }
    let (mut durations, mut cpu, mut memory_kib) = (Vec::new(), Duration::ZERO, 0);
    while let Some(outcome) = tasks.join_next().await {
        let (more, used, peak) = outcome??;
        durations.extend(more);
        cpu += used;
        memory_kib = memory_kib.max(peak);
    }
    Ok(Load {
        requests: durations.len(),
        duration: Percentiles::of(&durations),
        billed_ms: billed(&durations),
        cpu_ms: milliseconds(cpu) / durations.len() as f64,
        memory_mib: memory_kib as f64 / 1024.0,
    })
}
