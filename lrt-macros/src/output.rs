//! Return type of the function.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, PathSegment, ReturnType, Type, TypeParamBound, TypeTraitObject};

use crate::errors::{Errors, source};

/// Tokens of the types of the value and the error: the arguments of a `Result`, if the return type is written as one.
/// `None` without a return type.
#[derive(Default)]
pub(crate) struct Returns {
    pub(crate) value: Option<TokenStream>,
    pub(crate) error: Option<TokenStream>,
}

impl Returns {
    pub(crate) fn of(output: &ReturnType) -> Self {
        let ReturnType::Type(_, ty) = output else { return Self::default() };
        let result = last_segment(ty, "Result");
        let written = |place| result.and_then(|result| argument(result, place)).unwrap_or(ty).to_token_stream();
        Self { value: Some(written(0)), error: Some(written(1)) }
    }
}

/// Reports a `Box<dyn Error>` as the error, which the compiler would report as several missing traits.
pub(crate) fn check(output: &ReturnType, errors: &mut Errors) {
    let ReturnType::Type(_, ty) = output else { return };
    if let Some(result) = last_segment(ty, "Result")
        && let Some(boxed) = argument(result, 1).and_then(|error| last_segment(error, "Box"))
        && let Some(Type::TraitObject(object)) = argument(boxed, 0)
        && is_error_alone(object)
    {
        let dyn_error = source(object);
        errors.at(object, format_args!("an error must be `Send` and `Sync`: write `{dyn_error} + Send + Sync`"));
    }
}

fn last_segment<'a>(ty: &'a Type, name: &str) -> Option<&'a PathSegment> {
    let Type::Path(path) = ty else { return None };
    path.path.segments.last().filter(|last| last.ident == name)
}

fn argument(segment: &PathSegment, place: usize) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else { return None };
    match arguments.args.iter().nth(place)? {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    }
}

/// Returns true only for `Error`, since a trait with another name may have `Send + Sync` as supertraits.
fn is_error_alone(object: &TypeTraitObject) -> bool {
    object.bounds.iter().all(|bound| match bound {
        TypeParamBound::Trait(bound) => bound.path.segments.last().is_some_and(|last| last.ident == "Error"),
        TypeParamBound::Lifetime(_) => true,
        _ => false,
    })
}
