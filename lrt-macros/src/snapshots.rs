//! `snapshot_tests!`: writes a test for each sample event in a folder.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, ExprPath, Lit, LitStr, Token};

use crate::errors::{Errors, nearest, source};
use crate::option_value;
use crate::pattern;

/// Arguments of the macro.
struct SnapshotTests {
    function: ExprPath,
    pattern: LitStr,
    options: SnapshotOptions,
}

#[derive(Default)]
struct SnapshotOptions {
    state: Option<Expr>,
    lrt: Option<ExprPath>,
    written: Vec<&'static str>,
}

const OPTIONS: [&str; 2] = ["state", "crate"];

const EXAMPLE: &str = "`snapshot_tests!(process, \"events/*.json\")`";

/// Name of the test for new files.
const ADDED: &str = "files_added_since";

/// Expands the macro. `home` is the folder of the crate that is compiled.
pub(crate) fn expand(input: TokenStream, home: &Path) -> TokenStream {
    let mut errors = Errors::default();
    let read = |input: ParseStream<'_>| parse(input, &mut errors);
    let (function, pattern, options) = match read.parse2(input) {
        Ok(read) => read,
        Err(error) => {
            errors.push(error);
            return errors.into_compile_errors();
        }
    };
    let files = pattern.as_ref().map_or_else(Vec::new, |pattern| files(home, pattern, &mut errors));
    match (function, pattern, errors.check()) {
        (Some(function), Some(pattern), Ok(())) => tests(&SnapshotTests { function, pattern, options }, &files),
        (_, _, Err(errors)) => errors.into_compile_errors(),
        (_, _, Ok(())) => unreachable!("every None pushed an error"),
    }
}

type Read = (Option<ExprPath>, Option<LitStr>, SnapshotOptions);

/// Parses as many arguments as possible.
fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Read> {
    if input.is_empty() {
        return Err(syn::Error::new(
            Span::call_site(),
            format_args!("write the function and a pattern of event files: {EXAMPLE}"),
        ));
    }
    let function = function(input.parse()?, errors);
    if !input.is_empty() {
        input.parse::<Token![,]>()?;
    }
    if input.is_empty() {
        return Err(syn::Error::new(Span::call_site(), format_args!("write a pattern of event files: {EXAMPLE}")));
    }
    let pattern = pattern_literal(input.parse()?, errors);
    let mut options = SnapshotOptions::default();
    while !input.is_empty() {
        input.parse::<Token![,]>()?;
        if !input.is_empty()
            && let Err(error) = option(input, &mut options)
        {
            errors.push(error);
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<TokenTree>()?;
            }
        }
    }
    Ok((function, pattern, options))
}

fn function(value: Expr, errors: &mut Errors) -> Option<ExprPath> {
    match option_value::ungroup(value) {
        Expr::Path(path) => return Some(path),
        Expr::Call(call) => {
            errors.at(&call, format_args!("write the function's name, without a call: `{}`", source(&call.func)));
        }
        other => errors.at(other, format_args!("the first argument is the function: {EXAMPLE}")),
    }
    None
}

fn pattern_literal(value: Expr, errors: &mut Errors) -> Option<LitStr> {
    match option_value::ungroup(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => return Some(text),
        other => {
            errors.at(other, format_args!("the second argument is a pattern of event files, in quotes: {EXAMPLE}"))
        }
    }
    None
}

fn option(input: ParseStream<'_>, options: &mut SnapshotOptions) -> syn::Result<()> {
    let name = Ident::parse_any(input)?;
    let word = name.to_string();
    let Some(known) = OPTIONS.into_iter().find(|known| *known == word) else {
        let hint = match nearest(&word, OPTIONS) {
            Some(name) => format!("did you mean `{name}`?"),
            None => "the options are `state = …` (what `init` would return) and `crate = …`".to_owned(),
        };
        return Err(syn::Error::new_spanned(&name, format_args!("unknown option `{word}`: {hint}")));
    };
    if options.written.contains(&known) {
        return Err(syn::Error::new_spanned(&name, format_args!("`{known}` is given twice: remove one")));
    }
    options.written.push(known);
    if !input.peek(Token![=]) {
        let example = if known == "state" { "Db::fake()" } else { "my_lrt" };
        return Err(syn::Error::new_spanned(&name, format_args!("`{known}` needs a value: `{known} = {example}`")));
    }
    input.parse::<Token![=]>()?;
    let value = input.parse()?;
    match known {
        "state" => options.state = Some(value),
        _ => options.lrt = Some(option_value::crate_path(option_value::ungroup(value))?),
    }
    Ok(())
}

