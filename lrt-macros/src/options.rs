//! The attribute's arguments: a kind and options, each read into its type.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprPath, Ident, LitStr, Token};

use crate::errors::{Errors, nearest};
use crate::value::{self, DeadlineMargin};

/// What the attribute says, each option as the type that its place in the expansion takes.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) init: Option<ExprPath>,
    pub(crate) shutdown: Option<ExprPath>,
    pub(crate) deadline_margin: Option<DeadlineMargin>,
    pub(crate) name: Option<LitStr>,
    pub(crate) lrt: Option<ExprPath>,
    /// Every option that was written, with or without a proper value.
    written: Vec<&'static str>,
}

impl Options {
    /// Whether the author wrote this option, be it with a mistake of its own.
    pub(crate) fn mention(&self, name: &str) -> bool {
        self.written.contains(&name)
    }
}

/// The words for the kinds of events. JSON is what a function takes without one.
const KINDS: &[&str] = &[];

struct Known {
    name: &'static str,
    example: &'static str,
    set: fn(&mut Options, Expr) -> syn::Result<()>,
}

const OPTIONS: &[Known] = &[
    Known {
        name: "init",
        example: "init = connect",
        set: |options, value| value::function("init", value).map(|path| options.init = Some(path)),
    },
    Known {
        name: "shutdown",
        example: "shutdown = close",
        set: |options, value| value::function("shutdown", value).map(|path| options.shutdown = Some(path)),
    },
    Known {
        name: "deadline_margin",
        example: "deadline_margin = Duration::from_millis(500)",
        set: |options, value| value::deadline_margin(value).map(|margin| options.deadline_margin = Some(margin)),
    },
    Known {
        name: "name",
        example: "name = \"orders\"",
        set: |options, value| value::string("name", value).map(|name| options.name = Some(name)),
    },
    Known {
        name: "crate",
        example: "crate = my_lrt",
        set: |options, value| value::crate_path(value).map(|path| options.lrt = Some(path)),
    },
];

/// Reads the arguments as far as they make sense: a mistake is noted, and the next argument is read.
pub(crate) fn parse(args: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let arguments = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if let Err(error) = argument(input, &mut options, errors) {
                errors.push(error);
                skip_argument(input)?;
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                errors.push(input.error("expected a comma between the options"));
            }
        }
        Ok(())
    };
    if let Err(error) = arguments.parse2(args) {
        errors.push(error);
    }
    options
}

fn argument(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> syn::Result<()> {
    let name = Ident::parse_any(input).map_err(|_| input.error("expected an option, such as `init = connect`"))?;
    let word = name.to_string();
    let known = match OPTIONS.iter().find(|known| known.name == word) {
        Some(known) => known,
        None if ends(input) => return Err(unknown_kind(&name)),
        None => {
            let near = nearest(&word, OPTIONS.iter().map(|known| known.name));
            let error = unknown_option(&name, near);
            // With the name that was meant, the value's own mistakes are found in the same run.
            let Some(known) = OPTIONS.iter().find(|known| Some(known.name) == near) else { return Err(error) };
            errors.push(error);
            known
        }
    };
    if options.mention(known.name) {
        return Err(syn::Error::new_spanned(&name, format_args!("`{}` is given twice: remove one", known.name)));
    }
    options.written.push(known.name);

    let equals = input.parse::<Token![=]>();
    if equals.is_err() || ends(input) {
        return Err(syn::Error::new_spanned(
            &name,
            format_args!("`{}` needs a value: `{}`", known.name, known.example),
        ));
    }
    let value = input.parse().map_err(|error| {
        syn::Error::new(
            error.span(),
            format_args!("`{}` needs a value that Rust can read: `{}`", known.name, known.example),
        )
    })?;
    (known.set)(options, value::ungroup(value))
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Skips what is left of an argument. A value is skipped whole where it can be read: `margin::<A, B>()` has a comma.
fn skip_argument(input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<Option<Token![=]>>()?;
    if input.fork().parse::<Expr>().is_ok() {
        input.parse::<Expr>()?;
    }
    while !ends(input) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}

fn unknown_kind(word: &Ident) -> syn::Error {
    let message = match nearest(&word.to_string(), KINDS.iter().copied()) {
        Some(kind) => format!("unknown kind `{word}`: did you mean `{kind}`?"),
        None => format!("unknown kind `{word}`: functions take JSON, which needs no kind, so remove `{word}`"),
    };
    syn::Error::new_spanned(word, message)
}

fn unknown_option(word: &Ident, near: Option<&str>) -> syn::Error {
    let message = match near {
        Some(name) => format!("unknown option `{word}`: did you mean `{name}`?"),
        None => {
            let names: Vec<String> = OPTIONS.iter().map(|known| format!("`{}`", known.name)).collect();
            format!("unknown option `{word}`: the options are {}", names.join(", "))
        }
    };
    syn::Error::new_spanned(word, message)
}
