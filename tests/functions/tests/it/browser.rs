//! Pages in a real browser.

// Release builds have no local Lambda, and the addresses of the tests exist on Linux only.
#![cfg(all(debug_assertions, target_os = "linux"))]
// In tests, `unwrap` is an assertion.
use crate::support::browser::Browser;
use crate::support::local_server::serve;
use serde_json::json;

/// The example `stream-url`, which is also a binary of this package.
const STREAM_URL: &str = env!("CARGO_BIN_EXE_stream-url-example");

#[test]
fn first_event_is_shown_before_the_last_is_computed() {
    let Some(browser) = Browser::start() else { return };
    let (_process, address) = serve(STREAM_URL, "records");
    // So many numbers that the computation does not end during the test.
    browser.open(&format!("http://{address}/?limit=100000000000"));
    browser.wait_for("return document.querySelectorAll('#records li').length > 1");
    assert_eq!(browser.text("#records li"), "2: length 1");
    assert_eq!(browser.text("#state"), "computing …");
    // Leaving the page ends the stream, and the environment handles the next event. (A browser keeps the old page until the
    // next one is loaded, so a second page of the function would never load.)
    browser.open("about:blank");
    browser.open(&format!("http://{address}/?limit=10"));
    browser.wait_for("return document.getElementById('state').textContent === 'done'");
    let shown = browser.script("return [...document.querySelectorAll('#records li')].map((item) => item.textContent)");
    let records = ["2: length 1", "3: length 7", "6: length 8", "7: length 16", "9: length 19"];
    assert_eq!(shown, json!(records));
    assert_eq!(browser.console_errors(), [""; 0]);
}

/// Tests the driver itself.
#[test]
fn driver_types_clicks_and_reads() {
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
