//! What is still written when there are mistakes, so that the compiler finds the names that it would otherwise miss and
//! the only errors are ours.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::quote;
use syn::{Attribute, FnArg, Signature};

use crate::errors::Errors;
use crate::expand::function_type;
use crate::parse::is_lambda;

/// What the function's signature lets us write beside it.
pub(crate) enum Fallback {
    /// A free function, and thus the type of its name.
    Function(Ident),
    /// `const async` is an error of the compiler's own, after ours said it already.
    ConstAsync(Ident),
    /// A function named `main`: the one that is written here would clash with it.
    Main,
    /// A function with a second `#[lambda]`, which writes all that is to be written.
    Twice,
    /// A method: no type can be declared where it stands.
    Method,
}

impl Fallback {
    pub(crate) fn of(attributes: &[Attribute], signature: &Signature) -> Self {
        let function = &signature.ident;
        if attributes.iter().any(is_lambda) {
            Self::Twice
        } else if signature.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_))) {
            Self::Method
        } else if function == "main" {
            Self::Main
        } else if signature.constness.is_some() && signature.asyncness.is_some() {
            Self::ConstAsync(function.clone())
        } else {
            Self::Function(function.clone())
        }
    }

    /// The user's function is always written, with its body, so that rust-analyzer goes on completing inside it.
    pub(crate) fn write(self, item: TokenStream, errors: Errors) -> TokenStream {
        let item = match self {
            Self::Function(function) => {
                let function_type = function_type(&function);
                quote!(#item #function_type)
            }
            Self::ConstAsync(function) => {
                let function_type = function_type(&function);
                let item = without_const(item);
                quote!(#item #function_type)
            }
            // Inside a block its name does not clash, while all that it uses is still in scope.
            Self::Main => quote!(const _: () = { #item };),
            Self::Method => item,
            Self::Twice => {
                let errors = errors.into_compile_errors();
                return quote!(#item #errors);
            }
        };
        without_function(&item, errors)
    }
}

/// For an item that is no function.
pub(crate) fn without_function(item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    quote! {
        #item
        #errors
        fn main() -> ::std::process::ExitCode {
            ::std::process::ExitCode::FAILURE
        }
    }
}

fn without_const(item: TokenStream) -> TokenStream {
    let mut before_fn = true;
    item.into_iter()
        .filter(|token| {
            before_fn &= !matches!(token, TokenTree::Ident(word) if word == "fn");
            !(before_fn && matches!(token, TokenTree::Ident(word) if word == "const"))
        })
        .collect()
}
