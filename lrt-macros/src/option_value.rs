//! Values of options, each parsed into its type.

use syn::spanned::Spanned;
use syn::{Expr, ExprLit, ExprPath, Ident, Lit, LitStr};

use crate::errors::source;

/// `deadline_margin = …`.
pub(crate) enum DeadlineMargin {
    Off(Ident),
    Duration(Expr),
}

/// Variant that a word in an option names, with the word's span.
pub(crate) type Choice = Ident;

/// Removes the invisible delimiters around an expression that a `macro_rules!` macro passed on.
pub(crate) fn ungroup(mut value: Expr) -> Expr {
    while let Expr::Group(group) = value {
        value = *group.expr;
    }
    value
}

pub(crate) fn function(option: &str, value: Expr) -> syn::Result<ExprPath> {
    let message = match value {
        Expr::Path(path) => return Ok(path),
        Expr::Call(ref call) if matches!(*call.func, Expr::Path(_)) => {
            format!("write the function's path: `{option} = {}`", source(&call.func))
        }
        Expr::Lit(ExprLit { lit: Lit::Str(ref text), .. }) if text.parse::<syn::Path>().is_ok() => {
            format!("write the function's path, without quotes: `{option} = {}`", text.value())
        }
        _ => {
            format!(
                "`{option}` takes the path of an async function: move this code into one, and write `{option} = its_name`"
            )
        }
    };
    Err(syn::Error::new_spanned(value, message))
}

pub(crate) fn deadline_margin(value: Expr) -> syn::Result<DeadlineMargin> {
    match value {
        Expr::Path(ExprPath { ref path, .. }) if path.is_ident("off") => {
            Ok(DeadlineMargin::Off(path.segments[0].ident.clone()))
        }
        Expr::Lit(_) => Err(syn::Error::new_spanned(
            value,
            "expected a `Duration` or `off`: `deadline_margin = Duration::from_millis(500)`",
        )),
        _ => Ok(DeadlineMargin::Duration(value)),
    }
}

/// Parses the path of an authorizer.
pub(crate) fn authorizer(value: Expr) -> syn::Result<ExprPath> {
    match value {
        Expr::Path(path) => Ok(path),
        value => {
            let message =
                "`authorizer` takes the path of a function with `#[handler(authorizer)]`: `authorizer = auth`";
            Err(syn::Error::new_spanned(value, message))
        }
    }
}

/// Parses the identity sources of an authorizer, a list of strings.
pub(crate) fn identity_sources(value: Expr) -> syn::Result<Expr> {
    let Expr::Array(array) = &value else {
        let message = "`identity_sources` takes a list: `identity_sources = [\"header.Authorization\"]`";
        return Err(syn::Error::new_spanned(value, message));
    };
    for source in &array.elems {
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = source else { continue };
        let text = text.value();
        let part = text.split_once('.').filter(|(_, name)| !name.is_empty()).map(|(part, _)| part);
        if !matches!(part, Some("header" | "query" | "stage" | "context")) {
            let message = "write `header.NAME`, `query.NAME`, `stage.NAME` or `context.NAME`";
            return Err(syn::Error::new_spanned(source, message));
        }
    }
    Ok(value)
}

/// Parses the time for which decisions are cached.
pub(crate) fn cache(value: Expr) -> syn::Result<Expr> {
    match value {
        Expr::Lit(_) => {
            Err(syn::Error::new_spanned(value, "expected a `Duration`: `cache = Duration::from_secs(300)`"))
        }
        value => Ok(value),
    }
}

/// Parses a number of at least 1, or an expression for one.
pub(crate) fn count(option: &str, value: Expr) -> syn::Result<Expr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Int(ref number), .. }) if number.base10_digits() != "0" => Ok(value),
        Expr::Lit(_) | Expr::Unary(_) => {
            Err(syn::Error::new_spanned(value, format_args!("`{option}` is a number of at least 1: `{option} = 8`")))
        }
        value => Ok(value),
    }
}

/// Parses one of these words, some of which are Rust keywords.
pub(crate) fn choice(option: &str, value: Expr, words: &[(&str, &str)]) -> syn::Result<Choice> {
    let written = source(&value);
    match words.iter().find(|(word, _)| *word == written) {
        Some((_, variant)) => Ok(Ident::new(variant, value.span())),
        None => {
            let words: Vec<String> = words.iter().map(|(word, _)| format!("`{option} = {word}`")).collect();
            Err(syn::Error::new_spanned(value, format_args!("write {}", words.join(" or "))))
        }
    }
}

pub(crate) fn string(option: &str, value: Expr) -> syn::Result<LitStr> {
    let example = match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => return Ok(text),
        Expr::Path(ref path) => source(path),
        _ => "…".to_owned(),
    };
    Err(syn::Error::new_spanned(value, format_args!("`{option}` takes a string: `{option} = \"{example}\"`")))
}

/// Parses a name that Lambda accepts as a function's handler.
///
/// See [Handler](https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html#lambda-CreateFunction-request-Handler).
pub(crate) fn name(value: Expr) -> syn::Result<LitStr> {
    let name = string("name", value)?;
    let text = name.value();
    if text.is_empty() || text.contains(char::is_whitespace) || text.chars().count() > 128 {
        let message = "invalid name: Lambda accepts 1 to 128 characters without white space";
        return Err(syn::Error::new_spanned(name, message));
    }
    Ok(name)
}

/// Parses a namespace of metrics that CloudWatch accepts.
///
/// See [PutMetricData](https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html). The
/// builder checks the same, in `lrt-core/src/metrics.rs`.
pub(crate) fn namespace(value: Expr) -> syn::Result<LitStr> {
    let namespace = string("metrics", value)?;
    let text = namespace.value();
    let is_valid = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#: ".contains(&byte);
    let reason = if text.trim().is_empty() {
        "it is empty"
    } else if text.len() > 255 {
        "it is longer than 255 characters"
    } else if text.starts_with(':') {
        "it begins with a colon"
    } else if text.starts_with("AWS/") {
        "`AWS/` is reserved for AWS services"
    } else if !text.bytes().all(is_valid) {
        "CloudWatch accepts letters, digits, spaces and `. - _ / # :`"
    } else {
        return Ok(namespace);
    };
    Err(syn::Error::new_spanned(namespace, format_args!("invalid namespace of metrics: {reason}")))
}

pub(crate) fn crate_path(value: Expr) -> syn::Result<ExprPath> {
    let example = match value {
        Expr::Path(path) if path.qself.is_none() => return Ok(path),
        Expr::Lit(ExprLit { lit: Lit::Str(ref text), .. }) => text.value(),
        _ => "my_lrt".to_owned(),
    };
    Err(syn::Error::new_spanned(value, format_args!("`crate` takes a path, without quotes: `crate = {example}`")))
}
