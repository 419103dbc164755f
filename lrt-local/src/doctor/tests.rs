use super::project::Project;
use super::{Finding, examine, slow_cold_start_of, summary};
use crate::function::LocalFunction;
use crate::test_util::TestFunction;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const MANIFEST: &str = r#"
[package]
name = "shop"

[dependencies]
aws-sdk-dynamodb = { version = "1", default-features = false, features = ["rt-tokio"] }
lrt = "0.1"
lrt-aws = "0.1"

[profile.release]
panic = "unwind"
lto = "fat"
strip = "symbols"
"#;

const LOCKFILE: &str = r#"
[[package]]
name = "shop"
dependencies = ["aws-sdk-dynamodb", "lrt", "lrt-aws"]

[[package]]
name = "aws-sdk-dynamodb"
dependencies = ["aws-smithy-http-client"]

[[package]]
name = "aws-smithy-http-client"
dependencies = ["rustls"]

[[package]]
name = "lrt-aws"
dependencies = ["aws-smithy-http-client"]

[[package]]
name = "reqwest"
dependencies = ["rustls"]

[[package]]
name = "rustls"
dependencies = ["aws-lc-rs"]

[[package]]
name = "aws-lc-rs"
dependencies = ["aws-lc-sys"]
"#;

/// A template as `cargo run -- template` prints it, and functions of other binaries and runtimes.
const TEMPLATE: &str = r#"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: provided.al2023, Timeout: 10}
Resources:
  ChargeFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: shop}}
    Properties:
      Handler: charge
      Timeout: 60
      Events:
        Messages:
          Type: SQS
          Properties:
            Queue: !GetAtt Queue.Arn
            FunctionResponseTypes: [ReportBatchItemFailures]
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      VisibilityTimeout: 360
  TailFunction:
    Type: AWS::Serverless::Function
    Properties:
      Handler: tail
      FunctionUrlConfig: {AuthType: NONE, InvokeMode: RESPONSE_STREAM}
  ResizeFunction:
    Type: AWS::Serverless::Function
    Properties: {Runtime: python3.13, Handler: app.handler, Events: {Messages: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}}}
  OtherFunction:
    Type: AWS::Serverless::Function
    Metadata: {BuildProperties: {Binary: other}}
    Properties: {Handler: other}
"#;

/// The same function as resources of CloudFormation, in JSON.
const CLOUDFORMATION: &str = r#"{
  "Resources": {
    "Charge": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "charge", "Timeout": 60}},
    "Mapping": {
      "Type": "AWS::Lambda::EventSourceMapping",
      "Properties": {
        "FunctionName": {"Ref": "Charge"},
        "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"]
      }
    },
    "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": 360}},
    "Tail": {"Type": "AWS::Lambda::Function", "Properties": {"Runtime": "provided.al2023", "Handler": "tail"}},
    "TailUrl": {"Type": "AWS::Lambda::Url", "Properties": {"TargetFunctionArn": {"Ref": "Tail"}, "InvokeMode": "RESPONSE_STREAM"}}
  }
}"#;

/// A project in a temporary folder, which is removed when it is dropped.
struct Folder(PathBuf);

