//! Parameters of the function, classified by their types.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::punctuated::Punctuated;
use syn::{FnArg, GenericArgument, Lifetime, PathArguments, Token, Type, TypeParamBound, TypeReference};

use crate::errors::{Errors, source};
use crate::kind::Kind;
use crate::payload_type::{self, ByValue};

pub(crate) enum Parameter {
    /// A type that is taken by value: the payload, or an extractor.
    Payload(Type),
    Context(Type),
    /// The tumbling window of a stream function.
    Window(Type),
    /// A reference that is borrowed from the state, as `&'static T`, its type in the expansion.
    State(TypeReference),
}

/// Largest number of parameters that lrt's traits are implemented for.
const MAX_PARAMETERS: usize = 8;

impl ToTokens for Parameter {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Parameter::Payload(ty) | Parameter::Context(ty) | Parameter::Window(ty) => ty.to_tokens(tokens),
            Parameter::State(reference) => reference.to_tokens(tokens),
        }
    }
}

/// Parses the parameters. Those with mistakes are missing from the returned list.
pub(crate) fn read(
    inputs: Punctuated<FnArg, Token![,]>,
    by_value: ByValue,
    kind: Kind,
    has_init: bool,
    errors: &mut Errors,
) -> Vec<Parameter> {
    let mut payload: Option<String> = None;
    let mut has_context = false;
    let mut first_borrow: Option<TypeReference> = None;
    let mut parameters = Vec::new();
    for input in inputs {
        let ty = match input {
            FnArg::Receiver(receiver) => {
                errors
                    .at(receiver, "must not take `self`: write a free function that borrows what it needs from `init`");
                continue;
            }
            FnArg::Typed(typed) => {
                // Macros do not evaluate `#[cfg]`, so the number of parameters would be unknown.
                if let Some(cfg) = typed.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
                    errors.at(
                        cfg,
                        "a parameter cannot depend on `#[cfg]`: write two functions, each under its own `#[cfg]`",
                    );
                    continue;
                }
                ungroup(*typed.ty)
            }
        };
        if let Some(keyword) = find_impl(ty.to_token_stream()) {
            errors.at(keyword, "must not be generic: write the type instead of `impl …`");
            continue;
        }
        match ty {
            ty if by_value == ByValue::Nothing && !matches!(ty, Type::Reference(_)) => {
                let what = "a service is built before the first request";
                errors.at(
                    &ty,
                    format_args!(
                        "{what}: borrow what `init` returns with `&{}`, or remove this parameter",
                        source(&ty)
                    ),
                );
            }
            Type::Reference(reference) => match check_state(&reference, by_value, has_init || payload.is_some()) {
                Err(error) => errors.push(error),
                Ok(()) if !has_init => first_borrow = first_borrow.or(Some(reference)),
                Ok(()) => parameters.push(Parameter::State(make_static(reference))),
            },
            ty if is_context(&ty) => {
                if has_context {
                    errors.at(&ty, "two contexts: an invocation has one, so remove this one");
                }
                has_context = true;
                parameters.push(Parameter::Context(ty));
            }
            ty if kind.is_batch() && payload_type::window_state(&ty).is_some() => {
                if !kind.has_windows() {
                    errors.at(
                        &ty,
                        "only functions of `dynamodb` and `kinesis` have tumbling windows: remove this parameter",
                    );
                }
                parameters.push(Parameter::Window(ty));
            }
            ty => match payload_type::check(ty, by_value, payload.as_deref(), has_init) {
                Err(error) => errors.push(error),
                Ok(ty) => {
                    payload = Some(source(&ty));
                    parameters.push(Parameter::Payload(ty));
                }
            },
        }
    }
    if let Some(ninth) = parameters.get(MAX_PARAMETERS) {
        let help = match by_value {
            ByValue::Extractors => "combine extractors in a tuple",
            ByValue::OnePayload | ByValue::Nothing => "borrow a struct that contains the others",
        };
        errors.at(ninth, format_args!("a function takes at most {MAX_PARAMETERS} parameters: {help}"));
    }
    // Only the first one is reported, since adding `init` fixes all of them.
    if let Some(reference) = first_borrow {
        errors.at(&reference, without_init(&reference, by_value, payload.is_some()));
    }
    parameters
}

/// Removes parentheses, and the invisible delimiters around a type that a `macro_rules!` macro passed on.
fn ungroup(mut ty: Type) -> Type {
    loop {
        ty = match ty {
            Type::Group(group) => *group.elem,
            Type::Paren(paren) => *paren.elem,
            ty => return ty,
        };
    }
}

fn is_context(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "Context" && last.arguments.is_none())
}

fn find_impl(tokens: TokenStream) -> Option<Ident> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "impl" => Some(word),
        TokenTree::Group(group) => find_impl(group.stream()),
        _ => None,
    })
}

