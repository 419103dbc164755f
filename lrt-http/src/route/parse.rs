//! Parses the text of a route: `GET /orders/{id}`.

use std::fmt;

/// The methods that a route can have, each with the value of `Allow` for its 405 responses.
const METHODS: [(&str, &str); 7] = [
    ("GET", "GET,HEAD"),
    ("POST", "POST"),
    ("PUT", "PUT"),
    ("PATCH", "PATCH"),
    ("DELETE", "DELETE"),
    ("HEAD", "HEAD"),
    ("OPTIONS", "OPTIONS"),
];

/// The method of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RouteMethod {
    Any,
    /// A single method from [`METHODS`].
    One {
        name: &'static str,
        allow: &'static str,
    },
}

impl RouteMethod {
    fn parse(text: &str) -> Option<RouteMethod> {
        if text == "ANY" {
            return Some(RouteMethod::Any);
        }
        let (name, allow) = METHODS.into_iter().find(|(name, _)| *name == text)?;
        Some(RouteMethod::One { name, allow })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            RouteMethod::Any => "ANY",
            RouteMethod::One { name, .. } => name,
        }
    }

    pub(super) fn accepts(self, method: &str) -> bool {
        match self {
            RouteMethod::Any => true,
            RouteMethod::One { name, .. } => name == method || name == "GET" && method == "HEAD",
        }
    }

    /// The value of `Allow` in a 405 response, which a route of any method never sends.
    pub(super) fn allow(self) -> &'static str {
        match self {
            RouteMethod::Any => "",
            RouteMethod::One { allow, .. } => allow,
        }
    }
}

/// A part of the path between two slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(String),
    /// `{name}`
    Param(String),
    /// `{name+}` or `{*name}`: the last segment, which matches the rest of the path.
    Rest(String),
}

impl Segment {
    /// The name of the parameter, or `None` for a literal segment.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Segment::Literal(_) => None,
            Segment::Param(name) | Segment::Rest(name) => Some(name),
        }
    }

    /// Returns true if this is the segment in API Gateway's syntax.
    pub(super) fn is(&self, text: &str) -> bool {
        let param = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
        match self {
            Segment::Literal(literal) => literal == text,
            Segment::Param(name) => param == Some(name),
            Segment::Rest(name) => param.and_then(|param| param.strip_suffix('+')) == Some(name),
        }
    }
}

/// An invalid route, with the position of the mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteError {
    at: usize,
    kind: RouteErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum RouteErrorKind {
    Form,
    Method(String),
    LeadingSlash,
    Character(char),
    UnbalancedBrace,
    PartialSegment,
    Name(String),
    DuplicateName(String),
    NotLast(String),
}

impl RouteError {
    /// Returns the position of the mistake, in bytes from the start of the route.
    pub fn at(&self) -> usize {
        self.at
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid route at character {}: ", self.at + 1)?;
        match &self.kind {
            RouteErrorKind::Form => f.write_str("expected a method and a path, such as `GET /orders/{id}`"),
            RouteErrorKind::Method(found) => {
                write!(f, "unknown method `{found}` (expected ")?;
                METHODS.iter().try_for_each(|(name, _)| write!(f, "`{name}`, "))?;
                f.write_str("or `ANY`)")
            }
            RouteErrorKind::LeadingSlash => f.write_str("the path must start with `/`"),
            RouteErrorKind::Character(found) => write!(f, "a path cannot contain `{found}`"),
            RouteErrorKind::UnbalancedBrace => f.write_str("unbalanced brace (expected a parameter such as `{name}`)"),
            RouteErrorKind::PartialSegment => {
                f.write_str("a parameter must be an entire path segment, such as `/{name}/`")
            }
            RouteErrorKind::Name(found) => write!(
                f,
                "invalid parameter name `{found}` (expected one or more letters, digits, `_`, `-`, `.` or `:`)"
            ),
            RouteErrorKind::DuplicateName(name) => write!(f, "duplicate parameter name `{name}`"),
            RouteErrorKind::NotLast(name) => write!(f, "`{{{name}+}}` must be the last segment of the path"),
        }
    }
}

impl std::error::Error for RouteError {}

pub(super) fn parse(text: &str) -> Result<(RouteMethod, Vec<Segment>), RouteError> {
    let fail = |at, kind| Err(RouteError { at, kind });
    let Some((name, path)) = text.split_once(' ') else { return fail(0, RouteErrorKind::Form) };
    let Some(method) = RouteMethod::parse(name) else { return fail(0, RouteErrorKind::Method(name.to_owned())) };
    let start = name.len() + 1;
    let Some(path) = path.strip_prefix('/') else { return fail(start, RouteErrorKind::LeadingSlash) };
    let mut at = start + 1;
    let mut segments: Vec<Segment> = Vec::new();
    for text in path.split('/') {
        if let Some(Segment::Rest(name)) = segments.last() {
            return fail(at - 1, RouteErrorKind::NotLast(name.clone()));
        }
        let segment = segment(text).map_err(|(offset, kind)| RouteError { at: at + offset, kind })?;
        if let Some(name) = segment.name()
            && segments.iter().any(|earlier| earlier.name() == Some(name))
        {
            return fail(at, RouteErrorKind::DuplicateName(name.to_owned()));
        }
        segments.push(segment);
        at += text.len() + 1;
    }
    Ok((method, segments))
}

fn segment(text: &str) -> Result<Segment, (usize, RouteErrorKind)> {
    // A request path never contains these characters, so the route could never match.
    if let Some((at, found)) = text.char_indices().find(|(_, c)| matches!(c, '?' | '#') || c.is_whitespace()) {
        return Err((at, RouteErrorKind::Character(found)));
    }
    let (open, close) = (text.find('{'), text.rfind('}'));
    let name = match (open, close) {
        (None, None) => return Ok(Segment::Literal(text.to_owned())),
        (Some(0), Some(close)) if close + 1 == text.len() => &text[1..close],
        (Some(open), Some(close)) if open < close => return Err((open, RouteErrorKind::PartialSegment)),
        (open, close) => return Err((open.or(close).unwrap_or(0), RouteErrorKind::UnbalancedBrace)),
    };
    let (name, segment): (_, fn(String) -> Segment) = match (name.strip_suffix('+'), name.strip_prefix('*')) {
        (Some(name), _) | (None, Some(name)) => (name, Segment::Rest),
        (None, None) => (name, Segment::Param),
    };
    let is_valid = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    if name.is_empty() || !name.chars().all(is_valid) {
        return Err((1, RouteErrorKind::Name(name.to_owned())));
    }
    Ok(segment(name.to_owned()))
}
