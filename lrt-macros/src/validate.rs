//! Checks the parsed function: a [`Lambda`] is always valid.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, ExprLit, GenericParam, Ident, Lit, LitStr, Safety, Signature};

use crate::errors::{Errors, source};
use crate::options::Options;
use crate::output::{self, Returns};
use crate::parameter::{self, Parameter};
use crate::parse::{FunctionItem, MacroAttribute};
use crate::payload_type::{self, ByValue};

pub(crate) struct Lambda {
    pub(crate) written: MacroAttribute,
    pub(crate) visibility: TokenStream,
    /// Name of the user's function, and of the type that is written next to it.
    pub(crate) function: Ident,
    /// Name that `_HANDLER` and the local tools use.
    pub(crate) name: LitStr,
    pub(crate) options: Options,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) returns: Returns,
    /// The `#[allow(…)]`s of the function.
    pub(crate) allow: Vec<TokenStream>,
}

impl Lambda {
    /// Checks a function. `errors` contains the errors of earlier steps.
    pub(crate) fn new(
        written: MacroAttribute,
        mut options: Options,
        item: FunctionItem,
        mut errors: Errors,
    ) -> Result<Self, Errors> {
        let FunctionItem { attributes, visibility, signature } = item;
        check_attributes(written, &attributes, &mut errors);
        check_function(written, &signature, &mut errors);
        output::check(&signature.output, &mut errors);
        let returns = Returns::of(&signature.output);
        let by_value = match options.kind().is_http() {
            true if options.service.is_some() => ByValue::Nothing,
            true => ByValue::Extractors,
            // Parameters that may belong to another kind are not reported.
            false if options.is_of_unknown_kind => ByValue::Extractors,
            false => ByValue::OnePayload,
        };
        let parameters =
            parameter::read(signature.inputs, by_value, options.kind(), options.is_set("init"), &mut errors);
        for parameter in &parameters {
            if let (Parameter::Payload(ty), Some(message)) = (parameter, options.kind().lacks_batch())
                && payload_type::is_batch(ty)
            {
                errors.at(ty, message);
            }
        }
        let has_init = options.is_set("init");
        for layer in options.layers.iter().chain(&options.record_layers) {
            layer.check_init(has_init, &mut errors);
        }
        check_window(&parameters, &options, &mut errors);
        errors.check()?;
        let function = signature.ident;
        let allow = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("allow"))
            .map(Attribute::to_token_stream)
            .collect();
        let name = options.name.take().unwrap_or_else(|| own_name(&function));
        Ok(Self { written, visibility, function, name, options, parameters, returns, allow })
    }
}

/// Reports options that a function with a `Window` cannot have: the state is that before the first failed record, so no later record
/// may change it.
fn check_window(parameters: &[Parameter], options: &Options, errors: &mut Errors) {
    if !parameters.iter().any(|parameter| matches!(parameter, Parameter::Window(_))) {
        return;
    }
    // `concurrency = 1` is allowed, since it overrides the defaults of a module.
    let overlaps = options.concurrency.as_ref().is_some_and(|count| !is_one(count));
    let continues = options.on_failure.as_ref().is_some_and(|choice| choice == "Continue");
    for (breaks_order, option) in [(overlaps, "concurrency"), (continues, "on_failure")] {
        if let Some(word) = options.span_of(option).filter(|_| breaks_order) {
            let message = "the records of a tumbling window run one at a time and in order";
            errors.at(word, format_args!("{message}: remove `{option}`"));
        }
    }
}

/// Returns true for the literal `1`.
fn is_one(count: &Expr) -> bool {
    matches!(count, Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if number.base10_digits() == "1")
}

/// Returns the name of a function without the option `name`.
pub(crate) fn own_name(function: &Ident) -> LitStr {
    LitStr::new(&function.unraw().to_string(), function.span())
}

/// Reports `#[tokio::main]`, which functions for another runtime have, and a second attribute of this crate.
fn check_attributes(written: MacroAttribute, attributes: &[Attribute], errors: &mut Errors) {
    for attribute in attributes {
        let path = attribute.path();
        match MacroAttribute::of(attribute) {
            Some(second) if second == written => {
                errors.at(attribute, format_args!("{written} is given twice: remove one"))
            }
            Some(_) => errors.at(
                attribute,
                "`#[lambda]` is for the one function of a binary, `#[handler]` for one of several: remove one of them",
            ),
            None => {}
        }
        if path.segments.last().is_some_and(|last| last.ident == "main") {
            errors.at(attribute, format_args!("{written} has its own runtime: remove `#[{}]`", source(path)));
        }
    }
}

/// Checks everything except the parameters and the return type.
fn check_function(written: MacroAttribute, signature: &Signature, errors: &mut Errors) {
    let name = &signature.ident;
    if name == "main" {
        let writer = if written == MacroAttribute::Lambda { "`#[lambda]`" } else { "`lrt::main!`" };
        match signature.asyncness {
            Some(_) => {
                errors.at(name, format_args!("{writer} writes `main` itself: name the function after what it does"));
            }
            // An attribute above this one (`#[tokio::main]`) may have removed the `async`.
            None => {
                let instead = "write an `async fn` of another name, without `#[tokio::main]`";
                errors.at(name, format_args!("{writer} writes `main` with its runtime: {instead}"));
            }
        }
    } else if signature.asyncness.is_none() {
        let fn_token = signature.fn_token.span;
        errors.push(syn::Error::new(fn_token, format_args!("must be async: write `async fn {name}`")));
    }
    if let Some(constness) = &signature.constness {
        errors.at(constness, "must not be const: remove `const`");
    }
    if let Safety::Unsafe(unsafety) = &signature.safety {
        errors.at(unsafety, "must not be unsafe: write `unsafe { … }` in the body, around what needs it");
    }
    if let Some(abi) = &signature.abi {
        errors.at(abi, format_args!("must not be extern: remove `{}`", source(abi)));
    }
    if let Some(variadic) = &signature.variadic {
        errors.at(variadic, "must not be variadic: remove `...`");
    }
    check_generics(signature, errors);
}

fn check_generics(signature: &Signature, errors: &mut Errors) {
    let generics = &signature.generics;
    if generics.params.is_empty() {
        return;
    }
    let written = source(generics);
    let only_lifetimes = generics.params.iter().all(|param| matches!(param, GenericParam::Lifetime(_)));
    if only_lifetimes {
        errors.at(generics, format_args!("must not be generic: remove `{written}` and write `&T` without a lifetime"));
    } else {
        errors.at(generics, format_args!("must not be generic: remove `{written}` and write the concrete types"));
    }
}
