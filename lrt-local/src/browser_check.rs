//! Rejects requests from web pages of other sites. Functions run with their author's credentials, so a page in a
//! browser must not invoke them without the author's consent.
//!
//! Browsers send the page's `Origin` and `Sec-Fetch-*` headers with its requests. If a page makes its own host name
//! resolve to this machine (DNS rebinding), the browser still sends that name as `Host`. Other programs do not send
//! these headers.

use super::error_response::InvokeError;
use hyper::HeaderMap;
use hyper::http::request::Parts;

/// Checks a request to an HTTP function. Pages of this machine may send requests from any port, if the function's CORS
/// headers allow it; other sites may only link to the function.
pub(super) fn check_http_request(head: &Parts) -> Result<(), InvokeError> {
    check_host(head)?;
    let origins_are_local = head.headers.get_all("Origin").iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        is_this_machine(origin.split_once("://").map_or(origin, |(_scheme, authority)| authority))
    });
    // Images, scripts, frames and links are requested without an `Origin`.
    let from_other_site =
        header_is(&head.headers, "Sec-Fetch-Site", "cross-site") && !head.headers.contains_key("Origin");
    allow(origins_are_local && (!from_other_site || is_link(&head.headers)))
}

/// Checks a request to the Invoke API or for the data of the page. No other page may send it, including pages on other
/// ports of this machine.
pub(super) fn check_own_request(head: &Parts) -> Result<(), InvokeError> {
    check_host(head)?;
    allow(has_own_origin(&head.headers) && has_own_site(&head.headers))
}

/// Checks a request for the page itself, to which other sites may link.
pub(super) fn check_page_request(head: &Parts) -> Result<(), InvokeError> {
    check_host(head)?;
    allow(has_own_origin(&head.headers) && (has_own_site(&head.headers) || is_link(&head.headers)))
}

fn check_host(head: &Parts) -> Result<(), InvokeError> {
    let hosts = head.headers.get_all("Host").iter().map(|host| host.to_str().unwrap_or_default());
    allow(hosts.chain(head.uri.authority().map(|authority| authority.as_str())).all(is_this_machine))
}

fn has_own_origin(headers: &HeaderMap) -> bool {
    let host = headers.get("Host").map_or(&b""[..], |host| host.as_bytes());
    headers.get_all("Origin").iter().all(|origin| origin.as_bytes().strip_prefix(b"http://") == Some(host))
}

fn has_own_site(headers: &HeaderMap) -> bool {
    headers.get_all("Sec-Fetch-Site").iter().all(|site| *site == "same-origin" || *site == "none")
}

/// Returns true if the user has followed a link. Frames, objects and embedded documents are navigation as well, but have
/// another destination.
fn is_link(headers: &HeaderMap) -> bool {
    header_is(headers, "Sec-Fetch-Mode", "navigate") && header_is(headers, "Sec-Fetch-Dest", "document")
}

fn header_is(headers: &HeaderMap, name: &str, value: &str) -> bool {
    headers.get(name).is_some_and(|header| header == value)
}

fn allow(condition: bool) -> Result<(), InvokeError> {
    if condition { Ok(()) } else { Err(InvokeError::ForeignOrigin) }
}

/// Returns true for `localhost`, `127.0.0.1` and `[::1]`, with or without a port.
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

    const LOCAL: (&str, &str) = ("Host", "localhost:9000");
    const CROSS_SITE: (&str, &str) = ("Sec-Fetch-Site", "cross-site");
    const NAVIGATE: (&str, &str) = ("Sec-Fetch-Mode", "navigate");
    const DOCUMENT: (&str, &str) = ("Sec-Fetch-Dest", "document");

    type Check = fn(&Parts) -> Result<(), InvokeError>;

    const CHECKS: [Check; 3] = [check_http_request, check_own_request, check_page_request];

    fn passes(check: Check, target: &str, headers: &[(&str, &str)]) -> bool {
        let request = hyper::Request::builder().uri(target);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(&request.body(()).unwrap().into_parts().0).is_ok()
    }

    #[test]
    fn hosts_other_than_this_machine_are_rejected() {
        for check in CHECKS {
            for host in ["localhost", "LOCALHOST:9000", "127.0.0.1", "127.0.0.1:9000", "[::1]", "[::1]:9000"] {
                assert!(passes(check, "/", &[("Host", host)]), "{host}");
                let target = format!("http://{host}/");
                assert!(passes(check, &target, &[LOCAL]), "{host}");
            }
            assert!(passes(check, "/", &[]));
            for host in [
                "",
                "evil.example",
                "evil.example:9000",
                "localhost.evil.example",
                "127.0.0.1.evil.example:9000",
                "::1",
            ] {
                assert!(!passes(check, "/", &[("Host", host)]), "{host}");
                assert!(!passes(check, "/", &[LOCAL, ("Host", host)]), "{host}");
            }
            assert!(!passes(check, "http://evil.example/", &[LOCAL]));
            let rebound = [("Host", "evil.example:9000"), ("Origin", "http://evil.example:9000")];
            assert!(!passes(check, "/", &rebound));
        }
    }

    #[test]
    fn origins_of_other_sites_are_rejected() {
        for check in CHECKS {
            for origin in ["null", "https://evil.example", "http://localhost.evil.example", "http://localhost:a"] {
                assert!(!passes(check, "/", &[LOCAL, ("Origin", origin)]), "{origin}");
                assert!(!passes(check, "/", &[LOCAL, ("Origin", "http://localhost:9000"), ("Origin", origin)]));
                assert!(!passes(check, "/", &[LOCAL, ("Origin", origin), NAVIGATE, DOCUMENT]), "{origin}");
            }
            assert!(passes(
                check,
                "/",
                &[LOCAL, ("Origin", "http://localhost:9000"), ("Sec-Fetch-Site", "same-origin")]
            ));
            assert!(passes(check, "/", &[LOCAL, ("Sec-Fetch-Site", "none"), NAVIGATE, DOCUMENT]));
        }
    }

    #[test]
    fn pages_of_other_ports_may_use_http_functions_only() {
        for foreign in [
            &[("Origin", "http://localhost:3000")][..],
            &[("Origin", "http://127.0.0.1:9000"), CROSS_SITE],
            &[("Sec-Fetch-Site", "same-site")],
        ] {
            let headers = [&[LOCAL], foreign].concat();
            assert!(passes(check_http_request, "/", &headers), "{foreign:?}");
            assert!(!passes(check_own_request, "/", &headers), "{foreign:?}");
            assert!(!passes(check_page_request, "/", &headers), "{foreign:?}");
        }
    }

    #[test]
    fn other_sites_may_link_and_nothing_else() {
        let link = [LOCAL, CROSS_SITE, NAVIGATE, DOCUMENT];
        assert!(passes(check_http_request, "/", &link));
        assert!(passes(check_page_request, "/", &link));
        assert!(!passes(check_own_request, "/", &link));
        for check in CHECKS {
            for destination in ["iframe", "frame", "embed", "object", "image", "script", "empty"] {
                for mode in ["navigate", "no-cors", "cors"] {
                    let headers = [LOCAL, CROSS_SITE, ("Sec-Fetch-Mode", mode), ("Sec-Fetch-Dest", destination)];
                    assert!(!passes(check, "/", &headers), "{mode} {destination}");
                }
            }
            assert!(!passes(check, "/", &[LOCAL, CROSS_SITE, NAVIGATE]));
            assert!(!passes(check, "/", &[LOCAL, CROSS_SITE, ("Sec-Fetch-Mode", "no-cors"), DOCUMENT]));
        }
    }
}