impl Folder {
    /// Creates a project without defects.
    fn new(name: &str) -> Folder {
        let folder = Folder(std::env::temp_dir().join(format!("lrt-doctor-{}-{name}", std::process::id())));
        for (file, text) in [("Cargo.toml", MANIFEST), ("Cargo.lock", LOCKFILE), ("template.yaml", TEMPLATE)] {
            folder.write(file, text);
        }
        folder
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.0.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Replaces a part of a file, which must occur in it.
    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.0.join(file)).unwrap();
        assert!(text.contains(from), "{file} does not contain {from:?}");
        self.write(file, &text.replace(from, to));
    }

    fn read(&self) -> Result<Project, String> {
        self.read_without_template()?.with_template()
    }

    fn read_without_template(&self) -> Result<Project, String> {
        Project::read_from(&self.0, Some(&self.0.join("target")), "shop")
    }

    fn findings(&self) -> Vec<Finding> {
        let charge = TestFunction::new("charge", "sqs");
        let tail = TestFunction { streams: true, ..TestFunction::new("tail", "function_url") };
        examine(&self.read().unwrap(), &[&charge as &dyn LocalFunction, &tail])
    }

    /// Returns the defect of the only finding.
    fn defect(&self) -> String {
        match &*self.findings() {
            [Finding { defect, .. }] => defect.replace(&self.0.display().to_string(), "."),
            findings => format!("{findings:?}"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn project_without_defects_has_no_findings() {
    let folder = Folder::new("none");
    assert_eq!(folder.findings(), []);
    let project = folder.read().unwrap();
    assert_eq!(
        summary(&project, 0),
        "no findings; checked Cargo.toml, Cargo.lock, template.yaml\n\
         not checked: glibc and linked symbols (there is no release build for Linux)"
    );
    fs::remove_file(folder.0.join("template.yaml")).unwrap();
    folder.write("template.json", CLOUDFORMATION);
    assert_eq!(folder.findings(), []);
}

#[test]
fn each_defect_has_one_finding() {
    let lto = ("Cargo.toml", "lto = \"fat\"", "lto = \"off\"");
    let strip = ("Cargo.toml", "strip = \"symbols\"", "");
    let is_without = "Cargo.toml: the release profile is without";
    for (name, (file, from, to), defect) in [
        (
            "jitter",
            ("Cargo.toml", "lrt-aws = \"0.1\"", "lrt-aws = \"0.1\"\nreqwest = \"0.13\""),
            "Cargo.lock: aws-lc-sys is linked with jitter entropy (reqwest -> rustls -> aws-lc-rs -> aws-lc-sys)",
        ),
        (
            "defaults",
            ("Cargo.toml", "default-features = false, ", ""),
            "Cargo.toml: default features of aws-sdk-dynamodb",
        ),
        ("abort", ("Cargo.toml", "\"unwind\"", "\"abort\""), "Cargo.toml: panic = \"abort\" in the release profile"),
        (
            "no-panic",
            ("Cargo.toml", "panic = \"unwind\"", ""),
            "Cargo.toml: no `panic` in the release profile, so that cargo-lambda builds with \"abort\"",
        ),
        ("lto", lto, &*format!("{is_without} lto = \"fat\"")),
        ("strip", strip, &*format!("{is_without} strip = \"symbols\"")),
        (
            "responses",
            ("template.yaml", "FunctionResponseTypes: [ReportBatchItemFailures]", ""),
            "template.yaml: ChargeFunction.Events.Messages does not report failed records",
        ),
        (
            "visibility",
            ("template.yaml", "VisibilityTimeout: 360", "VisibilityTimeout: 359"),
            "template.yaml: Queue has a visibility timeout of 359 s, and ChargeFunction a timeout of 60 s",
        ),
        (
            "default-visibility",
            ("template.yaml", "VisibilityTimeout: 360", "DelaySeconds: 1"),
            "template.yaml: Queue has a visibility timeout of 30 s, and ChargeFunction a timeout of 60 s",
        ),
        (
            "mode",
            ("template.yaml", ", InvokeMode: RESPONSE_STREAM", ""),
            "template.yaml: TailFunction has the invoke mode BUFFERED, and `tail` streams",
        ),
        (
            "handler",
            ("template.yaml", "Handler: tail", "Handler: tall"),
            "template.yaml: TailFunction has the handler \"tall\"",
        ),
    ] {
        let folder = Folder::new(name);
        folder.replace(file, from, to);
        assert_eq!(folder.defect(), defect, "{name}");
    }
}

#[test]
fn slow_cold_start_is_reported_without_the_template() {
    let folder = Folder::new("slow");
    // A template that cannot be read.
    folder.write("template.yaml", "a: [");
    let reported = || slow_cold_start_of(&folder.read_without_template().unwrap());
    assert_eq!(reported(), None);
    folder.replace("Cargo.toml", "lrt-aws = \"0.1\"", "lrt-aws = \"0.1\"\nreqwest = \"0.13\"");
    let line = reported().unwrap();
    assert!(line.starts_with("error: Cargo.lock: aws-lc-sys is linked with jitter entropy (reqwest -> "), "{line}");
    assert!(line.ends_with("\n  `cargo run -- doctor` checks all settings"), "{line}");
    folder.write(".cargo/config.toml", "[env]\nAWS_LC_SYS_NO_JITTER_ENTROPY = \"1\"");
    assert_eq!(reported(), None);
    // Other defects are not reported.
    folder.replace("Cargo.toml", "lto = \"fat\"", "");
    assert_eq!(reported(), None);
}

#[test]
fn sdk_without_lrt_aws_has_no_trace_header() {
    let folder = Folder::new("trace");
    folder.replace("Cargo.toml", "lrt-aws = \"0.1\"", "");
    // Otherwise the jitter entropy is a second finding.
    folder.write(".cargo/config.toml", "[env]\nAWS_LC_SYS_NO_JITTER_ENTROPY = \"1\"");
    let defect = "Cargo.toml: aws-sdk-dynamodb without lrt-aws, and without the feature `trace-env` of lrt";
    assert_eq!(folder.defect(), defect);
    folder.write(".cargo/config.toml", "[env]\nAWS_LC_SYS_NO_JITTER_ENTROPY = { value = \"1\", force = true }");
    assert_eq!(folder.defect(), defect);
    folder.replace("Cargo.toml", "lrt = \"0.1\"", "lrt = { version = \"0.1\", features = [\"trace-env\"] }");
    assert_eq!(folder.findings(), []);
    folder.write(".cargo/config.toml", "");
    assert!(folder.defect().contains("(aws-sdk-dynamodb -> aws-smithy-http-client -> rustls"), "{}", folder.defect());
}

#[test]
fn members_inherit_dependencies_and_profile_from_the_workspace() {
    let folder = Folder::new("workspace");
    let (package, profile) = MANIFEST.split_once("[profile").unwrap();
    let member = package.replace("version = \"1\", default-features = false", "workspace = true");
    folder.write("shop/Cargo.toml", &member);
    let dependency = "aws-sdk-dynamodb = { version = \"1\", default-features = false }";
    folder.write("Cargo.toml", &format!("[workspace.dependencies]\n{dependency}\n[profile{profile}"));
    let read = || {
        let project = Project::read_from(&folder.0.join("shop"), None, "shop").unwrap();
        examine(&project, &[])
    };
    assert_eq!(read(), []);
    folder.replace("Cargo.toml", ", default-features = false", "");
    assert!(matches!(&*read(), [Finding { defect, .. }] if defect.contains("default features")), "{:?}", read());
    folder.write("shop/.cargo/config.toml", "[profile.release]\npanic = \"abort\"");
    assert!(matches!(&*read(), [Finding { defect, .. }, _] if defect.contains("\"abort\"")), "{:?}", read());
}

#[test]
fn resources_of_cloudformation_are_checked() {
    for (from, to, defect) in [
        (
            "\"FunctionResponseTypes\": [\"ReportBatchItemFailures\"]",
            "\"BatchSize\": 10",
            "template.json: Mapping does not report failed records",
        ),
        (
            "\"VisibilityTimeout\": 360",
            "\"VisibilityTimeout\": 60",
            "template.json: Queue has a visibility timeout of 60 s, and Charge a timeout of 60 s",
        ),
        (
            "\"RESPONSE_STREAM\"",
            "\"BUFFERED\"",
            "template.json: TailUrl has the invoke mode BUFFERED, and `tail` streams",
        ),
    ] {
        let folder = Folder::new("cloudformation");
        fs::remove_file(folder.0.join("template.yaml")).unwrap();
        folder.write("template.json", CLOUDFORMATION);
        folder.replace("template.json", from, to);
        assert_eq!(folder.defect(), defect);
    }
}

#[test]
fn invalid_files_are_errors_with_their_names() {
    let folder = Folder::new("invalid");
    for (file, text, error) in [
        ("template.yaml", "a: [", "template.yaml is not valid YAML: "),
        ("Cargo.lock", "[[package]", "Cargo.lock is not valid TOML: "),
        ("Cargo.toml", "=", "Cargo.toml is not valid TOML: "),
    ] {
        folder.write(file, text);
        assert!(folder.read().is_err_and(|message| message.contains(error)), "{file}");
    }
    fs::remove_file(folder.0.join("Cargo.toml")).unwrap();
    assert!(folder.read().is_err_and(|message| message.contains("has no Cargo.toml")));
    // An empty template, and one of other resources, have no functions.
    folder.write("Cargo.toml", MANIFEST);
    folder.write("Cargo.lock", LOCKFILE);
    for template in ["", "[1]", "Resources: 1", "Resources: {A: 1, B: {Type: AWS::SNS::Topic}}"] {
        folder.write("template.yaml", template);
        assert_eq!(folder.findings(), [], "{template}");
    }
}

/// Runs the C compiler, which Rust needs as a linker anyway.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn cc(folder: &Path, args: &[&str]) {
    let output = Command::new("cc").current_dir(folder).args(args).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn release_build_is_checked() {
    let folder = Folder::new("binary");
    folder.write("main.c", "int main() { return 0; }");
    folder.write("target/lambda/shop/file", "");
    cc(&folder.0, &["main.c", "-o", "target/lambda/shop/bootstrap"]);
    assert_eq!(folder.findings(), []);
    let project = folder.read().unwrap();
    assert!(summary(&project, 0).ends_with("target/lambda/shop/bootstrap"), "{}", summary(&project, 0));

    // A library in the role of a glibc that is newer than any other.
    folder.write("newer.c", "int newer() { return 0; }");
    folder.write("newer.map", "GLIBC_2.99 { global: newer; };");
    folder.write("needs.c", "int newer(); int main() { return newer(); }");
    folder.write("target/release/file", "");
    cc(&folder.0, &["-shared", "newer.c", "-Wl,--version-script=newer.map", "-o", "libnewer.so"]);
    cc(&folder.0, &["needs.c", "libnewer.so", "-o", "target/release/shop"]);
    assert_eq!(folder.defect(), "./target/release/shop requires glibc 2.99");
    // Symbols that may be missing.
    folder.replace("needs.c", "int newer();", "__attribute__((weak)) int newer();");
    cc(&folder.0, &["needs.c", "libnewer.so", "-o", "target/release/shop"]);
    assert_eq!(folder.findings(), []);

    // The newest build counts, and its symbols have precedence over Cargo.lock.
    folder.write("main.c", "int jent_entropy_init() { return 0; } int main() { return jent_entropy_init(); }");
    folder.write("target/aarch64-unknown-linux-gnu/release/file", "");
    cc(&folder.0, &["main.c", "-o", "target/aarch64-unknown-linux-gnu/release/shop"]);
    let defect = "./target/aarch64-unknown-linux-gnu/release/shop contains jitter entropy";
    assert_eq!(folder.defect(), defect);
    cc(&folder.0, &["-s", "main.c", "-o", "target/aarch64-unknown-linux-gnu/release/shop"]);
    assert_eq!(folder.findings(), []);
}
