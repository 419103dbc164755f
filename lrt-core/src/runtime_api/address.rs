//! The address of the Runtime API.

use super::number;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// The parsed value of `AWS_LAMBDA_RUNTIME_API`.
///
/// Lambda sets `host:port`. Emulators set URLs with a path (cargo-lambda: `http://127.0.0.1:9000/.rt/_`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The target of the connection.
    pub(crate) target: Target,
    /// The value of the `Host` header.
    pub(crate) host: String,
    /// The prefix of all paths, without a trailing slash.
    pub(crate) prefix: String,
}

/// A socket address, or a host name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Address(SocketAddr),
    Name(String, u16),
}

impl Target {
    /// Resolves the addresses to try. This blocks: Lambda sets an address, and only emulators use a name, so a thread
    /// pool for the lookup is not worth its cost.
    pub(crate) fn resolve(&self) -> io::Result<Vec<SocketAddr>> {
        match self {
            Target::Address(address) => Ok(vec![*address]),
            Target::Name(name, port) => (name.as_str(), *port).to_socket_addrs().map(Vec::from_iter),
        }
    }
}

/// The error of parsing the address of the Runtime API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// The scheme is not `http`.
    #[error("unsupported scheme (only http is supported)")]
    Scheme,
    /// The host is empty.
    #[error("missing host")]
    Host,
    /// The port is not a number up to 65535.
    #[error("invalid port")]
    Port,
    /// The address contains a character that neither a host nor a path can contain.
    #[error("invalid character")]
    Character,
}

const DEFAULT_PORT: u16 = 80;

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(value: &str) -> Result<Address, AddressError> {
        // The value is written to the head of each request.
        if !value.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#@\\\"<>".contains(&byte)) {
            return Err(AddressError::Character);
        }
        let rest = match value.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
            Some(_) => return Err(AddressError::Scheme),
            None => value,
        };
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        Ok(Address { target: target(host)?, host: host.to_owned(), prefix: path.trim_end_matches('/').to_owned() })
    }
}

fn target(host: &str) -> Result<Target, AddressError> {
    let (name, port) = match host.rsplit_once(':') {
        // The last colon of an IPv6 address without a port is part of the address.
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
    fn all_forms_of_addresses_are_parsed() {
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
    fn invalid_runtime_api_address_is_reported() {
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
