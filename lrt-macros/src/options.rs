//! The attribute's arguments: a kind and options, each read into its type.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprPath, Ident, LitStr, Token};

use crate::errors::{Errors, nearest};
use crate::kind::Kind;
use crate::layer::Layer;
use crate::value::{self, Choice, DeadlineMargin};

/// What the attribute says, each option as the type that its place in the expansion takes.
#[derive(Default)]
pub(crate) struct Options {
    kind: Option<Kind>,
    /// Outermost first.
    pub(crate) layers: Vec<Layer>,
    pub(crate) record_layers: Vec<Layer>,
    pub(crate) concurrency: Option<Expr>,
    pub(crate) on_failure: Option<Choice>,
    pub(crate) on_all_failed: Option<Choice>,
    pub(crate) init: Option<ExprPath>,
    pub(crate) shutdown: Option<ExprPath>,
    pub(crate) deadline_margin: Option<DeadlineMargin>,
    pub(crate) name: Option<LitStr>,
    pub(crate) lrt: Option<ExprPath>,
    /// Every option that was written, with or without a proper value, and where.
    written: Vec<(&'static Known, Ident)>,
}

impl Options {
    pub(crate) fn kind(&self) -> Kind {
        self.kind.unwrap_or_default()
    }

    /// Whether the author wrote this option, be it with a mistake of its own.
    pub(crate) fn mention(&self, name: &str) -> bool {
        self.written.iter().any(|(known, _)| known.name == name)
    }
}

/// An option as the attribute knows it.
struct Known {
    name: &'static str,
    /// The kinds of functions that have it.
    kinds: &'static [Kind],
    /// Whether it may be given more than once.
    repeatable: bool,
    example: &'static str,
    /// Reads the value into its place.
    set: fn(&mut Options, Expr) -> syn::Result<()>,
}

const OPTIONS: &[Known] = &[
    Known {
        name: "init",
        kinds: Kind::ALL,
        repeatable: false,
        example: "init = connect",
        set: |options, value| value::function("init", value).map(|path| options.init = Some(path)),
    },
    Known {
        name: "shutdown",
        kinds: Kind::ALL,
        repeatable: false,
        example: "shutdown = close",
        set: |options, value| value::function("shutdown", value).map(|path| options.shutdown = Some(path)),
    },
    Known {
        name: "layer",
        kinds: Kind::ALL,
        repeatable: true,
        example: "layer = TimeoutLayer::new(Duration::from_secs(3))",
        set: |options, value| Layer::read("layer", value).map(|layer| options.layers.push(layer)),
    },
    Known {
        name: "record_layer",
        kinds: Kind::BATCH,
        repeatable: true,
        example: "record_layer = TimeoutLayer::new(Duration::from_secs(3))",
        set: |options, value| Layer::read("record_layer", value).map(|layer| options.record_layers.push(layer)),
    },
    Known {
        name: "concurrency",
        kinds: Kind::BATCH,
        repeatable: false,
        example: "concurrency = 8",
        set: |options, value| value::count("concurrency", value).map(|count| options.concurrency = Some(count)),
    },
    Known {
        name: "on_failure",
        kinds: Kind::BATCH,
        repeatable: false,
        example: "on_failure = stop",
        set: |options, value| {
            let choice = value::choice("on_failure", value, &[("continue", "Continue"), ("stop", "Stop")]);
            choice.map(|choice| options.on_failure = Some(choice))
        },
    },
    Known {
        name: "on_all_failed",
        kinds: Kind::BATCH,
        repeatable: false,
        example: "on_all_failed = report",
        set: |options, value| {
            let choice = value::choice("on_all_failed", value, &[("error", "Error"), ("report", "Report")]);
            choice.map(|choice| options.on_all_failed = Some(choice))
        },
    },
    Known {
        name: "deadline_margin",
        kinds: Kind::ALL,
        repeatable: false,
        example: "deadline_margin = Duration::from_millis(500)",
        set: |options, value| value::deadline_margin(value).map(|margin| options.deadline_margin = Some(margin)),
    },
    Known {
        name: "name",
        kinds: Kind::ALL,
        repeatable: false,
        example: "name = \"orders\"",
        set: |options, value| value::string("name", value).map(|name| options.name = Some(name)),
    },
    Known {
        name: "crate",
        kinds: Kind::ALL,
        repeatable: false,
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
    // The kind may be given after the options.
    let kind = options.kind();
    for (known, name) in &options.written {
        if !known.kinds.contains(&kind) {
            errors.at(name, kind.lacks(known.name, known.kinds));
        }
    }
    options
}

fn argument(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> syn::Result<()> {
    let name = Ident::parse_any(input).map_err(|_| input.error("expected an option, such as `init = connect`"))?;
    let word = name.to_string();
    let known = match OPTIONS.iter().find(|known| known.name == word) {
        Some(known) => known,
        None if ends(input) => return set_kind(&name, options),
        None => {
            let near = nearest(&word, OPTIONS.iter().map(|known| known.name));
            let error = unknown_option(&name, near);
            // With the name that was meant, the value's own mistakes are found in the same run.
            let Some(known) = OPTIONS.iter().find(|known| Some(known.name) == near) else { return Err(error) };
            errors.push(error);
            known
        }
    };
    if options.mention(known.name) && !known.repeatable {
        return Err(syn::Error::new_spanned(&name, format_args!("`{}` is given twice: remove one", known.name)));
    }
    options.written.push((known, name.clone()));

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

fn set_kind(word: &Ident, options: &mut Options) -> syn::Result<()> {
    let kind = Kind::read(word)?;
    match options.kind.replace(kind) {
        None => Ok(()),
        Some(_) => Err(syn::Error::new_spanned(word, format_args!("a function has one kind: remove `{word}`"))),
    }
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
