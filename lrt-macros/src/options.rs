//! Arguments of the attribute: a kind and options, each parsed into its type.

use proc_macro2::{TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::token::Paren;
use syn::{Expr, ExprPath, Ident, LitStr, Token, parenthesized};

use crate::errors::{Errors, nearest};
use crate::kind::Kind;
use crate::layer::Layer;
use crate::option_value::{self, Choice, DeadlineMargin};
use crate::{event_pattern, route, schedule};

/// Arguments of the attribute, each option as the type that the expansion needs.
#[derive(Default)]
pub(crate) struct Options {
    kind: Option<Kind>,
    /// True if there is a word for a kind, but it is unclear which kind was meant.
    pub(crate) is_of_unknown_kind: bool,
    /// Outermost first.
    pub(crate) layers: Vec<Layer>,
    pub(crate) record_layers: Vec<Layer>,
    pub(crate) concurrency: Option<Expr>,
    pub(crate) on_failure: Option<Choice>,
    pub(crate) on_all_failed: Option<Choice>,
    pub(crate) window_end: Option<ExprPath>,
    pub(crate) route: Option<LitStr>,
    pub(crate) base_path: Option<LitStr>,
    /// The function that authorizes the requests.
    pub(crate) authorizer: Option<ExprPath>,
    pub(crate) identity_sources: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    /// The word `iam_policy`: the authorizer answers with a policy.
    pub(crate) iam_policy: Option<Ident>,
    pub(crate) other: Option<ExprPath>,
    pub(crate) pattern: Option<LitStr>,
    pub(crate) schedule: Option<LitStr>,
    /// The word `service`: the function builds a service.
    pub(crate) service: Option<Ident>,
    /// The word `streaming`: replies are streamed.
    pub(crate) streaming: Option<Ident>,
    pub(crate) init: Option<ExprPath>,
    pub(crate) shutdown: Option<ExprPath>,
    pub(crate) deadline_margin: Option<DeadlineMargin>,
    pub(crate) name: Option<LitStr>,
    /// Namespace of the metrics.
    pub(crate) metrics: Option<LitStr>,
    pub(crate) lrt: Option<ExprPath>,
    /// Arguments of `defaults(…)`, which `#[defaults]` adds.
    defaults: Option<TokenStream>,
    /// Every option that was written, with a valid value or not, and its word.
    written: Vec<(&'static Known, Ident)>,
}

impl Options {
    pub(crate) fn kind(&self) -> Kind {
        self.kind.unwrap_or_default()
    }

    /// Returns the route with the base path in front of its path.
    pub(crate) fn full_route(&self) -> Option<LitStr> {
        let route = self.route.as_ref()?;
        let text = match (&self.base_path, route.value().split_once(' ')) {
            (Some(base_path), Some((method, path))) => format!("{method} {}{path}", base_path.value()),
            _ => route.value(),
        };
        Some(LitStr::new(&text, route.span()))
    }

    /// Takes each option that is not set from the defaults of the module, whose layers are the outer ones.
    fn add_defaults(&mut self, mut defaults: Options) {
        defaults.written.retain(|(known, _)| known.repeatable || !self.is_set(known.name));
        self.written.append(&mut defaults.written);
        self.kind = self.kind.or(defaults.kind);
        self.is_of_unknown_kind |= defaults.is_of_unknown_kind;
        for (own, outer) in [(&mut self.layers, defaults.layers), (&mut self.record_layers, defaults.record_layers)] {
            own.splice(..0, outer);
        }
        or(&mut self.concurrency, defaults.concurrency);
        or(&mut self.on_failure, defaults.on_failure);
        or(&mut self.on_all_failed, defaults.on_all_failed);
        or(&mut self.window_end, defaults.window_end);
        or(&mut self.base_path, defaults.base_path);
        or(&mut self.authorizer, defaults.authorizer);
        or(&mut self.identity_sources, defaults.identity_sources);
        or(&mut self.cache, defaults.cache);
        or(&mut self.iam_policy, defaults.iam_policy);
        or(&mut self.other, defaults.other);
        or(&mut self.service, defaults.service);
        or(&mut self.streaming, defaults.streaming);
        or(&mut self.init, defaults.init);
        or(&mut self.shutdown, defaults.shutdown);
        or(&mut self.deadline_margin, defaults.deadline_margin);
        or(&mut self.metrics, defaults.metrics);
        or(&mut self.lrt, defaults.lrt);
    }

    /// Returns true if the option was written, with a valid value or not.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.span_of(name).is_some()
    }

    /// Returns the first word of the option.
    pub(crate) fn span_of(&self, name: &str) -> Option<&Ident> {
        self.written.iter().find(|(known, _)| known.name == name).map(|(_, word)| word)
    }
}

/// Sets an option that is not set.
fn or<T>(own: &mut Option<T>, default: Option<T>) {
    if own.is_none() {
        *own = default;
    }
}

/// An option that the attribute supports.
struct Known {
    name: &'static str,
    /// Kinds that have the option.
    kinds: fn(Kind) -> bool,
    /// True if the option may be given more than once.
    repeatable: bool,
    example: &'static str,
    set: Set,
}

/// Form of an option.
enum Set {
    /// An option with a value.
    To(fn(&mut Options, Expr) -> syn::Result<()>),
    /// A word without a value.
    On(fn(&mut Options, Ident)),
}

const OPTIONS: &[Known] = &[
    Known {
        name: "init",
        kinds: Kind::is_any,
        repeatable: false,
        example: "init = connect",
        set: Set::To(|options, value| option_value::function("init", value).map(|path| options.init = Some(path))),
    },
    Known {
        name: "shutdown",
        kinds: Kind::is_any,
        repeatable: false,
        example: "shutdown = close",
        set: Set::To(|options, value| {
            option_value::function("shutdown", value).map(|path| options.shutdown = Some(path))
        }),
    },
    Known {
        name: "layer",
        kinds: Kind::is_any,
        repeatable: true,
        example: "layer = TimeoutLayer::new(Duration::from_secs(3))",
        set: Set::To(|options, value| Layer::read("layer", value).map(|layer| options.layers.push(layer))),
    },
    Known {
        name: "record_layer",
        kinds: Kind::is_batch,
        repeatable: true,
        example: "record_layer = TimeoutLayer::new(Duration::from_secs(3))",
        set: Set::To(|options, value| {
            Layer::read("record_layer", value).map(|layer| options.record_layers.push(layer))
        }),
    },
    Known {
        name: "concurrency",
        kinds: Kind::is_batch,
        repeatable: false,
        example: "concurrency = 8",
        set: Set::To(|options, value| {
            option_value::count("concurrency", value).map(|count| options.concurrency = Some(count))
        }),
    },
    Known {
        name: "on_failure",
        kinds: Kind::reports_failures,
        repeatable: false,
        example: "on_failure = stop",
        set: Set::To(|options, value| {
            let choice = option_value::choice("on_failure", value, &[("continue", "Continue"), ("stop", "Stop")]);
            choice.map(|choice| options.on_failure = Some(choice))
        }),
    },
    Known {
        name: "on_all_failed",
        kinds: Kind::reports_failures,
        repeatable: false,
        example: "on_all_failed = report",
        set: Set::To(|options, value| {
            let choice = option_value::choice("on_all_failed", value, &[("error", "Error"), ("report", "Report")]);
            choice.map(|choice| options.on_all_failed = Some(choice))
        }),
    },
    Known {
        name: "window_end",
        kinds: Kind::has_windows,
        repeatable: false,
        example: "window_end = publish",
        set: Set::To(|options, value| {
            option_value::function("window_end", value).map(|path| options.window_end = Some(path))
        }),
    },
    Known {
        name: "route",
        kinds: Kind::is_http,
        repeatable: false,
        example: "route = \"GET /orders/{id}\"",
        set: Set::To(|options, value| route::read(value).map(|route| options.route = Some(route))),
    },
    Known {
        name: "base_path",
        kinds: Kind::is_http,
        repeatable: false,
        example: "base_path = \"/v1\"",
        set: Set::To(|options, value| route::base_path(value).map(|path| options.base_path = Some(path))),
    },
    Known {
        name: "authorizer",
        kinds: Kind::can_be_authorized,
        repeatable: false,
        example: "authorizer = auth",
        set: Set::To(|options, value| option_value::authorizer(value).map(|path| options.authorizer = Some(path))),
    },
    Known {
        name: "identity_sources",
        kinds: Kind::is_authorizer,
        repeatable: false,
        example: "identity_sources = [\"header.Authorization\"]",
        set: Set::To(|options, value| {
            option_value::identity_sources(value).map(|sources| options.identity_sources = Some(sources))
        }),
    },
    Known {
        name: "cache",
        kinds: Kind::is_authorizer,
        repeatable: false,
        example: "cache = Duration::from_secs(300)",
        set: Set::To(|options, value| option_value::cache(value).map(|time| options.cache = Some(time))),
    },
    Known {
        name: "iam_policy",
        kinds: Kind::is_authorizer,
        repeatable: false,
        example: "iam_policy",
        set: Set::On(|options, word| options.iam_policy = Some(word)),
    },
    Known {
        name: "other",
        kinds: Kind::is_http,
        repeatable: false,
        example: "other = ping",
        set: Set::To(|options, value| option_value::function("other", value).map(|path| options.other = Some(path))),
    },
    Known {
        name: "pattern",
        kinds: Kind::is_eventbridge,
        repeatable: false,
        example: "pattern = r#\"{\"source\": [\"shop\"]}\"#",
        set: Set::To(|options, value| event_pattern::read(value).map(|pattern| options.pattern = Some(pattern))),
    },
    Known {
        name: "schedule",
        kinds: Kind::can_be_scheduled,
        repeatable: false,
        example: "schedule = \"rate(5 minutes)\"",
        set: Set::To(|options, value| schedule::read(value).map(|schedule| options.schedule = Some(schedule))),
    },
    Known {
        name: "service",
        kinds: Kind::is_http,
        repeatable: false,
        example: "service",
        set: Set::On(|options, word| options.service = Some(word)),
    },
    Known {
        name: "streaming",
        kinds: Kind::can_stream,
        repeatable: false,
        example: "streaming",
        set: Set::On(|options, word| options.streaming = Some(word)),
    },
    Known {
        name: "deadline_margin",
        kinds: Kind::is_any,
        repeatable: false,
        example: "deadline_margin = Duration::from_millis(500)",
        set: Set::To(|options, value| {
            option_value::deadline_margin(value).map(|margin| options.deadline_margin = Some(margin))
        }),
    },
    Known {
        name: "name",
        kinds: Kind::is_any,
        repeatable: false,
        example: "name = \"orders\"",
        set: Set::To(|options, value| option_value::name(value).map(|name| options.name = Some(name))),
    },
    Known {
        name: "metrics",
        kinds: Kind::is_any,
        repeatable: false,
        example: "metrics = \"Shop\"",
        set: Set::To(|options, value| {
            option_value::namespace(value).map(|namespace| options.metrics = Some(namespace))
        }),
    },
    Known {
        name: "crate",
        kinds: Kind::is_any,
        repeatable: false,
        example: "crate = my_lrt",
        set: Set::To(|options, value| option_value::crate_path(value).map(|path| options.lrt = Some(path))),
    },
];

/// Parses as many arguments as possible: after a mistake, parsing continues with the next argument.
pub(crate) fn parse(args: TokenStream, errors: &mut Errors) -> Options {
    let mut options = arguments(args, errors);
    if let Some(args) = options.defaults.take() {
        let defaults = arguments(args, errors);
        for name in ["name", "route", "pattern", "schedule"] {
            if let Some(word) = defaults.span_of(name) {
                errors.at(word, format_args!("`{name}` cannot be a default, because each function has its own"));
            }
        }
        options.add_defaults(defaults);
    }
    // The kind may follow the options.
    let kind = options.kind();
    for (known, name) in &options.written {
        if !(known.kinds)(kind) && !options.is_of_unknown_kind {
            errors.at(name, kind.lacks(known.name, known.kinds));
        }
    }
    if let (Some(word), Some(_)) = (options.span_of("schedule"), &options.streaming) {
        errors.at(word, "`schedule` cannot be combined with `streaming`: a schedule does not read the stream");
    }
    if let Some(word) = options.streaming.as_ref().filter(|_| !cfg!(feature = "streaming")) {
        errors.at(word, "`streaming` needs lrt's feature `streaming`: `lrt = { …, features = [\"streaming\"] }`");
    }
    if let Some(word) = options.span_of("metrics").filter(|_| !cfg!(feature = "metrics")) {
        errors.at(word, "`metrics` needs lrt's feature `metrics`: `lrt = { …, features = [\"metrics\"] }`");
    }
    options
}

fn arguments(args: TokenStream, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    let parse = |input: ParseStream<'_>| {
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
    if let Err(error) = parse.parse2(args) {
        errors.push(error);
    }
    options
}

fn argument(input: ParseStream<'_>, options: &mut Options, errors: &mut Errors) -> syn::Result<()> {
    if input.peek(LitStr) {
        return Err(text(&input.parse()?, options));
    }
    let name = Ident::parse_any(input).map_err(|_| input.error("expected an option, such as `init = connect`"))?;
    let word = name.to_string();
    if word == "defaults" && input.peek(Paren) {
        let args;
        parenthesized!(args in input);
        options.defaults = Some(args.parse()?);
        return Ok(());
    }
    let known = match OPTIONS.iter().find(|known| known.name == word) {
        // `authorizer` is a kind as well as an option.
        Some(_) if ends(input) && Kind::named(&word).is_some() => return set_kind(&name, options),
        Some(known) => known,
        None if ends(input) => return set_kind(&name, options),
        None => {
            if let Some(kind) = Kind::named(&word) {
                options.kind = options.kind.or(Some(kind));
                let message = format!("expected a comma after the kind: `{word}, init = connect`");
                return Err(syn::Error::new_spanned(&name, message));
            }
            let near = nearest(&word, OPTIONS.iter().map(|known| known.name));
            let error = unknown_option(&name, near);
            // Mistakes in the value are reported as well.
            let Some(known) = OPTIONS.iter().find(|known| Some(known.name) == near) else { return Err(error) };
            errors.push(error);
            known
        }
    };
    if options.is_set(known.name) && !known.repeatable {
        return Err(syn::Error::new_spanned(&name, format_args!("`{}` is given twice: remove one", known.name)));
    }
    options.written.push((known, name.clone()));

    let set = match known.set {
        Set::To(set) => set,
        Set::On(set) if ends(input) => {
            set(options, name);
            return Ok(());
        }
        Set::On(_) => {
            let message = format!("`{0}` takes no value: write `{0}`", known.name);
            return Err(syn::Error::new_spanned(&name, message));
        }
    };
    let equals = input.parse::<Token![=]>();
    if equals.is_err() || ends(input) {
        return Err(syn::Error::new_spanned(
            &name,
            format_args!("`{}` needs a value: `{}`", known.name, known.example),
        ));
    }
    let value = input.parse().map_err(|error| {
        syn::Error::new(error.span(), format_args!("`{}` needs a valid expression: `{}`", known.name, known.example))
    })?;
    set(options, option_value::ungroup(value))
}

fn set_kind(word: &Ident, options: &mut Options) -> syn::Result<()> {
    let (kind, checked) = Kind::read(word);
    if options.kind.is_some() && checked.is_ok() {
        return Err(syn::Error::new_spanned(word, format_args!("a function has one kind: remove `{word}`")));
    }
    options.is_of_unknown_kind |= kind.is_none();
    options.kind = options.kind.or(kind);
    checked
}

/// Returns the message about a string without an option: a kind in quotes, or a route in the syntax of other
/// frameworks.
fn text(text: &LitStr, options: &mut Options) -> syn::Error {
    let written = text.value();
    let message = match Kind::named(&written) {
        Some(kind) => {
            options.kind = options.kind.or(Some(kind));
            format!("write the kind without quotes: `{written}`")
        }
        None if written.starts_with('/') => format!("a route is an option: `route = \"GET {written}\"`"),
        None if written.contains(" /") => format!("a route is an option: `route = \"{written}\"`"),
        None => "expected an option, such as `init = connect`".to_owned(),
    };
    syn::Error::new_spanned(text, message)
}

fn ends(input: ParseStream<'_>) -> bool {
    input.is_empty() || input.peek(Token![,])
}

/// Skips the rest of an argument. A valid value is skipped completely, since it may contain commas: `margin::<A, B>()`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::WORDS;

    /// Returns the rows of a table in the documentation of `#[lambda]`, which editors show.
    fn table(heading: &str) -> Vec<Vec<&'static str>> {
        let source = include_str!("lib.rs");
        let (_, table) = source.split_once(&format!("/// # {heading}\n///\n")).expect("the heading exists");
        let lines = table.lines().map_while(|line| line.strip_prefix("/// |"));
        let after_head = lines.skip(2);
        after_head.map(|row| row.trim_start().split(" | ").collect()).collect()
    }

    /// Returns the first word of a cell with code.
    fn first_word(cell: &str) -> &str {
        let code = cell.strip_prefix('`').unwrap_or(cell);
        code.split([' ', '`']).next().unwrap_or_default()
    }

    #[test]
    fn documentation_lists_each_kind() {
        let mut documented: Vec<&str> = table("Kinds").iter().map(|row| first_word(row[0])).collect();
        let mut known: Vec<&str> = WORDS.iter().map(|kind| kind.start()).chain(["none"]).collect();
        documented.sort_unstable();
        known.sort_unstable();
        assert_eq!(documented, known);
    }

    #[test]
    fn documentation_lists_each_option_and_its_kinds() {
        let mut documented: Vec<_> =
            table("Options").iter().map(|row| (first_word(row[0]), row[1].to_owned())).collect();
        let mut known: Vec<_> = OPTIONS.iter().map(|option| (option.name, kinds_of(option))).collect();
        documented.sort_unstable();
        known.sort_unstable();
        assert_eq!(documented, known);
    }

    fn kinds_of(option: &Known) -> String {
        let all = [Kind::default()].into_iter().chain(WORDS.iter().copied());
        let is_equal_to = |kinds: fn(Kind) -> bool| all.clone().all(|kind| (option.kinds)(kind) == kinds(kind));
        if is_equal_to(Kind::is_any) {
            return "all".to_owned();
        }
        if is_equal_to(Kind::is_batch) {
            return "batch".to_owned();
        }
        if is_equal_to(Kind::is_http) {
            return "HTTP".to_owned();
        }
        let words = WORDS.iter().filter(|kind| (option.kinds)(**kind)).map(|kind| format!("`{}`", kind.start()));
        let json = (option.kinds)(Kind::default()).then(|| "JSON".to_owned());
        json.into_iter().chain(words).collect::<Vec<_>>().join(", ")
    }
}
