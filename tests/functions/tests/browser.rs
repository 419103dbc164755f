//! Pages in a real browser.

// A release build has no local Lambda, and the tests' addresses are those of Linux.
#![cfg(all(debug_assertions, target_os = "linux"))]
// In a test, an unwrap is an assertion.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use support::browser::Browser;
use support::served::serve;

/// The example `stream-url`, whose source is built here as well.
const STREAM_URL: &str = env!("CARGO_BIN_EXE_stream-url-example");

#[test]
fn the_first_event_is_on_screen_before_the_last_is_made() {
    let Some(browser) = Browser::start() else { return };
    let (_process, address) = serve(STREAM_URL, "records");
    // The last event of these is not made in the time of a test.
    browser.open(&format!("http://{address}/?limit=100000000000"));
    browser.wait_for("return document.querySelectorAll('#records li').length > 1");
    assert_eq!(browser.text("#records li"), "2: length 1");
    assert_eq!(browser.text("#state"), "computing …");
    // Whoever leaves ends the stream: the function has one event at a time, and takes the next one then. (A browser leaves a
    // page when it has the next one, which would wait here.)
    browser.open("about:blank");
    browser.open(&format!("http://{address}/?limit=10"));
    browser.wait_for("return document.getElementById('state').textContent === 'done'");
    let shown = browser.script("return [...document.querySelectorAll('#records li')].map((item) => item.textContent)");
    let records = ["2: length 1", "3: length 7", "6: length 8", "7: length 16", "9: length 19"];
    assert_eq!(shown, json!(records));
    assert_eq!(browser.console_errors(), [""; 0]);
}

/// A page that a test asks something of should not fail it for the driver's sake.
#[test]
fn the_driver_does_what_a_user_does() {
    let Some(browser) = Browser::start() else { return };
    let page = "<title>a</title><input id=who><button onclick=\"said.textContent='hello '+who.value\">say</button>\
                <p id=said></p>";
    browser.open(&format!("data:text/html,{page}"));
    browser.enter("#who", "Ada");
    browser.click("button");
    assert_eq!(browser.text("#said"), "hello Ada");
    assert!(browser.screenshot().starts_with(b"\x89PNG"));
    assert_eq!(browser.console_errors(), [""; 0]);
    browser.script("setTimeout(() => { throw new Error('of the page') })");
    browser.wait_for("return new Promise((done) => setTimeout(() => done(true)))");
    let errors = browser.console_errors();
    assert!(errors.len() == 1 && errors[0].contains("of the page"), "{errors:?}");
}
