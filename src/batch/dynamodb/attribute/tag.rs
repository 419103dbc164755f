//! The type of an attribute.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use std::fmt;

/// What an attribute value's only key says.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tag {
    S,
    N,
    B,
    Bool,
    Null,
    L,
    M,
    Ss,
    Ns,
    Bs,
}

impl Tag {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "S" => Self::S,
            "N" => Self::N,
            "B" => Self::B,
            "BOOL" => Self::Bool,
            "NULL" => Self::Null,
            "L" => Self::L,
            "M" => Self::M,
            "SS" => Self::Ss,
            "NS" => Self::Ns,
            "BS" => Self::Bs,
            _ => return None,
        })
    }

    /// What JSON stands behind it, for messages.
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::S => "a string as the value of S",
            Self::N => "a number in a string as the value of N",
            Self::B => "base64 as the value of B",
            Self::Bool => "a boolean as the value of BOOL",
            Self::Null => "true as the value of NULL",
            Self::L => "an array as the value of L",
            Self::M => "an object of attribute values",
            Self::Ss => "an array of strings as the value of SS",
            Self::Ns => "an array of numbers in strings as the value of NS",
            Self::Bs => "an array of base64 as the value of BS",
        }
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(key: D) -> Result<Self, D::Error> {
        key.deserialize_identifier(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = Tag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the type of an attribute")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Tag, E> {
        Tag::of(name).ok_or_else(|| {
            E::custom(format_args!(
                "unknown attribute type `{name}`, expected one of S, N, B, BOOL, NULL, L, M, SS, NS, BS"
            ))
        })
    }
}
