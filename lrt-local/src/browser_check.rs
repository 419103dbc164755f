//! Who may knock: the front door is for this machine's programs, not for the pages in its browser.

use super::error_response::InvokeError;
use hyper::HeaderMap;
use hyper::http::request::Parts;

/// Refuses what comes from web pages: they must not invoke a function that has its author's credentials.
///
/// A page's requests carry its `Origin`; one that had its own name resolve to this machine still has that as `Host`.
pub(super) fn check_origin(headers: &HeaderMap) -> Result<(), InvokeError> {
    let hosts = headers.get_all("Host").iter().map(|host| host.to_str().unwrap_or_default());
    let origins = headers.get_all("Origin").iter().map(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        origin.split_once("://").map_or(origin, |(_scheme, authority)| authority)
    });
    if hosts.chain(origins).all(is_this_machine) { Ok(()) } else { Err(InvokeError::Foreign) }
}

/// The same for a function of HTTP requests. A page of this machine, at whichever port, may use it as far as the function's
/// own CORS lets it; a page from elsewhere may link to it, and nothing more.
///
/// Images, scripts and simple forms come without an `Origin`, but browsers say that they are of another site.
pub(super) fn check_page(head: &Parts) -> Result<(), InvokeError> {
    check_origin(&head.headers)?;
    if !head.uri.authority().is_none_or(|authority| is_this_machine(authority.as_str())) {
        return Err(InvokeError::Foreign);
    }
    let is = |name, value: &str| head.headers.get(name).is_some_and(|sent| sent.as_bytes() == value.as_bytes());
    let from_elsewhere = is("Sec-Fetch-Site", "cross-site") && !head.headers.contains_key("Origin");
    if from_elsewhere && !is("Sec-Fetch-Mode", "navigate") { Err(InvokeError::Foreign) } else { Ok(()) }
}

/// The same for the local Lambda's own page, which shows events with all that is in them: pages of no other origin may ask for
/// it, not even of this machine. What is no browser is not asked where it comes from.
pub(super) fn check_same_origin(head: &Parts) -> Result<(), InvokeError> {
    check_page(head)?;
    let value = |name| head.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let host = value("Host").unwrap_or_default();
    let is_own = value("Origin").is_none_or(|origin| origin.strip_prefix("http://") == Some(host));
    let is_near = value("Sec-Fetch-Site").is_none_or(|site| matches!(site, "same-origin" | "none"));
    // A link from elsewhere leads to the page, and that is all.
    let is_link = head.uri.path() == "/_lrt" && value("Sec-Fetch-Mode") == Some("navigate");
    if is_own && (is_near || is_link) { Ok(()) } else { Err(InvokeError::Foreign) }
}

fn is_this_machine(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, ""),
    };
    let names = ["localhost", "127.0.0.1", "[::1]"];
    names.iter().any(|name| name.eq_ignore_ascii_case(host)) && port.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};

    fn passes(headers: &[(HeaderName, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        check_origin(&headers).is_ok()
    }

    #[test]
    fn requests_through_this_machines_own_names_pass() {
        for host in ["localhost", "LOCALHOST:9000", "127.0.0.1", "127.0.0.1:9000", "[::1]", "[::1]:9000"] {
            assert!(passes(&[(HOST, host)]), "{host}");
        }
        assert!(passes(&[]));
        assert!(passes(&[(HOST, "localhost:9000"), (ORIGIN, "http://localhost:3000")]));
    }

    #[test]
    fn a_page_may_use_an_http_function_from_this_machine_alone() {
        let passes = |target: &str, headers: &[(&str, &str)]| {
            let request = hyper::Request::builder().uri(target);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            check_page(&request.body(()).unwrap().into_parts().0).is_ok()
        };
        let local = ("Host", "localhost:9000");
        assert!(passes("/", &[local]));
        assert!(passes("/", &[local, ("Origin", "http://127.0.0.1:3000"), ("Sec-Fetch-Site", "cross-site")]));
        assert!(passes("/", &[local, ("Sec-Fetch-Site", "same-site")]));
        assert!(passes("/", &[local, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]));
        assert!(!passes("/", &[local, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")]));
        assert!(!passes("/", &[local, ("Origin", "https://evil.example")]));
        assert!(!passes("/", &[("Host", "evil.example:9000")]));
        assert!(passes("http://localhost:9000/", &[local]));
        assert!(!passes("http://evil.example/", &[local]));
    }

    #[test]
    fn the_page_is_for_itself_and_for_what_is_no_browser() {
        let passes = |path: &str, headers: &[(&str, &str)]| {
            let request = hyper::Request::builder().uri(path);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            check_same_origin(&request.body(()).unwrap().into_parts().0).is_ok()
        };
        let host = ("Host", "localhost:9000");
        assert!(passes("/_lrt/history", &[host]));
        assert!(passes(
            "/_lrt/history",
            &[host, ("Origin", "http://localhost:9000"), ("Sec-Fetch-Site", "same-origin")]
        ));
        assert!(passes("/_lrt", &[host, ("Sec-Fetch-Site", "none"), ("Sec-Fetch-Mode", "navigate")]));
        assert!(passes("/_lrt", &[host, ("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate")]));
        for foreign in [
            ("Origin", "http://localhost:3000"),
            ("Origin", "https://localhost:9000"),
            ("Origin", "http://127.0.0.1:9000"),
            ("Origin", "null"),
            ("Sec-Fetch-Site", "same-site"),
            ("Sec-Fetch-Site", "cross-site"),
        ] {
            assert!(!passes("/_lrt/history", &[host, foreign]), "{foreign:?}");
            assert!(!passes("/_lrt/history", &[host, foreign, ("Sec-Fetch-Mode", "navigate")]), "{foreign:?}");
        }
        assert!(!passes("/_lrt", &[("Host", "evil.example:9000")]));
        assert!(!passes("/_lrt", &[("Host", "evil.example:9000"), ("Origin", "http://evil.example:9000")]));
    }

    #[test]
    fn requests_of_web_pages_do_not() {
        for host in
            ["", "evil.example", "evil.example:9000", "localhost.evil.example", "127.0.0.1.evil.example:9000", "::1"]
        {
            assert!(!passes(&[(HOST, host)]), "{host}");
        }
        for origin in ["null", "https://evil.example", "http://localhost.evil.example", "http://localhost:a"] {
            assert!(!passes(&[(HOST, "localhost:9000"), (ORIGIN, origin)]), "{origin}");
        }
    }
}
