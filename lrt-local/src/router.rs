//! Which of several functions of HTTP requests a request is for. In the cloud each has an address of its own.

use lrt_testing::__private::route;

/// A function of HTTP requests, as far as addresses go.
#[derive(Clone, Copy)]
pub(super) struct Address<'a> {
    pub(super) name: &'a str,
    pub(super) route: Option<&'a str>,
}

/// The index of the function that a request is for, and how many bytes at the beginning of its path are not for the
/// function's eyes.
///
/// A route goes first, in the order of `main!`. A function without one has all that is below its name, `/page/…`, and the
/// first of them what no other takes.
pub(super) fn find(functions: &[Address<'_>], method: &str, path: &str) -> (usize, usize) {
    let routed = |function: &Address<'_>| function.route.is_some_and(|route| route::matches(route, method, path));
    if let Some(at) = functions.iter().position(routed) {
        return (at, 0);
    }
    if functions.len() > 1
        && let Some(at) =
            functions.iter().position(|function| function.route.is_none() && is_below(path, function.name))
    {
        return (at, 1 + functions[at].name.len());
    }
    (rest(functions), 0)
}

/// The index of the function that has what no other takes.
pub(super) fn rest(functions: &[Address<'_>]) -> usize {
    functions.iter().position(|function| function.route.is_none()).unwrap_or(0)
}

fn is_below(path: &str, name: &str) -> bool {
    let after = path.strip_prefix('/').and_then(|path| path.strip_prefix(name));
    after.is_some_and(|after| after.is_empty() || after.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_goes_before_a_name_and_a_name_before_the_rest() {
        let of = |name, route| Address { name, route };
        let functions = [
            of("get", Some("GET /orders/{id}")),
            of("page", None),
            of("put", Some("PUT /orders/{id}")),
            of("api", None),
            of("pages", Some("GET /page/{n}")),
        ];
        for (method, path, expected) in [
            ("GET", "/orders/7", (0, 0)),
            ("PUT", "/orders/7", (2, 0)),
            ("GET", "/page/2", (4, 0)),
            ("GET", "/page", (1, 5)),
            ("POST", "/page/2", (1, 5)),
            ("GET", "/api/orders", (3, 4)),
            // Its route is its address, not its name.
            ("GET", "/get/1", (1, 0)),
            ("GET", "/apis", (1, 0)),
            ("DELETE", "/orders/7", (1, 0)),
            ("GET", "/", (1, 0)),
        ] {
            assert_eq!(find(&functions, method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn one_alone_takes_all() {
        let page = Address { name: "page", route: None };
        assert_eq!(find(&[page], "GET", "/page/2"), (0, 0));
        let get = Address { name: "get", route: Some("GET /orders/{id}") };
        assert_eq!(find(&[get, get], "DELETE", "/"), (0, 0));
    }
}
