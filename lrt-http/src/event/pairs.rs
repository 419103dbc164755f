//! The maps of an event: headers and the query.

use super::Bad;
use super::scan::{Members, Text, Value};
use std::borrow::Cow;

/// A map, as an event has it once or twice: with all values of a name, and with the last one alone.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs<'a> {
    pub(super) multi_field: &'static str,
    pub(super) multi: Value<'a>,
    pub(super) single_field: &'static str,
    pub(super) single: Value<'a>,
}

impl<'a> Pairs<'a> {
    /// Hands on all pairs in order: of the map that has all values, then of the other one those whose names the first
    /// lacks.
    pub(super) fn each(
        &self,
        take: &mut dyn FnMut(&'static str, Text<'a>, Text<'a>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        let mut multi = members(self.multi_field, self.multi)?;
        while let Some((name, value)) = multi.member().map_err(Bad::broken(self.multi_field))? {
            values(self.multi_field, name, value, take)?;
        }
        let mut single = members(self.single_field, self.single)?;
        // Both have the same names in the same order, in the usual case.
        let mut beside = Members::of(self.multi);
        while let Some((name, value)) = single.member().map_err(Bad::broken(self.single_field))? {
            let is_beside =
                matches!(beside.member(), Ok(Some(other)) if has_values(other.1) && other.0.quoted() == name.quoted());
            if !is_beside && !self.multi_has(name) {
                values(self.single_field, name, value, take)?;
            }
        }
        Ok(())
    }

    fn multi_has(&self, name: Text<'a>) -> bool {
        let name = read(name);
        let mut multi = Members::of(self.multi);
        while let Ok(Some((other, value))) = multi.member() {
            // Names of headers have no case, and parameters that differ in nothing else are in both maps.
            if has_values(value) && read(other).eq_ignore_ascii_case(&name) {
                return true;
            }
        }
        false
    }
}

fn members<'a>(field: &str, value: Value<'a>) -> Result<Members<'a>, Bad> {
    let members = Members::of(value);
    if value.is_null() || members.is_object() { Ok(members) } else { Err(Bad::new(field, "it is no object")) }
}

fn has_values(value: Value<'_>) -> bool {
    !matches!(value, Value::Null | Value::Nested("[]"))
}

fn read(text: Text<'_>) -> Cow<'_, str> {
    text.read().unwrap_or_default()
}

fn values<'a>(
    field: &'static str,
    name: Text<'a>,
    value: Value<'a>,
    take: &mut dyn FnMut(&'static str, Text<'a>, Text<'a>) -> Result<(), Bad>,
) -> Result<(), Bad> {
    match value {
        Value::Null => Ok(()),
        Value::Text(text) => take(field, name, text),
        Value::Nested(list) if list.starts_with('[') => {
            let mut list = Members::new(list);
            while let Some(value) = list.element().map_err(Bad::broken(field))? {
                match value {
                    Value::Null => {}
                    Value::Text(text) => take(field, name, text)?,
                    _ => return Err(bad(field, name, "it has a value that is no string")),
                }
            }
            Ok(())
        }
        _ => Err(bad(field, name, "it is no string")),
    }
}

/// What is wrong with one entry of a map.
#[cold]
pub(super) fn bad(field: &str, name: Text<'_>, reason: impl std::fmt::Display) -> Bad {
    Bad::new(format!("{field}.{}", read(name)), reason)
}