/// Returns the matching files. It is a mistake if no file matches, since a test without events would pass.
fn files(home: &Path, pattern: &LitStr, errors: &mut Errors) -> Vec<String> {
    let text = pattern.value();
    if text.starts_with('/') {
        errors.at(pattern, "the pattern is relative to the crate's folder: `\"events/*.json\"`");
        return Vec::new();
    }
    let files = pattern::find(home, &text);
    if files.is_empty() {
        errors.at(pattern, no_file(home, &text));
    }
    files
}

fn no_file(home: &Path, pattern: &str) -> String {
    let mut folder = match pattern.rsplit_once('/') {
        // The folders before the first `*`.
        Some((folder, _)) => folder.split('/').take_while(|part| !part.contains('*')).collect::<Vec<_>>().join("/"),
        None => String::new(),
    };
    let searched = folder.clone();
    while !folder.is_empty() && !home.join(&folder).is_dir() {
        folder = folder.rsplit_once('/').map_or_else(String::new, |(above, _)| above.to_owned());
    }
    let what = match folder == searched {
        true => format!("no file matches `{pattern}`"),
        false => format!("folder not found: `{searched}`"),
    };
    let whose = if folder.is_empty() { "the crate's folder".to_owned() } else { format!("the folder `{folder}`") };
    format!("{what}: {whose} holds {}", pattern::contents(&home.join(&folder)))
}

