/// Endpoints of the API, for which a [`Fault`](super::Fault) can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// `GET /2018-06-01/runtime/invocation/next`, which waits for an event.
    Next,
    /// `POST /2018-06-01/runtime/invocation/{request id}/response`.
    Response,
    /// `POST /2018-06-01/runtime/invocation/{request id}/error`.
    Error,
    /// `POST /2018-06-01/runtime/init/error`.
    InitError,
    /// `POST /2020-01-01/extension/register`.
    ExtensionRegister,
    /// `GET /2020-01-01/extension/event/next`, which waits for an event for this extension.
    ExtensionNext,
}

impl Endpoint {
    /// Returns the endpoint and the request id, which is empty if the endpoint has none. Any prefix is allowed before
    /// the version, because addresses may contain a path, as cargo-lambda's do.
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
    fn prefix_before_the_version_is_ignored() {
        for prefix in ["", "/.rt/_", "http://127.0.0.1:9000/.rt/_"] {
            let next = format!("{prefix}/2018-06-01/runtime/invocation/next?x");
            assert_eq!(Endpoint::of("GET", &next), Some((Endpoint::Next, "")));
            let response = format!("{prefix}/2018-06-01/runtime/invocation/a-b/response");
            assert_eq!(Endpoint::of("POST", &response), Some((Endpoint::Response, "a-b")));
        }
    }

    #[test]
    fn unknown_paths_and_methods_have_no_endpoint() {
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
