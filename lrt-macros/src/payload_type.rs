//! Checks of the tokens of a payload's type.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{GenericArgument, PathArguments, Token, Type};

use crate::errors::source;

/// Parameters that a function may take by value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByValue {
    OnePayload,
    Extractors,
    /// No parameters, since a service is built before the first event.
    Nothing,
}

/// Checks that a by-value parameter can be the payload or an extractor. `first` is an earlier payload.
pub(crate) fn check(ty: Type, by_value: ByValue, first: Option<&str>, has_init: bool) -> syn::Result<Type> {
    let tokens = ty.to_token_stream();
    let message = if holds_reference(&ty) {
        // The bytes that it would borrow from are freed after decoding.
        let owned = source(owned(ty));
        let borrow = if has_init { format!(", or borrow `&{owned}` from what `init` returns") } else { String::new() };
        let what = if by_value == ByValue::Extractors { "an extractor" } else { "a payload" };
        format!("{what} cannot contain references: write `{owned}`{borrow}")
    } else if by_value == ByValue::Extractors {
        match only_argument(&ty, "State") {
            Some(state) => format!("what `init` returns is borrowed: write `&{}`", source(state)),
            None => return Ok(ty),
        }
    } else if let Some(event) = only_argument(&ty, "LambdaEvent") {
        let event = source(event);
        format!("payload and context are separate parameters: write `event: {event}, ctx: Context`")
    } else if let Some((name, part)) = extractor(&ty) {
        let part = source(part);
        format!("`{name}` extracts from an HTTP request: write `#[lambda(http)]`, or take `{part}` as the payload")
    } else if let Some(first) = first {
        match only_argument(&ty, "State") {
            Some(state) => format!("what `init` returns is borrowed: write `&{}`", source(state)),
            None => format!(
                "two payloads: the event is already `{first}`; combine both in one struct, \
                 or borrow what `init` returns with `&{}`",
                source(ty)
            ),
        }
    } else {
        return Ok(ty);
    };
    Err(syn::Error::new_spanned(tokens, message))
}

/// Recognizes the prelude's extractors by name. With a path, the type is assumed to be the user's own.
fn extractor(ty: &Type) -> Option<(&'static str, &Type)> {
    let is_bare = matches!(ty, Type::Path(path) if path.path.segments.len() == 1);
    let names = ["Json", "Path", "Query"].into_iter().filter(|_| is_bare);
    names.filter_map(|name| Some((name, only_argument(ty, name)?))).next()
}

/// Returns the `S` of a `Window<S>`. With a path other than lrt's, the type is assumed to be the user's own.
pub(crate) fn window_state(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let segments = &path.path.segments;
    let is_own = segments.len() > 1 && segments.first().is_some_and(|first| first.ident != "lrt");
    only_argument(ty, "Window").filter(|_| !is_own)
}

/// Returns the type that one of lrt's extractors decodes, if it is visible: `Order` in `Json<Order>`.
pub(crate) fn extracted(ty: &Type) -> &Type {
    ["Json", "Path", "Query"].into_iter().find_map(|name| only_argument(ty, name)).unwrap_or(ty)
}

/// Returns true for a `Batch<T>`.
pub(crate) fn is_batch(ty: &Type) -> bool {
    first_argument(ty, "Batch").is_some()
}

/// Returns the type inside the wrappers around a record's payload, if they are visible: `Order` in
/// `Batch<Message<Order>>`. `envelopes` are the names of the kind's record types.
pub(crate) fn unwrapped<'a>(ty: &'a Type, envelopes: &[&'static str]) -> Option<Unwrapped<'a>> {
    let envelope = envelopes.iter().find_map(|name| Some((*name, first_argument(ty, name)?)));
    if let Some((name, payload)) = envelope {
        return Some(Unwrapped { payload, envelope: Some((name, ty)) });
    }
    let inner = ["Batch", "Result"].into_iter().find_map(|name| first_argument(ty, name))?;
    Some(unwrapped(inner, envelopes).unwrap_or(Unwrapped { payload: inner, envelope: None }))
}

/// A payload inside its wrappers.
pub(crate) struct Unwrapped<'a> {
    pub(crate) payload: &'a Type,
    /// The `Message<T>`, `Change<T>` or `Record<T>` around it, and its name.
    pub(crate) envelope: Option<(&'static str, &'a Type)>,
}

/// Returns the `T` of a `Name<T>`.
fn only_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let arguments = arguments(ty, name)?;
    first(arguments).filter(|_| arguments.len() == 1)
}

/// Returns the `T` of a `Name<T, …>`.
fn first_argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    arguments(ty, name).and_then(first)
}

fn arguments<'a>(ty: &'a Type, name: &str) -> Option<&'a Punctuated<GenericArgument, Token![,]>> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    Some(&arguments.args)
}

fn first(arguments: &Punctuated<GenericArgument, Token![,]>) -> Option<&Type> {
    match arguments.first() {
        Some(GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}

/// Returns true for types like `Vec<&str>`. The parameters of a `fn(&T)` do not count.
fn holds_reference(ty: &Type) -> bool {
    match ty {
        Type::Reference(_) => true,
        Type::Path(path) => path.path.segments.iter().any(|segment| match &segment.arguments {
            PathArguments::AngleBracketed(generic) => {
                generic.args.iter().any(|argument| matches!(argument, GenericArgument::Type(ty) if holds_reference(ty)))
            }
            _ => false,
        }),
        Type::Tuple(tuple) => tuple.elems.iter().any(holds_reference),
        Type::Array(array) => holds_reference(&array.elem),
        Type::Paren(paren) => holds_reference(&paren.elem),
        Type::Group(group) => holds_reference(&group.elem),
        _ => false,
    }
}

/// Returns the type without references.
fn owned(ty: Type) -> Type {
    match ty {
        Type::Reference(reference) => match *reference.elem {
            Type::Path(path) if path.path.is_ident("str") => syn::parse_quote!(String),
            Type::Slice(slice) => {
                let item = owned(*slice.elem);
                syn::parse_quote!(Vec<#item>)
            }
            elem => owned(elem),
        },
        Type::Path(mut path) => {
            for segment in &mut path.path.segments {
                let PathArguments::AngleBracketed(generic) = &mut segment.arguments else { continue };
                for argument in &mut generic.args {
                    if let GenericArgument::Type(ty) = argument {
                        *ty = owned(std::mem::replace(ty, Type::Verbatim(TokenStream::new())));
                    }
                }
            }
            Type::Path(path)
        }
        Type::Tuple(mut tuple) => {
            for ty in &mut tuple.elems {
                *ty = owned(std::mem::replace(ty, Type::Verbatim(TokenStream::new())));
            }
            Type::Tuple(tuple)
        }
        ty => ty,
    }
}
