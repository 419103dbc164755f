//! The maps of an event: headers and the query.

use super::Bad;
use super::scan::{Broken, Cursor};
use super::value::{Text, Value};
use crate::bytes::is_same;

/// Where the pairs of a map go.
pub(super) type Take<'t, 'a> = &'t mut dyn FnMut(&'static str, Text<'a>, Text<'a>) -> Result<(), Bad>;

/// Hands on the pairs of the map that comes next, in order. A name has a string, or a list of them.
pub(super) fn each<'a>(field: &'static str, map: &mut Cursor<'a>, take: Take<'_, 'a>) -> Result<(), Bad> {
    let broken = |Broken| broken(field);
    if !map.enter(b'{') {
        return match map.any() {
            Ok(Value::Null) => Ok(()),
            _ => Err(Bad::new(field, &"it is no object")),
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
        _ => Err(bad(field, name, &"it is no string")),
    }
}

/// Hands on the pairs of the map that comes next, which has all values of each name, and then those of another that has
/// one value of each name, where the first lacks the name.
pub(super) fn both<'a>(
    multi_field: &'static str,
    multi: &mut Cursor<'a>,
    single_field: &'static str,
    single: Value<'a>,
    take: Take<'_, 'a>,
) -> Result<(), Bad> {
    let start = *multi;
    // Both have the same names in the same order, in the usual case. So it is enough to go through them side by side.
    let mut beside = Cursor::of(single);
    let mut are_same = beside.enter(b'{');
    let mut last: &[u8] = b"";
    each(multi_field, multi, &mut |field, name, text| {
        if are_same && !std::ptr::eq(last, name.inner()) {
            last = name.inner();
            are_same = matches!(beside.skip_member(name, text), Ok(true));
        }
        take(field, name, text)
    })?;
    if are_same && matches!(beside.member(), Ok(None)) { Ok(()) } else { fill(single_field, single, start, take) }
}

/// Hands on the pairs of a map, where another one lacks the name.
pub(super) fn fill<'a>(
    field: &'static str,
    single: Value<'a>,
    multi: Cursor<'a>,
    take: Take<'_, 'a>,
) -> Result<(), Bad> {
    if single.is_null() {
        return Ok(());
    }
    each(field, &mut Cursor::of(single), &mut |field, name, value| {
        if has(multi, name) { Ok(()) } else { take(field, name, value) }
    })
}

fn is_empty(values: Value<'_>) -> bool {
    matches!(values, Value::Null | Value::Nested(b"[]"))
}

/// Whether a map has values of a name. Names of headers have no case, and the parameters of a query that differ in
/// nothing else are in both maps.
fn has(mut map: Cursor<'_>, name: Text<'_>) -> bool {
    let name = name.lossy();
    if map.enter(b'{') {
        while let Ok(Some((other, values))) = map.member() {
            if !is_empty(values) && is_same(other.lossy().as_bytes(), name.as_bytes()) {
                return true;
            }
        }
    }
    false
}

#[cold]
fn broken(field: &'static str) -> Bad {
    Bad::new(field, &"it is no JSON")
}

/// What is wrong with one entry of a map.
#[cold]
pub(super) fn bad(field: &str, name: Text<'_>, reason: &dyn std::fmt::Display) -> Bad {
    Bad::new(&format!("{field}.{}", name.lossy()), reason)
}
