//! `route = "METHOD /path/{parameter}"` and `base_path = "/v1"`, with the checks that lrt makes at the cold start.

use syn::{Expr, LitStr};

use crate::errors::nearest;
use crate::option_value;

/// Methods that API Gateway has routes for.
const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "ANY"];

pub(crate) fn read(value: Expr) -> syn::Result<LitStr> {
    let route = match option_value::string("route", value) {
        Ok(route) => route,
        Err(error) => {
            return Err(syn::Error::new(error.span(), "`route` takes a string: `route = \"GET /orders/{id}\"`"));
        }
    };
    match check(&route.value()) {
        Ok(()) => Ok(route),
        Err(message) => Err(syn::Error::new_spanned(route, message)),
    }
}

pub(crate) fn base_path(value: Expr) -> syn::Result<LitStr> {
    let path = option_value::string("base_path", value)?;
    let text = path.value();
    let message = match text.strip_prefix('/') {
        None => format!("a base path begins with a slash: `base_path = \"/{text}\"`"),
        Some("") => "a base path cannot be empty: `base_path = \"/v1\"`".to_owned(),
        Some(rest) if rest.ends_with('/') => {
            format!("a base path ends without a slash: `base_path = \"{}\"`", text.trim_end_matches('/'))
        }
        Some(rest) if rest.contains(['?', '#', '{', '}', ' ']) => {
            "a base path is a plain path: `base_path = \"/v1\"`".to_owned()
        }
        Some(_) => return Ok(path),
    };
    Err(syn::Error::new_spanned(path, message))
}

fn check(route: &str) -> Result<(), String> {
    let Some((method, path)) = route.split_once(' ') else {
        return Err(match route.strip_prefix('/') {
            Some(_) => format!("a route begins with its method: `GET {route}`, or `ANY {route}` for all"),
            None => "a route is a method and a path: `route = \"GET /orders/{id}\"`".to_owned(),
        });
    };
    check_method(method)?;
    let Some(inside) = path.strip_prefix('/') else {
        return Err(format!("the path of a route begins with a slash: `{method} /{}`", path.trim_start()));
    };
    if let Some(mark) = path.find(['?', '#', ' ']) {
        let mark = &path[mark..=mark];
        return Err(format!("a route has only a method and a path: remove everything from `{mark}` on"));
    }
    let mut names = Vec::new();
    let mut segments = inside.split('/').peekable();
    while let Some(segment) = segments.next() {
        if let Some(name) = parameter(segment, segments.peek().is_none())? {
            if names.contains(&name) {
                return Err(format!("two parameters are called `{name}`: rename one"));
            }
            names.push(name);
        }
    }
    Ok(())
}

fn check_method(method: &str) -> Result<(), String> {
    if METHODS.contains(&method) {
        return Ok(());
    }
    let upper = method.to_uppercase();
    let near =
        METHODS.iter().find(|known| **known == upper).copied().or_else(|| nearest(&upper, METHODS.iter().copied()));
    Err(match near {
        Some(near) => format!("unknown method `{method}`: did you mean `{near}`?"),
        None => format!("unknown method `{method}`: the methods are {}", METHODS.join(", ")),
    })
}

/// Returns the name in `{name}`, or in `{name+}` and `{*name}`, which match the rest of the path.
fn parameter(segment: &str, is_last: bool) -> Result<Option<&str>, String> {
    if let Some(name) = segment.strip_prefix(':') {
        return Err(format!("write a path parameter in braces: `{{{name}}}`"));
    }
    let Some(inside) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return match segment.contains(['{', '}']) {
            true => Err(format!("a path parameter is an entire segment: `/{{name}}/`, not `{segment}`")),
            false => Ok(None),
        };
    };
    let (name, greedy) = match (inside.strip_suffix('+'), inside.strip_prefix('*')) {
        (Some(name), _) | (None, Some(name)) => (name, true),
        (None, None) => (inside, false),
    };
    if name.is_empty() {
        return Err(format!("`{segment}` needs a name: `{{id}}`"));
    }
    if !name.chars().all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.')) {
        return Err(format!("invalid parameter name `{name}`: use letters, digits, `_`, `-` and `.`"));
    }
    if greedy && !is_last {
        return Err(format!("`{segment}` takes the rest of the path: nothing can follow it"));
    }
    Ok(Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valid_routes_are_accepted() {
        for route in [
            "GET /",
            "GET /orders",
            "POST /orders/{id}/items/{item-id}",
            "ANY /{proxy+}",
            "DELETE /files/{*path}",
            "GET /a.b/%7Bc%7D/",
        ] {
            assert_eq!(check(route), Ok(()), "{route}");
        }
    }

    #[test]
    fn invalid_routes_are_rejected() {
        for (route, message) in [
            ("", "a route is a method and a path: `route = \"GET /orders/{id}\"`"),
            ("/orders", "a route begins with its method: `GET /orders`, or `ANY /orders` for all"),
            ("get /orders", "unknown method `get`: did you mean `GET`?"),
            ("POTS /orders", "unknown method `POTS`: did you mean `POST`?"),
            ("GET orders", "the path of a route begins with a slash: `GET /orders`"),
            ("GET /orders?page=1", "a route has only a method and a path: remove everything from `?` on"),
            ("GET /orders/:id", "write a path parameter in braces: `{id}`"),
            ("GET /orders/{id", "a path parameter is an entire segment: `/{name}/`, not `{id`"),
            ("GET /orders/a{id}", "a path parameter is an entire segment: `/{name}/`, not `a{id}`"),
            ("GET /orders/{}", "`{}` needs a name: `{id}`"),
            ("GET /orders/{i d}", "a route has only a method and a path: remove everything from ` ` on"),
            ("GET /orders/{id:u8}", "invalid parameter name `id:u8`: use letters, digits, `_`, `-` and `.`"),
            ("GET /{a+}/b", "`{a+}` takes the rest of the path: nothing can follow it"),
            ("GET /{a}/{a}", "two parameters are called `a`: rename one"),
        ] {
            assert_eq!(check(route), Err(message.to_owned()), "{route}");
        }
    }
}
