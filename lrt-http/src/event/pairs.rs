//! Maps of names to values: headers and query parameters.

use super::InvalidField;
use super::scan::{Broken, Cursor};
use super::value::{Text, Value};

/// A function that is called with the field, the name and the value of each pair.
pub(super) type Visit<'t, 'a> = &'t mut dyn FnMut(&'static str, Text<'a>, Text<'a>) -> Result<(), InvalidField>;

/// Visits the pairs of the map at the cursor, in order. The value of a name is a string or a list of strings.
pub(super) fn visit<'a>(field: &'static str, map: &mut Cursor<'a>, visitor: Visit<'_, 'a>) -> Result<(), InvalidField> {
    let invalid_json = |Broken| InvalidField::new(field, &"invalid JSON");
    if !map.enter(b'{') {
        return match map.any() {
            Ok(Value::Null) => Ok(()),
            _ => Err(InvalidField::new(field, &"expected an object")),
        };
    }
    while let Some(name) = map.name().map_err(invalid_json)? {
        if map.enter(b'[') {
            while let Some(value) = map.element().map_err(invalid_json)? {
                visit_value(field, name, value, visitor)?;
            }
        } else {
            visit_value(field, name, map.value().map_err(invalid_json)?, visitor)?;
        }
    }
    Ok(())
}

fn visit_value<'a>(
    field: &'static str,
    name: Text<'a>,
    value: Value<'a>,
    visitor: Visit<'_, 'a>,
) -> Result<(), InvalidField> {
    match value.to_text() {
        Some(text) => visitor(field, name, text),
        None if value.is_null() => Ok(()),
        None => Err(invalid_entry(field, name, &"expected a string")),
    }
}

/// Visits the pairs of the map at the cursor, which has a list of values per name, and then the pairs of a second map, which has
/// one value per name, for names that the first map lacks.
pub(super) fn visit_merged<'a>(
    multi_field: &'static str,
    multi: &mut Cursor<'a>,
    single_field: &'static str,
    single: Value<'a>,
    visitor: Visit<'_, 'a>,
) -> Result<(), InvalidField> {
    let start = *multi;
    // Usually both maps have the same names in the same order, which is checked by advancing in both of them.
    let mut second = Cursor::of(single);
    let mut are_same = second.enter(b'{');
    let mut last: &[u8] = b"";
    visit(multi_field, multi, &mut |field, name, text| {
        if are_same && !std::ptr::eq(last, name.inner()) {
            last = name.inner();
            are_same = matches!(second.skip_member(name, text), Ok(true));
        }
        visitor(field, name, text)
    })?;
    if are_same && matches!(second.member(), Ok(None)) {
        Ok(())
    } else {
        visit_missing(single_field, single, start, visitor)
    }
}

/// Visits the pairs of a map whose names another map lacks.
pub(super) fn visit_missing<'a>(
    field: &'static str,
    single: Value<'a>,
    multi: Cursor<'a>,
    visitor: Visit<'_, 'a>,
) -> Result<(), InvalidField> {
    if single.is_null() {
        return Ok(());
    }
    visit(field, &mut Cursor::of(single), &mut |field, name, value| {
        if has_values(multi, name) { Ok(()) } else { visitor(field, name, value) }
    })
}

fn is_empty(values: Value<'_>) -> bool {
    matches!(values, Value::Null | Value::Nested(b"[]"))
}

/// Returns true if a map has values for a name. Header names are case-insensitive; query parameters whose names differ in
/// case are in both maps.
fn has_values(mut map: Cursor<'_>, name: Text<'_>) -> bool {
    let name = name.lossy();
    if map.enter(b'{') {
        while let Ok(Some((other, values))) = map.member() {
            if !is_empty(values) && other.lossy().eq_ignore_ascii_case(&name) {
                return true;
            }
        }
    }
    false
}

/// An invalid pair of a map.
#[cold]
pub(super) fn invalid_entry(field: &str, name: Text<'_>, reason: &dyn std::fmt::Display) -> InvalidField {
    InvalidField::new(&format!("{field}.{}", name.lossy()), reason)
}
