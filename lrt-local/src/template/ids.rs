//! Logical ids of resources and parameters, which share one namespace.

use std::collections::HashSet;

/// Returns `MaxPrice` for `MAX_PRICE`.
pub(super) fn of_variable(name: &str) -> String {
    name.split('_').map(|word| capitalized(&word.to_ascii_lowercase())).collect()
}

/// The ids in use.
#[derive(Debug, Default)]
pub(super) struct Ids {
    functions: HashSet<String>,
    all: HashSet<String>,
}

impl Ids {
    /// Returns the common prefix of a function's ids: `GetOrder` for `get_order`.
    pub(super) fn of_function(&mut self, name: &str) -> String {
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let id: String = words.map(capitalized).collect();
        // `Function` is appended to the function's own id.
        let id = id.strip_suffix("Function").unwrap_or(&id);
        free(&mut self.functions, if id.is_empty() { "The" } else { id })
    }

    /// Reserves this id, with a number appended if it is in use.
    pub(super) fn claim(&mut self, id: &str) -> String {
        free(&mut self.all, id)
    }
}

fn free(taken: &mut HashSet<String>, id: &str) -> String {
    let numbered = (2..).map(|n| format!("{id}{n}"));
    let mut ids = std::iter::once(id.to_owned()).chain(numbered);
    let free = ids.find(|id| !taken.contains(id)).expect("the sequence of numbers is infinite");
    taken.insert(free.clone());
    free
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::{Ids, of_variable};

    #[test]
    fn ids_are_alphanumeric_and_unique() {
        let mut ids = Ids::default();
        for (name, id) in [
            ("process", "Process"),
            ("get_order", "GetOrder"),
            ("getOrder", "GetOrder2"),
            ("fragile-one", "FragileOne"),
            ("order_function", "Order"),
            ("1st", "1st"),
            ("größe", "GrE"),
            ("…", "The"),
        ] {
            assert_eq!(ids.of_function(name), id);
        }
        assert_eq!((of_variable("MAX_PRICE"), of_variable("Queue_2")), ("MaxPrice".to_owned(), "Queue2".to_owned()));
        assert_eq!(ids.claim("HttpApi"), "HttpApi");
        assert_eq!(ids.claim("HttpApi"), "HttpApi2");
    }
}
