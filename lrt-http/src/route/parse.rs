//! The text of a route.

use std::fmt;

/// The methods that API Gateway has routes for, and what `Allow` says of each.
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
pub(super) enum Verb {
    Any,
    /// One of [`METHODS`].
    One {
        name: &'static str,
        allow: &'static str,
    },
}

impl Verb {
    fn parse(text: &str) -> Option<Verb> {
        if text == "ANY" {
            return Some(Verb::Any);
        }
        let (name, allow) = METHODS.into_iter().find(|(name, _)| *name == text)?;
        Some(Verb::One { name, allow })
    }

    pub(super) fn takes(self, method: &str) -> bool {
        match self {
            Verb::Any => true,
            Verb::One { name, .. } => name == method || name == "GET" && method == "HEAD",
        }
    }

    pub(super) fn allow(self) -> &'static str {
        match self {
            // It takes all, so nobody is told.
            Verb::Any => "",
            Verb::One { allow, .. } => allow,
        }
    }
}

/// A part of the path between slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Literal(String),
    /// `{name}`
    Param(String),
    /// `{name+}` or `{*name}`, the last one.
    Rest(String),
}

/// What is wrong with the text of a route, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteError {
    at: usize,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Form,
    Method(String),
    Slash,
    Query(char),
    Brace,
    Whole,
    Name(String),
    Twice(String),
    NotLast(String),
}

impl RouteError {
    /// The place, in bytes from the start of the text.
    pub fn at(&self) -> usize {
        self.at
    }
}

impl fmt::Display for RouteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Form => f.write_str("a route is a method and a path: `GET /orders/{id}`")?,
            What::Method(found) => {
                write!(f, "`{found}` is no method of a route: these are ")?;
                METHODS.iter().try_for_each(|(name, _)| write!(f, "`{name}`, "))?;
                f.write_str("and `ANY`")?;
            }
            What::Slash => f.write_str("a path begins with `/`")?,
            What::Query(found) => write!(f, "a path has no `{found}`")?,
            What::Brace => f.write_str("a brace without the other: a parameter is `{name}`")?,
            What::Whole => f.write_str("a parameter is a whole segment: `/{name}/`")?,
            What::Name(found) => {
                write!(f, "`{found}` is no name of a parameter: letters, digits, `_`, `-`, `.` and `:`, at least one")?;
            }
            What::Twice(name) => write!(f, "two parameters are called `{name}`")?,
            What::NotLast(name) => write!(f, "`{{{name}+}}` takes the rest of the path, so nothing follows it")?,
        }
        write!(f, ", at character {}", self.at + 1)
    }
}

impl std::error::Error for RouteError {}

pub(super) fn parse(text: &str) -> Result<(Verb, Vec<Segment>), RouteError> {
    let fail = |at, what| Err(RouteError { at, what });
    let Some((method, path)) = text.split_once(' ') else { return fail(0, What::Form) };
    let Some(verb) = Verb::parse(method) else { return fail(0, What::Method(method.to_owned())) };
    let start = method.len() + 1;
    let Some(path) = path.strip_prefix('/') else { return fail(start, What::Slash) };
    let mut at = start + 1;
    let mut segments: Vec<Segment> = Vec::new();
    for text in path.split('/') {
        if let Some(Segment::Rest(name)) = segments.last() {
            return fail(at - 1, What::NotLast(name.clone()));
        }
        let segment = segment(text).map_err(|(offset, what)| RouteError { at: at + offset, what })?;
        if let Some(name) = name(&segment)
            && segments.iter().any(|earlier| self::name(earlier) == Some(name))
        {
            return fail(at, What::Twice(name.to_owned()));
        }
        segments.push(segment);
        at += text.len() + 1;
    }
    Ok((verb, segments))
}

fn name(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Literal(_) => None,
        Segment::Param(name) | Segment::Rest(name) => Some(name),
    }
}

fn segment(text: &str) -> Result<Segment, (usize, What)> {
    // What a path of a request cannot have can never match.
    if let Some((at, found)) = text.char_indices().find(|(_, c)| matches!(c, '?' | '#') || c.is_whitespace()) {
        return Err((at, What::Query(found)));
    }
    let (open, close) = (text.find('{'), text.rfind('}'));
    let name = match (open, close) {
        (None, None) => return Ok(Segment::Literal(text.to_owned())),
        (Some(0), Some(close)) if close + 1 == text.len() => &text[1..close],
        (Some(open), Some(close)) if open < close => return Err((open, What::Whole)),
        (open, close) => return Err((open.or(close).unwrap_or(0), What::Brace)),
    };
    let (name, segment): (_, fn(String) -> Segment) = match (name.strip_suffix('+'), name.strip_prefix('*')) {
        (Some(name), _) | (None, Some(name)) => (name, Segment::Rest),
        (None, None) => (name, Segment::Param),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.:".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return Err((1, What::Name(name.to_owned())));
    }
    Ok(segment(name.to_owned()))
}
