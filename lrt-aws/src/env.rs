//! Environment variables, with values that a test can choose.

use crate::ConfigError;
use std::str::FromStr;

/// Source of environment variables.
#[derive(Clone, Debug)]
pub(crate) enum Env {
    /// The environment of the process.
    Process,
    #[cfg(test)]
    Fixed(std::collections::HashMap<&'static str, String>),
}

impl Env {
    /// Returns the value of a variable, or `None` if it is unset, blank or not UTF-8.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = match self {
            Env::Process => std::env::var(name).ok(),
            #[cfg(test)]
            Env::Fixed(variables) => variables.get(name).cloned(),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// Parses the value of a variable.
    pub(crate) fn parse<T: FromStr>(
        &self,
        name: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.trim().parse() {
            Ok(parsed) => Ok(Some(parsed)),
            Err(_) => Err(ConfigError::invalid_variable(name, value, expected)),
        }
    }

    /// Parses a variable that is `true` or `false`, in any case, as the SDKs do.
    pub(crate) fn flag(&self, name: &'static str) -> Result<Option<bool>, ConfigError> {
        match self.get(name) {
            None => Ok(None),
            Some(value) if value.trim().eq_ignore_ascii_case("true") => Ok(Some(true)),
            Some(value) if value.trim().eq_ignore_ascii_case("false") => Ok(Some(false)),
            Some(value) => Err(ConfigError::invalid_variable(name, value, "true or false")),
        }
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&'static str, &str); N]> for Env {
    fn from(variables: [(&'static str, &str); N]) -> Env {
        Env::Fixed(variables.into_iter().map(|(name, value)| (name, value.to_owned())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_variables_are_unset() {
        let env = Env::from([("A", ""), ("B", "  "), ("C", "c")]);
        assert_eq!([env.get("A"), env.get("B"), env.get("D")], [None, None, None]);
        assert_eq!(env.get("C").as_deref(), Some("c"));
    }

    #[test]
    fn flags_are_true_or_false_in_any_case() {
        let env = Env::from([("A", "TRUE"), ("B", "false"), ("C", "yes")]);
        assert_eq!(env.flag("A").unwrap(), Some(true));
        assert_eq!(env.flag("B").unwrap(), Some(false));
        assert_eq!(env.flag("D").unwrap(), None);
        assert_eq!(env.flag("C").unwrap_err().to_string(), r#"invalid C="yes" (expected true or false)"#);
    }
}
