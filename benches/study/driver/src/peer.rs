//! The functions that are compared, and how they are started.

use crate::sandbox::Program;
use crate::workload::Workload;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Peer {
    Lrt,
    LrtLean,
    LambdaRuntime,
    LambdaRuntimeTuned,
    Go,
    Node,
    Python,
}

/// Runtime interface client of Node.js.
const RIC: &str = "node_modules/aws-lambda-ric/bin/index.mjs";

/// Folders of the sources, and of what is built.
pub struct Folders {
    /// `benches/study`.
    pub study: PathBuf,
    pub target: PathBuf,
}

impl Peer {
    /// All peers, in the order of the tables.
    pub const ALL: [Self; 7] =
        [Self::Lrt, Self::LrtLean, Self::LambdaRuntime, Self::LambdaRuntimeTuned, Self::Go, Self::Node, Self::Python];

    pub fn name(self) -> &'static str {
        match self {
            Self::Lrt => "lrt",
            Self::LrtLean => "lrt-lean",
            Self::LambdaRuntime => "lambda_runtime",
            Self::LambdaRuntimeTuned => "lambda_runtime-tuned",
            Self::Go => "go",
            Self::Node => "node",
            Self::Python => "python",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|peer| peer.name() == name)
    }

    /// Returns the program of a workload, without the variables that depend on the table.
    pub fn program(self, folders: &Folders, workload: Workload) -> Program {
        let path = |path: PathBuf| path.to_string_lossy().into_owned();
        let (binary, module) = if workload == Workload::Wave { ("wave", "plain") } else { ("aws", "aws") };
        let handler = workload.name();
        let (command, handler, folder) = match self {
            Self::Node => {
                let folder = folders.target.join("node");
                let client = if has_ric(&folder) { RIC } else { "runtime.mjs" };
                let handler = format!("{module}.{handler}");
                let node = path(which("node").unwrap_or_default());
                (vec![node, client.to_owned(), handler.clone()], handler, folder)
            }
            Self::Python => {
                let folder = folders.target.join("python");
                let handler = format!("{module}.{handler}");
                let python = path(folder.join("venv/bin/python"));
                (vec![python, "-m".to_owned(), "awslambdaric".to_owned(), handler.clone()], handler, folder)
            }
            _ => (vec![path(folders.binaries(self).join(binary))], handler.to_owned(), folders.target.clone()),
        };
        let mut environment = vec![("_HANDLER".to_owned(), handler)];
        if self == Self::Go {
            // Besides the bundle, Go reads all files in /etc/ssl/certs, which takes 15 ms of CPU time on a system with one file per root.
            environment.push(("SSL_CERT_DIR".to_owned(), "/nonexistent".to_owned()));
        }
        Program { command, environment, folder }
    }

    /// Returns the variable that names the trusted certificates, and which ones these are.
    pub fn trust(self) -> (&'static str, Roots) {
        match self {
            // On AWS, these roots are in the binary, as DER, which is read faster than this PEM.
            Self::Lrt | Self::LrtLean => ("SSL_CERT_FILE", Roots::Amazon),
            Self::LambdaRuntime | Self::LambdaRuntimeTuned | Self::Go => ("SSL_CERT_FILE", Roots::System),
            // In addition to those that Node contains.
            Self::Node => ("NODE_EXTRA_CA_CERTS", Roots::Own),
            // Instead of those that botocore contains, which are as many.
            Self::Python => ("AWS_CA_BUNDLE", Roots::System),
        }
    }
}

/// Certificates that a function trusts, besides the root of the study's server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Roots {
    /// No other certificates.
    Own,
    /// Amazon Trust Services, whose roots are part of lrt-aws.
    Amazon,
    /// The roots of the system.
    System,
}

impl Folders {
    /// Returns the root of the repository.
    pub fn repository(&self) -> &Path {
        self.study.ancestors().nth(2).expect("the study is two folders below the root")
    }

    /// Returns the folder with the programs of a compiled language.
    pub fn binaries(&self, peer: Peer) -> PathBuf {
        self.target.join("bin").join(peer.name())
    }
}

/// Returns true if aws-lambda-ric has been compiled.
pub fn has_ric(folder: &Path) -> bool {
    folder.join("node_modules/aws-lambda-ric/dist/rapid-client.node").is_file()
}

/// Returns the path of a program, as a shell finds it.
pub fn which(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peers_are_found_by_their_names() {
        for peer in Peer::ALL {
            assert_eq!(Peer::named(peer.name()), Some(peer));
        }
    }
}
