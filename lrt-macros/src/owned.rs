//! Payloads that hold references: they are decoded from bytes that do not outlive the decoding.

use proc_macro2::TokenStream;
use syn::{GenericArgument, PathArguments, Type};

/// Whether a by-value type is one like `Vec<&str>`. What a `fn(&T)` takes is no part of it.
pub(crate) fn holds_reference(ty: &Type) -> bool {
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

/// The same type without references.
pub(crate) fn owned(ty: Type) -> Type {
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
