//! Short links, from the environment. A real service would use a table.

use std::collections::HashMap;
use std::env::VarError;

/// Targets of short links.
#[derive(Debug)]
pub struct Links(HashMap<String, String>);

/// The error of [`Links::open`].
#[derive(Debug, thiserror::Error)]
pub enum LinksError {
    /// The variable is missing.
    #[error("failed to read the variable LINKS: {0}")]
    Variable(#[from] VarError),
    /// An entry is invalid.
    #[error("invalid entry in LINKS: {0:?} (expected code=target)")]
    Entry(String),
}

impl Links {
    /// Reads the variable `LINKS`: `tea=https://example.com/green-tea,coffee=https://example.com/coffee`.
    ///
    /// # Errors
    ///
    /// Returns an error if the variable is missing or invalid.
    pub async fn open() -> Result<Links, LinksError> {
        let links = std::env::var("LINKS")?;
        let entries = links.split(',').map(|entry| match entry.split_once('=') {
            Some((code, target)) => Ok((code.to_owned(), target.to_owned())),
            None => Err(LinksError::Entry(entry.to_owned())),
        });
        entries.collect::<Result<_, _>>().map(Links)
    }

    /// Returns the target of a link.
    pub async fn target(&self, code: &str) -> Option<&str> {
        self.0.get(code).map(String::as_str)
    }
}
