//! Writes, beside the user's untouched function:
//!
//! 1. a type of the function's name, which stands for it where a value cannot: `lrt::run::<process>()`;
//! 2. its `impl lrt::Function`: the builder call that the attribute is short for;
//! 3. `main`, which runs it.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::model::Lambda;
use crate::parameter::Parameter;
use crate::value::DeadlineMargin;

pub(crate) fn lambda(lambda: &Lambda, item: &TokenStream) -> TokenStream {
    let function = &lambda.function;
    let lrt = lrt(lambda);
    let function_type = function_type(function);
    let refs = lambda.parameters.iter().map(|parameter| match parameter {
        Parameter::State(reference) => quote!(#reference),
        Parameter::Payload | Parameter::Context => quote!(()),
    });
    let handler = quote_spanned!(function.span()=> impl #lrt::Handler<Refs = Self::Refs>);
    let builder = builder(lambda, &lrt);
    quote! {
        #item

        #function_type

        impl #lrt::Function for #function {
            type Refs = (#(#refs,)*);
            fn handler() -> #handler {
                #builder
            }
        }

        fn main() -> ::std::process::ExitCode {
            #lrt::run::<#function>()
        }
    }
}

/// The type is private whatever the function is: it is written at the root of a binary crate, where that reaches as far
/// as `pub`, and a `pub` one may not name a private `&Db` in its `Refs` (E0446), as the function itself may.
pub(crate) fn function_type(function: &Ident) -> TokenStream {
    quote! {
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        enum #function {}
    }
}

fn lrt(lambda: &Lambda) -> TokenStream {
    match &lambda.options.lrt {
        Some(path) => quote!(#path),
        None => quote_spanned!(lambda.function.span()=> ::lrt),
    }
}

/// Each call has the span of what the user wrote for it, so that a type error points there.
fn builder(lambda: &Lambda, lrt: &TokenStream) -> TokenStream {
    let Lambda { function, name, options, .. } = lambda;
    let start = quote_spanned!(function.span()=> #lrt::json(#function));
    let name = quote_spanned!(name.span()=> .name(#name));
    let init = options.init.iter().map(|path| quote_spanned!(path.span()=> .init(#path)));
    let shutdown = options.shutdown.iter().map(|path| quote_spanned!(path.span()=> .shutdown(#path)));
    let deadline_margin = options.deadline_margin.iter().map(|margin| match margin {
        DeadlineMargin::Off(off) => quote_spanned!(off.span()=> .deadline_margin(#lrt::Margin::Off)),
        DeadlineMargin::Duration(value) => quote_spanned!(value.span()=> .deadline_margin(#value)),
    });
    let define = quote_spanned!(function.span()=> .define());
    quote!(#start #name #(#init)* #(#shutdown)* #(#deadline_margin)* #define)
}
