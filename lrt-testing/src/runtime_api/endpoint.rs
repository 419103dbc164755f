/// The requests that the API answers, and that a [`Fault`](super::Fault) can be set for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `GET /2018-06-01/runtime/invocation/next`, held until there is an event.
    Next,
    /// `POST /2018-06-01/runtime/invocation/{request id}/response`.
    Response,
    /// `POST /2018-06-01/runtime/invocation/{request id}/error`.
    Error,
    /// `POST /2018-06-01/runtime/init/error`.
    InitError,
    /// `POST /2020-01-01/extension/register`.
    ExtensionRegister,
    /// `GET /2020-01-01/extension/event/next`, held until there is an event for this extension.
    ExtensionNext,
}

impl Endpoint {
    /// The endpoint and the request id (empty where there is none). Anything may stand before the API's version, as
    /// the address that cargo-lambda gives has a path of its own.
    pub(super) fn of<'a>(method: &str, target: &'a str) -> Option<(Self, &'a str)> {
        let path = target.split_once('?').map_or(target, |(path, _)| path);
        let after = |version: &str| path.find(version).map(|at| &path[at + version.len()..]);
        if let Some(path) = after("/2020-01-01/extension/") {
            return match (method, path) {
                ("POST", "register") => Some((Self::ExtensionRegister, "")),
                ("GET", "event/next") => Some((Self::ExtensionNext, "")),
                _ => None,
            };
        }
        match (method, after("/2018-06-01/runtime/")?) {
            ("GET", "invocation/next") => Some((Self::Next, "")),
            ("POST", "init/error") => Some((Self::InitError, "")),
            ("POST", path) => match path.strip_prefix("invocation/")?.rsplit_once('/')? {
                (id, "response") => Some((Self::Response, id)),
                (id, "error") => Some((Self::Error, id)),
                _ => None,
            },
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Endpoint;

    #[test]
    fn any_prefix_may_stand_before_the_version() {
        for prefix in ["", "/.rt/_", "http://127.0.0.1:9000/.rt/_"] {
            let next = format!("{prefix}/2018-06-01/runtime/invocation/next?x");
            assert_eq!(Endpoint::of("GET", &next), Some((Endpoint::Next, "")));
            let response = format!("{prefix}/2018-06-01/runtime/invocation/a-b/response");
            assert_eq!(Endpoint::of("POST", &response), Some((Endpoint::Response, "a-b")));
        }
    }

    #[test]
    fn other_paths_and_methods_are_unknown() {
        for (method, path) in [
            ("POST", "/2018-06-01/runtime/invocation/next"),
            ("GET", "/2018-06-01/runtime/invocation/a/response"),
            ("POST", "/2018-06-01/runtime/invocation/a/other"),
            ("POST", "/2018-06-01/runtime/invocation/response"),
            ("GET", "/2018-06-01/runtime/restore/next"),
            ("GET", "/2020-01-01/extension/other"),
            ("GET", "/"),
            ("", ""),
        ] {
            assert_eq!(Endpoint::of(method, path), None, "{method} {path}");
        }
    }
}
