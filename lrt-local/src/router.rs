//! Selects the function for an HTTP request. In AWS, each function has its own address.

use lrt_testing::__private::route;

/// Name and route of an HTTP function.
#[derive(Clone, Copy)]
pub(super) struct FunctionAddress<'a> {
    pub(super) name: &'a str,
    pub(super) route: Option<&'a str>,
}

/// Returns the index of the function for a request, and the length of the path's prefix that the function does not receive.
///
/// Routes are tried first, in the order of `main!`. A preflight request is for the first function with its path. A function without a
/// route receives the requests below its name, `/page/…`. The first such function also receives all other requests.
pub(super) fn find(functions: &[FunctionAddress<'_>], method: &str, path: &str) -> (usize, usize) {
    let has_route =
        |function: &FunctionAddress<'_>| function.route.is_some_and(|route| route::matches(route, method, path));
    if let Some(index) = functions.iter().position(has_route) {
        return (index, 0);
    }
    let has_path = |function: &FunctionAddress<'_>| {
        let own = function.route.and_then(|route| route.split_once(' '));
        own.is_some_and(|(_, own)| route::matches(&format!("ANY {own}"), method, path))
    };
    if method == "OPTIONS"
        && let Some(index) = functions.iter().position(has_path)
    {
        return (index, 0);
    }
    if functions.len() > 1
        && let Some(index) =
            functions.iter().position(|function| function.route.is_none() && is_below(path, function.name))
    {
        return (index, 1 + functions[index].name.len());
    }
    (fallback(functions), 0)
}

/// Returns the index of the function for requests that do not match another function.
pub(super) fn fallback(functions: &[FunctionAddress<'_>]) -> usize {
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
    fn routes_precede_names_and_names_precede_the_fallback() {
        let address = |name, route| FunctionAddress { name, route };
        let functions = [
            address("get", Some("GET /orders/{id}")),
            address("page", None),
            address("put", Some("PUT /orders/{id}")),
            address("api", None),
            address("pages", Some("GET /page/{n}")),
        ];
        for (method, path, expected) in [
            ("GET", "/orders/7", (0, 0)),
            ("PUT", "/orders/7", (2, 0)),
            ("GET", "/page/2", (4, 0)),
            ("GET", "/page", (1, 5)),
            ("POST", "/page/2", (1, 5)),
            ("GET", "/api/orders", (3, 4)),
            // A function with a route is not served under its name.
            ("GET", "/get/1", (1, 0)),
            ("GET", "/apis", (1, 0)),
            ("DELETE", "/orders/7", (1, 0)),
            ("OPTIONS", "/orders/7", (0, 0)),
            ("OPTIONS", "/orders", (1, 0)),
            ("GET", "/", (1, 0)),
        ] {
            assert_eq!(find(&functions, method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn single_function_receives_all_requests() {
        let page = FunctionAddress { name: "page", route: None };
        assert_eq!(find(&[page], "GET", "/page/2"), (0, 0));
        let get = FunctionAddress { name: "get", route: Some("GET /orders/{id}") };
        assert_eq!(find(&[get, get], "DELETE", "/"), (0, 0));
    }
}
