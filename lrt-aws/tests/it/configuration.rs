//! Configurations that fail in init, and the files that a process opens.

use crate::function::Function;
use crate::run;
use crate::server::{Behavior, Server};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Returns the message that the process's init fails with.
async fn init_error(variables: &[(&str, &str)]) -> String {
    let function = Function::start_with(variables).await;
    function.api.init_error().await.text().into_owned()
}

#[test]
fn missing_region_fails_init() {
    run(async {
        let error = init_error(&[("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")]).await;
        assert!(error.contains("cannot configure the AWS SDK: no AWS region: AWS_REGION is not set"), "{error}");
    });
}

#[test]
fn missing_ca_bundle_fails_init() {
    run(async {
        let error = init_error(&[("AWS_REGION", "eu-west-1"), ("AWS_CA_BUNDLE", "/no/such/file.pem")]).await;
        assert!(
            error.contains("cannot read the certificates in AWS_CA_BUNDLE=/no/such/file.pem: No such file"),
            "{error}"
        );
    });
}

#[test]
fn invalid_ca_bundle_fails_init() {
    run(async {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        let error = init_error(&[("AWS_REGION", "eu-west-1"), ("AWS_CA_BUNDLE", path)]).await;
        let expected = format!("invalid certificates in AWS_CA_BUNDLE={path}: no certificate found (expected PEM)");
        assert!(error.contains(&expected), "{error}");
    });
}

#[test]
fn certificate_of_an_unknown_root_is_rejected() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let bundle = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/amazon_roots.pem");
        let variables = [("AWS_CA_BUNDLE", bundle), ("AWS_ENDPOINT_URL_DYNAMODB", &server.url())];
        let outcome = Function::start(&variables).await.call(&["dynamodb"]).await.concat();
        assert!(outcome.contains("UnknownIssuer"), "{outcome}");
    });
}

#[test]
fn overridden_endpoint_is_verified_with_the_roots_of_the_system() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/root.pem");
        // An empty variable is not set.
        let variables = [("AWS_CA_BUNDLE", ""), ("SSL_CERT_FILE", root), ("AWS_ENDPOINT_URL_DYNAMODB", &server.url())];
        assert_eq!(Function::start(&variables).await.call(&["dynamodb"]).await, ["ok"]);
    });
}

#[test]
fn system_without_certificates_is_one_warning() {
    run(async {
        let server = Server::start(Behavior::default()).await;
        let variables = [
            ("AWS_CA_BUNDLE", ""),
            ("SSL_CERT_FILE", "/no/such/file.pem"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &server.url()),
        ];
        let function = Function::start(&variables).await;
        let outcome = function.call(&["dynamodb", "dynamodb"]).await.concat();
        assert!(outcome.contains("UnknownIssuer"), "{outcome}");
        let log = function.log();
        let warnings: Vec<_> = log.iter().filter(|line| line.contains("WARN")).collect();
        assert!(matches!(warnings[..], [one] if one.contains("no root certificate found in the system: ")), "{log:#?}");
    });
}

#[test]
fn opened_files_are_no_profile_and_one_ca_bundle() {
    if Command::new("strace").arg("--version").stdout(Stdio::null()).status().is_err() {
        assert!(std::env::var("CI").is_err(), "strace is not installed");
        // Not `eprintln!`, whose output is hidden for tests that pass.
        writeln!(std::io::stderr(), "NOT TESTED: opened files, because strace is not installed").unwrap();
        return;
    }
    run(async {
        let server = Server::start(Behavior::default()).await;
        let log = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("strace-{}", std::process::id()));
        let variables = [("LRT_AWS_TEST_WARM", "dynamodb"), ("AWS_ENDPOINT_URL_DYNAMODB", &server.url())];
        let function = Function::start_traced(&log, &variables).await;
        assert_eq!(function.call(&["dynamodb"]).await, ["ok"]);
        drop(function);
        let calls = std::fs::read_to_string(&log).unwrap();
        std::fs::remove_file(&log).unwrap();
        assert!(!calls.contains("/no/such/home"), "{calls}");
        let is_certificate = |line: &&str| [".pem", ".crt", "/ssl/"].iter().any(|part| line.contains(part));
        let opened: Vec<_> = calls.lines().filter(|line| line.contains("open")).filter(is_certificate).collect();
        assert!(matches!(opened[..], [one] if one.contains("tests/it/tls/root.pem")), "{calls}");
    });
}
