//! The types of attribute values.

/// The type of an attribute value: the only key of its JSON object.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AttributeType {
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

impl AttributeType {
    pub(super) fn parse(name: &str) -> Option<Self> {
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

    /// Describes the JSON of such a value, for error messages.
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
