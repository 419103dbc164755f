//! Logical ids: what a template calls its resources and parameters, which share one namespace.

use std::collections::HashSet;

/// The ids that are taken.
#[derive(Debug, Default)]
pub(super) struct Ids {
    functions: HashSet<String>,
    all: HashSet<String>,
}

impl Ids {
    /// What the ids of all that belongs to a function begin with: `get_order` is `GetOrder`.
    pub(super) fn of_function(&mut self, name: &str) -> String {
        let words = name.split(|letter: char| !letter.is_ascii_alphanumeric());
        let id: String = words.map(capitalized).collect();
        // With `Function` behind it, as SAM's own ids are made of the function's.
        let id = id.strip_suffix("Function").unwrap_or(&id);
        free(&mut self.functions, if id.is_empty() { "The" } else { id })
    }

    /// This id, with a number behind it if it is taken.
    pub(super) fn claim(&mut self, id: &str) -> String {
        free(&mut self.all, id)
    }
}

fn free(taken: &mut HashSet<String>, id: &str) -> String {
    let numbered = (2..).map(|n| format!("{id}{n}"));
    let mut ids = std::iter::once(id.to_owned()).chain(numbered);
    let free = ids.find(|id| !taken.contains(id)).expect("numbers have no end");
    taken.insert(free.clone());
    free
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_ascii_uppercase() + rest
}

#[cfg(test)]
mod tests {
    use super::Ids;

    #[test]
    fn ids_are_letters_and_digits_and_none_is_given_twice() {
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
        assert_eq!(ids.claim("HttpApi"), "HttpApi");
        assert_eq!(ids.claim("HttpApi"), "HttpApi2");
    }
}