/// Writes a function and a module with the name `process_snapshots`. The function contains the user's expressions, with
/// their names in scope; the module contains the tests, so that the names of tests cannot shadow the user's items.
fn tests(given: &SnapshotTests, files: &[String]) -> TokenStream {
    let SnapshotTests { function, pattern, options } = given;
    let lrt = options.lrt.as_ref().map_or_else(|| quote!(::lrt), |path| quote!(#path));
    let last = function.path.segments.last().map_or_else(String::new, |last| last.ident.unraw().to_string());
    let snapshots = format_ident!("{last}_snapshots", span = Span::call_site());
    let harness = match &options.state {
        Some(state) => quote!(#lrt::testing::Harness::<#function>::with_state(#state)),
        None => quote!(#lrt::testing::Harness::<#function>::new()),
    };
    let tests = test_names(&pattern.value(), files).into_iter().zip(files).map(|(name, file)| {
        let path = format!("/{file}");
        quote! {
            #[test]
            fn #name() {
                // Compiles the test again when the file changes or is removed.
                const _: &[u8] = ::core::include_bytes!(::core::concat!(::core::env!("CARGO_MANIFEST_DIR"), #path));
                super::#snapshots().test(#file);
            }
        }
    });
    let added = format_ident!("{ADDED}");
    quote! {
        #[cfg(test)]
        fn #snapshots() -> #lrt::testing::SnapshotTests {
            #lrt::testing::SnapshotTests::new(
                ::core::env!("CARGO_MANIFEST_DIR"),
                #last,
                async || #harness,
                |name, outcome| #lrt::testing::insta::assert_json_snapshot!(name, outcome),
            )
        }

        #[cfg(test)]
        #[allow(non_snake_case)]
        mod #snapshots {
            #(#tests)*

            #[test]
            fn #added() {
                super::#snapshots().test_added_since(#pattern, &[#(#files),*]);
            }
        }
    }
}

/// Returns a test name for each file: `two_orders` for `events/two-orders.json`. Folders that are matched by a wildcard
/// are part of the name.
fn test_names(pattern: &str, files: &[String]) -> Vec<Ident> {
    let fixed = pattern.split('/').take_while(|part| !part.contains('*')).count();
    let mut taken = BTreeSet::from([ADDED.to_owned()]);
    let name = |file: &String| {
        let parts: Vec<&str> = file.split('/').collect();
        let open = parts[fixed.min(parts.len() - 1)..].join("_");
        let stem = open.rsplit_once('.').map_or(&*open, |(stem, _)| stem);
        let word = word(stem);
        let mut names = std::iter::once(word.clone()).chain((2..).map(|n| format!("{word}_{n}")));
        let name = names.find(|name| taken.insert(name.clone())).expect("there is always another number");
        syn::parse_str(&name).unwrap_or_else(|_| format_ident!("r#{name}"))
    };
    files.iter().map(name).collect()
}

/// Converts a string to an identifier, which is raw if necessary.
fn word(text: &str) -> String {
    let mut word: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
    if !word.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        word.insert(0, '_');
    }
    let is_name =
        |word: &str| syn::parse_str::<Ident>(word).is_ok() || syn::parse_str::<Ident>(&format!("r#{word}")).is_ok();
    if is_name(&word) {
        return word;
    }
    // `_` and `self` are invalid even as raw identifiers, and so are letters that Rust does not accept.
    word = word.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    word + "_event"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pattern: &str, files: &[&str]) -> Vec<String> {
        let files: Vec<String> = files.iter().map(ToString::to_string).collect();
        test_names(pattern, &files).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn tests_are_named_after_their_files() {
        for (file, name) in [
            ("ada.json", "ada"),
            ("two-orders.json", "two_orders"),
            ("01 first.order.json", "_01_first_order"),
            ("type.json", "r#type"),
            ("self.json", "self_event"),
            ("-.json", "__event"),
            (".json", "__event"),
            ("größe.json", "größe"),
            ("①.json", "___event"),
            ("Ada", "Ada"),
            ("files_added_since.json", "files_added_since_2"),
        ] {
            assert_eq!(names("events/*", &[&format!("events/{file}")]), [name], "{file}");
        }
    }

    #[test]
    fn folders_of_wildcards_are_part_of_the_name() {
        assert_eq!(names("e/**/*.json", &["e/a.json", "e/b/a.json", "e/b/c/a.json"]), ["a", "b_a", "b_c_a"]);
        assert_eq!(names("e/*/in.json", &["e/a/in.json", "e/b/in.json"]), ["a_in", "b_in"]);
        assert_eq!(names("e/a.json", &["e/a.json"]), ["a"]);
    }

    #[test]
    fn test_names_are_unique() {
        assert_eq!(names("*", &["a-b", "a_b", "a_b_2", "a.b"]), ["a_b", "a_b_2", "a_b_2_2", "a"]);
    }

    fn message(input: TokenStream) -> String {
        expand(input, Path::new(env!("CARGO_MANIFEST_DIR"))).to_string()
    }

    #[test]
    fn pattern_without_match_reports_the_folder() {
        for (pattern, expected) in [
            (
                "tests/*.json",
                "folder not found: `tests`: the crate's folder holds Cargo.toml, LICENSE-APACHE, LICENSE-MIT, src",
            ),
            (
                "src/tests/*.json",
                "no file matches `src/tests/*.json`: the folder `src/tests` holds mistakes.rs, mod.rs",
            ),
            (
                "src/tests/a/b/*.json",
                "folder not found: `src/tests/a/b`: the folder `src/tests` holds mistakes.rs, mod.rs",
            ),
            (
                "src/tests/**/b/*.json",
                "no file matches `src/tests/**/b/*.json`: the folder `src/tests` holds mistakes.rs, mod.rs",
            ),
            (
                "*.json",
                "no file matches `*.json`: the crate's folder holds Cargo.toml, LICENSE-APACHE, LICENSE-MIT, src",
            ),
            ("/*.json", "the pattern is relative to the crate's folder: `\\\"events/*.json\\\"`"),
        ] {
            let said = message(quote!(f, #pattern));
            assert!(said.contains(expected), "{pattern}: {said}");
        }
    }

    #[test]
    fn all_mistakes_are_reported_at_once() {
        let said = message(quote!(f(), events, stat = 1, name = "x", state, crate = "my_lrt"));
        for expected in [
            "write the function's name, without a call: `f`",
            "the second argument is a pattern of event files, in quotes",
            "unknown option `stat`: did you mean `state`?",
            "unknown option `name`: the options are",
            "`state` needs a value: `state = Db::fake()`",
            "`crate = my_lrt`",
        ] {
            assert!(said.contains(expected), "{expected}: {said}");
        }
    }
}
