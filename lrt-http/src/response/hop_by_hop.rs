//! Removes headers that are meant for a single connection.

use http::header::CONNECTION;
use http::{HeaderMap, HeaderName};

/// Removes hop-by-hop headers, and the headers that `connection` names.
///
/// A response that a function received from another server and forwards may contain them. Lambda and its emulators pass
/// them to the client, where they contradict the actual connection. See [RFC
/// 9110](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1).
pub(super) fn remove(headers: &mut HeaderMap) {
    let found: Vec<HeaderName> = headers.keys().filter(|name| is_hop_by_hop(name)).cloned().collect();
    if found.is_empty() {
        return;
    }
    let connection = headers.get_all(CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let named = connection.flat_map(|value| value.split(',')).filter_map(|name| name.trim().parse().ok());
    let named: Vec<HeaderName> = named.collect();
    for name in found.iter().chain(&named) {
        headers.remove(name);
    }
}

fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "proxy-connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}
