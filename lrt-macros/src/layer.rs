//! `layer = …`: a tower layer, or a closure that builds one from the value of `init`.

use quote::ToTokens;
use syn::{Expr, ExprClosure, Pat, Type, TypeReference};

use crate::errors::{Errors, source};
use crate::parameter::make_static;

pub(crate) enum Layer {
    Value(Expr),
    /// A closure, and the type that its parameter borrows.
    Made(ExprClosure, TypeReference),
}

impl Layer {
    pub(crate) fn read(option: &str, value: Expr) -> syn::Result<Self> {
        let closure = match value {
            Expr::Closure(closure) => closure,
            value => return Ok(Self::Value(value)),
        };
        let message = match closure.inputs.iter().collect::<Vec<_>>()[..] {
            _ if closure.asyncness.is_some() => {
                format!("the closure of a layer cannot be async: await in `init`, and write `{option} = |db: &Db| …`")
            }
            [Pat::Type(typed)] => match &*typed.ty {
                Type::Reference(reference) if reference.mutability.is_none() => {
                    let reference = make_static(syn::parse_quote!(#reference));
                    return Ok(Self::Made(closure, reference));
                }
                ty => format!("what `init` returns is borrowed: write `&{}`", source(ty).trim_start_matches("&mut ")),
            },
            [pattern] => {
                format!("write the type that is borrowed from what `init` returns: `|{}: &Db|`", source(pattern))
            }
            _ => format!("this closure takes one reference to what `init` returns: `{option} = |db: &Db| …`"),
        };
        let tokens = match closure.inputs.first() {
            Some(Pat::Type(typed)) if closure.inputs.len() == 1 => typed.ty.to_token_stream(),
            Some(_) => closure.inputs.to_token_stream(),
            None => closure.to_token_stream(),
        };
        Err(syn::Error::new_spanned(tokens, message))
    }

    /// Returns the reference that it borrows from the state.
    pub(crate) fn borrows(&self) -> Option<&TypeReference> {
        match self {
            Self::Value(_) => None,
            Self::Made(_, reference) => Some(reference),
        }
    }

    pub(crate) fn check_init(&self, has_init: bool, errors: &mut Errors) {
        if let (Some(reference), false) = (self.borrows(), has_init) {
            let borrowed = source(&reference.elem);
            errors.at(reference, format_args!("`&{borrowed}` borrows from what `init` returns: add `init = path`"));
        }
    }
}
