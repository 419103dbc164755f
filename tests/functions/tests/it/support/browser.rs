//! Headless Chromium, controlled through ChromeDriver with [WebDriver](https://www.w3.org/TR/webdriver2/): JSON
//! over HTTP.

use super::real_client::find_program;
use super::{Process, TIMEOUT, command, send};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Arguments with which the browser starts in any environment, and does not send requests in the background.
const ARGS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    // Disables the back-forward cache, which keeps the connections of previous pages open.
    "--disable-features=BackForwardCache",
    // Resolves the host name of another site to this machine, as after DNS rebinding.
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
];

/// Key of an element's id in WebDriver.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one page, closed on drop.
pub(crate) struct Browser {
    _driver: Process,
    address: String,
    session: String,
    profile: PathBuf,
}

impl Browser {
    /// Starts a browser with a new profile. Returns `None` if it is not installed.
    pub(crate) fn start() -> Option<Browser> {
        let chromium = find_program("LRT_CHROMIUM", "chromium", "apt-get install chromium chromium-driver")?;
        let driver = find_program("LRT_CHROMEDRIVER", "chromedriver", "apt-get install chromium chromium-driver")?;
        let driver = Process::start_with_one_output(command(driver.to_str().unwrap(), &["--port=0"]));
        let port = loop {
            let line = driver.stdout_line();
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_owned();
            }
        };
        let address = format!("127.0.0.1:{port}");
        let profile =
            PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium-{}-{port}", std::process::id()));
        let user_data = format!("--user-data-dir={}", profile.display());
        let args: Vec<&str> = ARGS.into_iter().chain([&*user_data]).collect();
        let options = json!({
            "goog:chromeOptions": { "binary": chromium, "args": args },
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let mut browser = Browser { _driver: driver, address, session: String::new(), profile };
        let made = browser.ask("POST", "/session", &json!({ "capabilities": { "alwaysMatch": options } }));
        browser.session = format!("/session/{}", made["sessionId"].as_str().unwrap());
        Some(browser)
    }

    /// Opens a page, and waits until it is loaded.
    pub(crate) fn open(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    /// Returns the visible text of the first element that matches a CSS selector.
    pub(crate) fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.get(&format!("/element/{element}/text")).as_str().unwrap().to_owned()
    }

    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Types into an element, at the end of its text.
    pub(crate) fn enter(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Runs a function body in the page, and returns its result.
    pub(crate) fn script(&self, body: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": body, "args": [] }))
    }

    /// Runs a function body until it returns a truthy value, and returns that.
    pub(crate) fn wait_for(&self, body: &str) -> Value {
        let start = Instant::now();
        loop {
            let value = self.script(body);
            if !matches!(&value, Value::Null | Value::Bool(false)) && value != 0 && value != "" {
                return value;
            }
            assert!(start.elapsed() < TIMEOUT, "{body}: still {value}; the page: {}", self.text("body"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Returns a screenshot as PNG.
    pub(crate) fn screenshot(&self) -> Vec<u8> {
        BASE64_STANDARD.decode(self.get("/screenshot").as_str().unwrap()).unwrap()
    }

    /// Returns the console errors since the last call: script errors and failed requests.
    pub(crate) fn console_errors(&self) -> Vec<String> {
        let log = self.post("/se/log", &json!({ "type": "browser" }));
        let errors = log.as_array().unwrap().iter().filter(|entry| entry["level"] == "SEVERE");
        errors.map(|entry| entry["message"].as_str().unwrap().to_owned()).collect()
    }

    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap().to_owned()
    }

    fn get(&self, path: &str) -> Value {
        self.ask("GET", &format!("{}{path}", self.session), &Value::Null)
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", &format!("{}{path}", self.session), body)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let response = send(&self.address, method, path, &[("Content-Type", "application/json")], &body);
        assert_eq!(response.status, 200, "{method} {path} {body}: {}", response.body);
        response.json()["value"].take()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killing the driver would not end the browser. Errors are ignored, to avoid a second panic.
        if !self.session.is_empty() {
            let end = || send(&self.address, "DELETE", &self.session, &[], "");
            _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(end));
        }
        _ = std::fs::remove_dir_all(&self.profile);
    }
}
