//! Routes of an API: `GET /orders/{id}`.

use super::text::percent_decode;

/// The path of a route, without its method: `/orders/{id}`; `$default` and a WebSocket's `$connect` have none.
pub(super) fn path(route: &str) -> &str {
    route.split_once(' ').map_or(route, |(_, path)| path)
}

/// What the path has in place of the route's parameters, decoded; none where it is not of this route.
///
/// `{id}` is one segment, `{proxy+}` is all that follow.
pub(super) fn parameters(route: &str, request_path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = request_path;
    for part in path(route).split('/').skip(1) {
        let Some(after) = rest.strip_prefix('/') else { return Vec::new() };
        let name = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
        if let Some(name) = name.and_then(|name| name.strip_suffix('+')) {
            found.push((name.to_owned(), percent_decode(after)));
            return found;
        }
        let end = after.find('/').unwrap_or(after.len());
        match name {
            Some(name) => found.push((name.to_owned(), percent_decode(&after[..end]))),
            None if part == &after[..end] => {}
            None => return Vec::new(),
        }
        rest = &after[end..];
    }
    if rest.is_empty() { found } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn parameters_are_what_stands_in_their_place() {
        let of = |route, path| -> String {
            let found = parameters(route, path);
            found.iter().map(|(name, value)| format!("{name}={value};")).collect()
        };
        for (route, path, expected) in [
            ("GET /orders/{id}", "/orders/7", "id=7;"),
            ("GET /orders/{id}", "/orders/a%20b", "id=a b;"),
            ("ANY /{a}/x/{b}", "/1/x/2", "a=1;b=2;"),
            ("ANY /{proxy+}", "/a/b%2Fc", "proxy=a/b/c;"),
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
