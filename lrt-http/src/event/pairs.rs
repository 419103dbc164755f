//! The maps of an event: headers and the query.

use super::Bad;
use super::scan::{Broken, Cursor, Text, Value};

/// Where the pairs of a map go.
pub(super) type Take<'t, 'a> = &'t mut dyn FnMut(&'static str, Text<'a>, Text<'a>) -> Result<(), Bad>;

/// Hands on the pairs of the map that comes next, in order. A name has a string, or a list of them.
pub(super) fn each<'a>(field: &'static str, map: &mut Cursor<'a>, take: Take<'_, 'a>) -> Result<(), Bad> {
    let broken = |Broken| broken(field);
    if !map.enter(b'{') {
        return match map.value() {
            Ok(Value::Null) => Ok(()),
            _ => Err(Bad::new(field, "it is no object")),
        };
    }
    while let Some(name) = map.name().map_err(broken)? {
        if map.enter(b'[') {
            while let Some(value) = map.element().map_err(broken)? {
                one(field, name, value, take)?;
            }
        } else {
            one(field, name, map.value().map_err(broken)?, take)?;
        }
    }
    Ok(())
}

fn one<'a>(field: &'static str, name: Text<'a>, value: Value<'a>, take: Take<'_, 'a>) -> Result<(), Bad> {
    match value {
        Value::Text(text) => take(field, name, text),
        Value::Null => Ok(()),
        _ => Err(bad(field, name, "it is no string")),
    }
}

/// Hands on the pairs of a map that has one value of each name, where another has all values of it, and lacks the name.
pub(super) fn fill<'a>(
    field: &'static str,
    single: Value<'a>,
    multi: Value<'a>,
    take: Take<'_, 'a>,
) -> Result<(), Bad> {
    let mut map = Cursor::of(single);
    if single.is_null() {
        return Ok(());
    }
    if let Ok(true) = same(map, Cursor::of(multi)) {
        return Ok(());
    }
    each(field, &mut map, &mut |field, name, value| if has(multi, name) { Ok(()) } else { take(field, name, value) })
}

/// Whether both maps have the same names in the same order, as they do in the usual case.
fn same(mut single: Cursor<'_>, mut multi: Cursor<'_>) -> Result<bool, Broken> {
    if !single.enter(b'{') || !multi.enter(b'{') {
        return Ok(false);
    }
    loop {
        match (single.name()?, multi.name()?) {
            (None, None) => return Ok(true),
            (Some(name), Some(other)) if name.inner() == other.inner() => {
                single.value()?;
                if is_empty(multi.value()?) {
                    return Ok(false);
                }
            }
            _ => return Ok(false),
        }
    }
}

fn is_empty(values: Value<'_>) -> bool {
    matches!(values, Value::Null | Value::Nested(b"[]"))
}

/// Whether a map has values of a name. Names of headers have no case, and the parameters of a query that differ in
/// nothing else are in both maps.
fn has(map: Value<'_>, name: Text<'_>) -> bool {
    let name = name.lossy();
    let mut map = Cursor::of(map);
    if map.enter(b'{') {
        while let Ok(Some(other)) = map.name() {
            let Ok(values) = map.value() else { return false };
            if !is_empty(values) && other.lossy().eq_ignore_ascii_case(&name) {
                return true;
            }
        }
    }
    false
}

#[cold]
fn broken(field: &'static str) -> Bad {
    Bad::new(field, "it is no JSON")
}

/// What is wrong with one entry of a map.
#[cold]
pub(super) fn bad(field: &str, name: Text<'_>, reason: impl std::fmt::Display) -> Bad {
    Bad::new(format!("{field}.{}", name.lossy()), reason)
}
