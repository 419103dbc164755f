//! Where the Runtime API is.

use super::number;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// The value of `AWS_LAMBDA_RUNTIME_API`, taken apart once.
///
/// Lambda gives `host:port`; emulators give URLs with a path (cargo-lambda: `http://127.0.0.1:9000/.rt/_`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// What to connect to.
    pub(crate) target: Target,
    /// The value of the `Host` header.
    pub(crate) host: String,
    /// What stands in front of each path; without a slash at its end.
    pub(crate) prefix: String,
}

/// A socket address, or a name that has to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Address(SocketAddr),
    Name(String, u16),
}

impl Target {
    /// The addresses to try. Emulators are reached by name, while Lambda gives an address: a lookup blocks, since
    /// nothing else could be done meanwhile, and a pool of threads for it would be in every binary.
    pub(crate) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match self {
            Target::Address(address) => Ok(vec![*address]),
            Target::Name(name, port) => (name.as_str(), *port).to_socket_addrs().map(Vec::from_iter),
        }
    }
}

/// What is wrong with an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// A scheme that is not `http`.
    #[error("only http:// is spoken")]
    Scheme,
    /// There is nothing where the host belongs.
    #[error("the host is missing")]
    Host,
    /// The port is no number up to 65535.
    #[error("the port is no number up to 65535")]
    Port,
    /// A space, a control character, or one that must not stand in a host or a path.
    #[error("it has a character that neither a host nor a path can have")]
    Character,
}

const DEFAULT_PORT: u16 = 80;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(value: &str) -> Result<Address, AddressError> {
        // Whatever stands here is written into each request's head.
        if !value.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\\"<>".contains(&byte)) {
            return Err(AddressError::Character);
        }
        // Not `split_once`: std's search for a text is 1 KB wherever it is called.
        let rest = match value.as_bytes().windows(3).position(|part| part == b"://") {
            Some(at) if value[..at].eq_ignore_ascii_case("http") => &value[at + 3..],
            Some(_) => return Err(AddressError::Scheme),
            None => value,
        };
        let (host, path) = rest.split_at(rest.bytes().position(|byte| byte == b'/').unwrap_or(rest.len()));
        Ok(Address { target: target(host)?, host: host.to_owned(), prefix: path.trim_end_matches('/').to_owned() })
    }
}

fn target(host: &str) -> Result<Target, AddressError> {
    let (name, port) = match host.rsplit_once(':') {
        // The colon of an IPv6 address without a port is no port's.
        Some((name, port)) if !host.ends_with(']') => {
            (name, number(port.as_bytes()).and_then(|port| port.try_into().ok()).ok_or(AddressError::Port)?)
        }
        _ => (host, DEFAULT_PORT),
    };
    let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    match address.parse::<IpAddr>() {
        Ok(address) => Ok(Target::Address(SocketAddr::new(address, port))),
        Err(_) if name.is_empty() => Err(AddressError::Host),
        Err(_) if name.contains([':', '[', ']']) => Err(AddressError::Character),
        Err(_) => Ok(Target::Name(name.to_owned(), port)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(target: &str) -> Target {
        Target::Address(target.parse().unwrap())
    }

    #[test]
    fn each_form_that_is_seen_is_taken() {
        for (value, target, host, prefix) in [
            ("127.0.0.1:9001", address("127.0.0.1:9001"), "127.0.0.1:9001", ""),
            ("169.254.100.1", address("169.254.100.1:80"), "169.254.100.1", ""),
            ("[::1]:9001", address("[::1]:9001"), "[::1]:9001", ""),
            ("[::1]", address("[::1]:80"), "[::1]", ""),
            ("localhost:9001", Target::Name("localhost".into(), 9001), "localhost:9001", ""),
            ("lambda", Target::Name("lambda".into(), 80), "lambda", ""),
            ("http://127.0.0.1:9000/.rt/_", address("127.0.0.1:9000"), "127.0.0.1:9000", "/.rt/_"),
            ("HTTP://localhost:9000/", Target::Name("localhost".into(), 9000), "localhost:9000", ""),
            ("127.0.0.1:9000/a/", address("127.0.0.1:9000"), "127.0.0.1:9000", "/a"),
        ] {
            let expected = Address { target, host: host.into(), prefix: prefix.into() };
            assert_eq!(value.parse(), Ok(expected), "{value}");
        }
    }

    #[test]
    fn what_is_no_address_is_said() {
        for (value, error) in [
            ("https://127.0.0.1:9001", AddressError::Scheme),
            ("", AddressError::Host),
            ("http://", AddressError::Host),
            (":9001", AddressError::Host),
            ("127.0.0.1:", AddressError::Port),
            ("127.0.0.1:65536", AddressError::Port),
            ("127.0.0.1:port", AddressError::Port),
            ("a b:1", AddressError::Character),
            ("a:1\r\nx: y", AddressError::Character),
            ("user@host:1", AddressError::Character),
            ("host:1?x", AddressError::Character),
            ("[::1:1", AddressError::Character),
            ("é:1", AddressError::Character),
        ] {
            assert_eq!(value.parse::<Address>(), Err(error), "{value:?}");
        }
    }
}
