//! Maps of names to values: headers and query parameters.

use super::InvalidField;
use lrt_core::__private::json::{JsonCursor, JsonStr, JsonValue};

/// A function that is called with the field, the name and the value of each pair.
pub(super) trait Visit<'a>: FnMut(&'static str, JsonStr<'a>, JsonStr<'a>) -> Result<(), InvalidField> {}

impl<'a, F: FnMut(&'static str, JsonStr<'a>, JsonStr<'a>) -> Result<(), InvalidField>> Visit<'a> for F {}

/// Visits the pairs of the map at the cursor, in order. The value of a name is a string or a list of strings.
pub(super) fn visit<'a>(
    field: &'static str,
    map: &mut JsonCursor<'a>,
    visitor: &mut impl Visit<'a>,
) -> Result<(), InvalidField> {
    let invalid_json = |error: serde_json::Error| InvalidField::new(field, &format_args!("invalid JSON: {error}"));
    let Some(mut members) = map.enter(b'{') else {
        return match map.value() {
            Ok(JsonValue::Null) => Ok(()),
            _ => Err(InvalidField::new(field, &"expected an object")),
        };
    };
    while let Some(name) = map.next_raw_name(&mut members).map_err(invalid_json)? {
        // Most values are strings, or lists of strings.
        if let Some(text) = map.text().map_err(invalid_json)? {
            visitor(field, name, text)?;
        } else if let Some(mut list) = map.enter(b'[') {
            while map.next(&mut list).map_err(invalid_json)? {
                if let Some(text) = map.text().map_err(invalid_json)? {
                    visitor(field, name, text)?;
                } else {
                    visit_value(field, name, map.value().map_err(invalid_json)?, visitor)?;
                }
            }
        } else {
            visit_value(field, name, map.value().map_err(invalid_json)?, visitor)?;
        }
    }
    Ok(())
}

#[cold]
fn visit_value<'a>(
    field: &'static str,
    name: JsonStr<'a>,
    value: JsonValue<'a>,
    visitor: &mut impl Visit<'a>,
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
    multi: &mut JsonCursor<'a>,
    single_field: &'static str,
    single: JsonValue<'a>,
    visitor: &mut impl Visit<'a>,
) -> Result<(), InvalidField> {
    let start = *multi;
    // Usually both maps have the same names in the same order, which is checked by advancing in both of them.
    let mut second = JsonCursor::nested(single);
    let mut members = second.enter(b'{');
    let mut are_same = members.is_some();
    let mut last: &[u8] = b"";
    visit(multi_field, multi, &mut |field, name, text| {
        if are_same && !std::ptr::eq(last, name.inner()) {
            last = name.inner();
            are_same =
                members.as_mut().is_some_and(|members| matches!(second.skip_member(members, name, text), Ok(true)));
        }
        visitor(field, name, text)
    })?;
    if are_same && members.is_some_and(|mut members| matches!(second.next(&mut members), Ok(false))) {
        Ok(())
    } else {
        visit_missing(single_field, single, start, visitor)
    }
}

/// Visits the pairs of a map whose names another map lacks.
pub(super) fn visit_missing<'a>(
    field: &'static str,
    single: JsonValue<'a>,
    multi: JsonCursor<'a>,
    visitor: &mut impl Visit<'a>,
) -> Result<(), InvalidField> {
    if single.is_null() {
        return Ok(());
    }
    visit(field, &mut JsonCursor::nested(single), &mut |field, name, value| {
        if has_values(multi, name) { Ok(()) } else { visitor(field, name, value) }
    })
}

fn is_empty(values: JsonValue<'_>) -> bool {
    matches!(values, JsonValue::Null | JsonValue::Nested("[]"))
}

/// Returns true if a map has values for a name. Header names are case-insensitive; query parameters whose names differ in
/// case are in both maps.
fn has_values(mut map: JsonCursor<'_>, name: JsonStr<'_>) -> bool {
    let name = name.lossy();
    if let Some(mut members) = map.enter(b'{') {
        while let Ok(Some((other, values))) = map.next_member(&mut members) {
            if !is_empty(values) && other.lossy().eq_ignore_ascii_case(&name) {
                return true;
            }
        }
    }
    false
}

/// An invalid pair of a map.
#[cold]
pub(super) fn invalid_entry(field: &str, name: JsonStr<'_>, reason: &dyn std::fmt::Display) -> InvalidField {
    InvalidField::new(&format!("{field}.{}", name.lossy()), reason)
}
