//! Root certificates, and their selection by host.

use crate::{ConfigError, env::Env};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::sync::Arc;

/// The roots of [Amazon Trust Services](https://www.amazontrust.com/repository/): Amazon Root CA 1 to 4 and Starfield
/// Services Root Certificate Authority - G2.
///
/// The certificates of AWS's endpoints are issued under these roots. The 145 roots of a typical system, as PEM, take
/// 8.4 million instructions, twice as many as the rest of a cold start.
const AMAZON: [&[u8]; 5] = [
    include_bytes!("amazon_roots/amazon_root_ca_1.der"),
    include_bytes!("amazon_roots/amazon_root_ca_2.der"),
    include_bytes!("amazon_roots/amazon_root_ca_3.der"),
    include_bytes!("amazon_roots/amazon_root_ca_4.der"),
    include_bytes!("amazon_roots/starfield_services_g2.der"),
];

/// Root certificates for all hosts that a function calls.
#[derive(Debug)]
pub(crate) struct Roots {
    /// Certificates of the file that `AWS_CA_BUNDLE` names. They replace all others.
    bundle: Option<Arc<RootCertStore>>,
}

/// Set of root certificates. Each set has its own connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RootSet {
    /// The certificates of `AWS_CA_BUNDLE`, or of Amazon Trust Services if the variable is not set.
    Own,
    /// The certificates of the system.
    System,
}

impl Roots {
    /// Reads the file that `AWS_CA_BUNDLE` names.
    pub(crate) fn from_env(env: &Env) -> Result<Roots, ConfigError> {
        let Some(path) = env.get("AWS_CA_BUNDLE") else { return Ok(Roots { bundle: None }) };
        let pem = std::fs::read(&path).map_err(|error| ConfigError::unreadable_bundle(&path, error))?;
        let bundle = parse(&pem).map_err(|reason| ConfigError::invalid_bundle(&path, reason))?;
        Ok(Roots { bundle: Some(Arc::new(bundle)) })
    }

    /// Returns the set for a URL. AWS's public endpoints need Amazon's roots; the hosts of other partitions, of
    /// emulators and of S3-compatible stores are verified with the system's roots.
    pub(crate) fn set_for(&self, scheme: &str, host: &str) -> RootSet {
        let host = host.to_ascii_lowercase();
        let is_amazon = [".amazonaws.com", ".api.aws"].iter().any(|suffix| host.ends_with(suffix));
        if self.bundle.is_some() || is_amazon || scheme != "https" { RootSet::Own } else { RootSet::System }
    }

    /// Returns the certificates of a set. Those of the system are read for each call.
    pub(crate) fn store(&self, set: RootSet) -> Arc<RootCertStore> {
        match (set, &self.bundle) {
            (RootSet::Own, Some(bundle)) => Arc::clone(bundle),
            (RootSet::Own, None) => Arc::new(amazon()),
            (RootSet::System, _) => Arc::new(system()),
        }
    }
}

fn amazon() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    for certificate in AMAZON {
        roots.add(CertificateDer::from_slice(certificate)).expect("a test parses these certificates");
    }
    roots
}

/// Returns the valid certificates of the system, and warns if it has no valid ones.
fn system() -> RootCertStore {
    let loaded = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(loaded.certs);
    if roots.is_empty() {
        let causes: String = loaded.errors.iter().map(|error| format!(": {error}")).collect();
        lrt_core::log::warn("", format_args!("no root certificate found in the system{causes}"));
    }
    roots
}

/// Parses a list of certificates. Returns an error if one is invalid or the list is empty.
fn parse(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        let number = roots.len() + 1;
        roots.add(certificate).map_err(|error| format!("certificate {number}: {error}"))?;
    }
    if roots.is_empty() {
        return Err("no certificate found (expected PEM)".into());
    }
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEM: &[u8] = include_bytes!("../../tests/it/tls/amazon_roots.pem");

    #[test]
    fn amazon_roots_are_valid() {
        assert_eq!(amazon().roots, parse(PEM).unwrap().roots);
    }

    #[test]
    fn public_aws_endpoints_need_amazon_roots_only() {
        let roots = Roots { bundle: None };
        for host in ["dynamodb.eu-west-1.amazonaws.com", "b.s3.us-gov-west-1.amazonaws.com", "S3.eu-west-1.API.aws"] {
            assert_eq!(roots.set_for("https", host), RootSet::Own, "{host}");
        }
    }

    #[test]
    fn other_hosts_are_verified_with_system_roots() {
        let roots = Roots { bundle: None };
        let hosts =
            ["dynamodb.cn-north-1.amazonaws.com.cn", "minio.internal", "localhost", "amazonaws.com.evil.example"];
        for host in hosts {
            assert_eq!(roots.set_for("https", host), RootSet::System, "{host}");
        }
    }

    #[test]
    fn plain_http_loads_no_system_roots() {
        assert_eq!(Roots { bundle: None }.set_for("http", "localhost"), RootSet::Own);
    }

    #[test]
    fn ca_bundle_replaces_all_roots() {
        assert_eq!(Roots { bundle: Some(Arc::new(amazon())) }.set_for("https", "minio.internal"), RootSet::Own);
    }

    #[test]
    fn invalid_ca_bundles_are_reported_with_reason() {
        for (pem, reason) in [
            ("", "no certificate found (expected PEM)"),
            ("no certificate", "no certificate found (expected PEM)"),
            (
                "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
                "certificate 1: invalid peer certificate: BadEncoding",
            ),
        ] {
            assert_eq!(parse(pem.as_bytes()).unwrap_err(), reason, "{pem:?}");
        }
        assert!(parse(b"-----BEGIN CERTIFICATE-----\n%\n-----END CERTIFICATE-----\n").is_err());
    }

    #[test]
    fn missing_ca_bundle_fails_with_its_path() {
        let error = Roots::from_env(&Env::from([("AWS_CA_BUNDLE", "/no/such/file.pem")])).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the certificates in AWS_CA_BUNDLE=/no/such/file.pem: "), "{error}");
    }
}
