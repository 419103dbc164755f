//! Routes of APIs, such as `GET /orders/{id}`.

/// Returns the path of a route, without its method. `$default` and the `$connect` of a WebSocket are returned
/// unchanged.
pub(super) fn path(route: &str) -> &str {
    route.split_once(' ').map_or(route, |(_, path)| path)
}

/// Returns true if a request matches this route.
pub fn matches(route: &str, method: &str, request_path: &str) -> bool {
    let route_method = route.split_once(' ').map_or("ANY", |(method, _)| method);
    let is_method = route_method.eq_ignore_ascii_case("ANY") || route_method.eq_ignore_ascii_case(method);
    is_method && find(route, request_path).is_some()
}

/// Returns a method and a path that match this route, with `1` for each parameter.
pub fn example(route: &str) -> (&str, String) {
    let method = route.split_once(' ').map_or("GET", |(method, _)| method);
    let method = if method.eq_ignore_ascii_case("ANY") { "GET" } else { method };
    let segment = |segment| if str::starts_with(segment, '{') { "1" } else { segment };
    (method, path(route).split('/').map(segment).collect::<Vec<_>>().join("/"))
}

/// Returns the values of the route's parameters without decoding them, or nothing if the path does not match.
///
/// `{id}` matches one segment, `{proxy+}` all remaining ones.
pub(super) fn parameters(route: &str, request_path: &str) -> Vec<(String, String)> {
    find(route, request_path).unwrap_or_default()
}

fn find(route: &str, request_path: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = request_path;
    for part in path(route).split('/').skip(1) {
        let after = rest.strip_prefix('/')?;
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
            found.push((name.to_owned(), after.to_owned()));
            return Some(found);
        }
        let end = after.find('/').unwrap_or(after.len());
        match name {
            Some(name) => found.push((name.to_owned(), after[..end].to_owned())),
            None if part == &after[..end] => {}
            None => return None,
        }
        rest = &after[end..];
    }
    rest.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_are_extracted_without_decoding() {
        let of = |route, path| -> String {
            let found = parameters(route, path);
            found.iter().map(|(name, value)| format!("{name}={value};")).collect()
        };
        for (route, path, expected) in [
            ("GET /orders/{id}", "/orders/7", "id=7;"),
            ("GET /orders/{id}", "/orders/a%20b", "id=a%20b;"),
            ("ANY /{a}/x/{b}", "/1/x/2", "a=1;b=2;"),
            ("ANY /{proxy+}", "/a/b%2Fc", "proxy=a/b%2Fc;"),
            ("/v1/{proxy+}", "/v1/a", "proxy=a;"),
            ("GET /orders/{id}", "/orders/7/items", ""),
            ("GET /orders/{id}", "/order/7", ""),
            ("GET /orders/{id}", "/orders", ""),
            ("GET /", "/", ""),
            ("$default", "/a", ""),
        ] {
            assert_eq!(of(route, path), expected, "{route} {path}");
        }
    }
}