/// Checks that `init` can return a borrowed type. If the type is unlikely to be state (`may_be_state`), the message
/// suggests a payload.
fn check_state(reference: &TypeReference, by_value: ByValue, may_be_state: bool) -> syn::Result<()> {
    let borrowed = source(&reference.elem);
    let may_be_state = may_be_state || by_value != ByValue::OnePayload;
    let or_take = |ty: String| match by_value {
        ByValue::OnePayload => format!(", or take `{ty}` as the payload"),
        ByValue::Extractors if ty == "String" => ", or take the body as a `String`".to_owned(),
        ByValue::Extractors => ", or take the body as `Bytes`".to_owned(),
        ByValue::Nothing => String::new(),
    };
    let mut elem = &*reference.elem;
    while let Type::Group(syn::TypeGroup { elem: inner, .. }) | Type::Paren(syn::TypeParen { elem: inner, .. }) = elem {
        elem = inner;
    }
    let message = match elem {
        _ if reference.mutability.is_some() => {
            format!(
                "cannot be `&mut`, because invocations share it: take `&{borrowed}`, and put what changes behind a lock"
            )
        }
        Type::Path(path) if path.path.is_ident("str") && !may_be_state => taken_by_value("String"),
        Type::Path(path) if path.path.is_ident("str") => {
            format!("`str` is unsized, so `init` cannot return it: borrow `&String`{}", or_take("String".to_owned()))
        }
        Type::Slice(slice) if !may_be_state => taken_by_value(&format!("Vec<{}>", source(&slice.elem))),
        Type::Slice(slice) => {
            let item = source(&slice.elem);
            let or_take = or_take(format!("Vec<{item}>"));
            format!("`{borrowed}` is unsized, so `init` cannot return it: borrow `&Vec<{item}>`{or_take}")
        }
        Type::TraitObject(_) => format!(
            "`{borrowed}` is unsized, so `init` cannot return it: borrow the type itself, or a `&Box<dyn …>` of it"
        ),
        _ => return Ok(()),
    };
    Err(syn::Error::new_spanned(reference, message))
}

fn taken_by_value(ty: &str) -> String {
    format!("a payload is taken by value: write `{ty}`")
}

fn without_init(reference: &TypeReference, by_value: ByValue, has_payload: bool) -> String {
    let borrowed = source(&reference.elem);
    if is_context(&reference.elem) {
        return format!("the context is taken by value: write `{borrowed}`");
    }
    let or_take = match by_value {
        ByValue::OnePayload if !has_payload => format!(", or take `{borrowed}` as the payload"),
        ByValue::Extractors => format!(", or take `{borrowed}` by value if it is an extractor"),
        ByValue::OnePayload | ByValue::Nothing => String::new(),
    };
    format!("`&{borrowed}` borrows from what `init` returns: add `init = path`{or_take}")
}

/// The state lives as long as the process, so every elided lifetime is `'static`.
pub(crate) fn make_static(mut reference: TypeReference) -> TypeReference {
    let span = reference.and_token.span;
    reference.lifetime = Some(Lifetime::new("'static", span));
    make_type_static(&mut reference.elem);
    reference
}

/// Does not change `fn(&T)` and `Fn(&T)`, whose lifetimes are their own.
fn make_type_static(ty: &mut Type) {
    match ty {
        Type::Reference(reference) => {
            let span = reference.and_token.span;
            reference.lifetime.get_or_insert_with(|| Lifetime::new("'static", span));
            reference.lifetime.as_mut().into_iter().for_each(make_lifetime_static);
            make_type_static(&mut reference.elem);
        }
        Type::Path(path) => path.path.segments.iter_mut().for_each(|segment| {
            if let PathArguments::AngleBracketed(generic) = &mut segment.arguments {
                generic.args.iter_mut().for_each(|argument| match argument {
                    GenericArgument::Lifetime(lifetime) => make_lifetime_static(lifetime),
                    GenericArgument::Type(ty) => make_type_static(ty),
                    _ => {}
                });
            }
        }),
        Type::TraitObject(object) => object.bounds.iter_mut().for_each(|bound| {
            if let TypeParamBound::Lifetime(lifetime) = bound {
                make_lifetime_static(lifetime);
            }
        }),
        Type::Tuple(tuple) => tuple.elems.iter_mut().for_each(make_type_static),
        Type::Array(array) => make_type_static(&mut array.elem),
        Type::Slice(slice) => make_type_static(&mut slice.elem),
        Type::Paren(paren) => make_type_static(&mut paren.elem),
        Type::Group(group) => make_type_static(&mut group.elem),
        _ => {}
    }
}

fn make_lifetime_static(lifetime: &mut Lifetime) {
    let span: Span = lifetime.span();
    *lifetime = Lifetime::new("'static", span);
}
