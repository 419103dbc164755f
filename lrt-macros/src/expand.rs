//! Writes, beside the user's untouched function:
//!
//! 1. a type of the function's name, which stands for it where a value cannot: `lrt::run::<process>()`;
//! 2. its `impl lrt::Function`: the builder call that the attribute is short for;
//! 3. `main`, which runs it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::checks::{Culprit, checks};
use crate::model::Lambda;
use crate::parameter::Parameter;
use crate::value::DeadlineMargin;

pub(crate) fn lambda(lambda: &Lambda, item: &TokenStream) -> TokenStream {
    let function = &lambda.function;
    let lrt = lrt(lambda, function.span());
    let function_type = function_type(function);
    let refs = lambda.parameters.iter().map(|parameter| match parameter {
        Parameter::State(reference) => quote!(#reference),
        Parameter::Payload(_) | Parameter::Context(_) => quote!(()),
    });
    let handler = quote_spanned!(function.span()=> impl #lrt::Handler<Refs = Self::Refs>);
    let builder = builder(lambda, &lrt);
    let panic_abort = panic_abort(lambda);
    quote! {
        #item

        #function_type

        #[allow(deprecated)]
        impl #lrt::Function for #function {
            type Refs = #lrt::Borrowed<(#(#refs,)*)>;
            fn handler() -> #handler {
                #builder
            }
        }

        #panic_abort

        fn main() -> ::std::process::ExitCode {
            #lrt::run::<#function>()
        }
    }
}

/// The type is private whatever the function is: it is written at the root of a binary crate, where that reaches as far
/// as `pub`, and a `pub` one may not name a private `&Db` in its `Refs` (E0446), as the function itself may.
pub(crate) fn function_type(function: &Ident) -> TokenStream {
    // Where a module has the name already, that is said at the function. To lints this stays code of a macro.
    let span = Span::call_site().located_at(function.span());
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        enum #function {}
    }
}

/// A warning at the attribute where a panic would end the process. An `#[allow]` of the function is one of it, too.
fn panic_abort(lambda: &Lambda) -> TokenStream {
    // What has the span of a macro's own code is not warned about.
    let span = Span::call_site().resolved_at(lambda.function.span());
    let (lrt, allow) = (lrt(lambda, span), &lambda.allow);
    quote_spanned! {span=>
        #[cfg(panic = "abort")]
        #(#allow)*
        const _: () = #lrt::check::PANIC_ABORT;
    }
}

/// Where lrt is found, as tokens at `span`.
pub(crate) fn lrt(lambda: &Lambda, span: Span) -> TokenStream {
    let Some(path) = &lambda.options.lrt else { return quote_spanned!(span=> ::lrt) };
    let located = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    path.to_token_stream().into_iter().map(located).collect()
}

/// Each call has the span of what the user wrote for it, so that a type error points there. What ends the builder has
/// the span of the function, as the type that is returned has, since the compiler tells an error once for each span. So
/// the builder has the function's name: one of ours, at that span, would not be found where a macro wrote the function.
fn builder(lambda: &Lambda, lrt: &TokenStream) -> TokenStream {
    let Lambda { function, name, options, parameters, .. } = lambda;
    // With their number known, the compiler says what is wrong with the function (`not Send`) in place of "no AsyncFn".
    let arguments = parameters.iter().map(|_| quote!(_));
    let start = quote_spanned!(function.span()=> #lrt::json::<_, (#(#arguments,)*)>(#function));
    let name = quote_spanned!(name.span()=> .name(#name));
    let init = options.init.iter().map(|path| quote_spanned!(path.span()=> .init(#path)));
    let shutdown = options.shutdown.iter().map(|path| quote_spanned!(path.span()=> .shutdown(#path)));
    let deadline_margin = options.deadline_margin.iter().map(|margin| match margin {
        DeadlineMargin::Off(off) => quote_spanned!(off.span()=> .deadline_margin(#lrt::Margin::Off)),
        DeadlineMargin::Duration(value) => {
            let margin = Culprit::of(value.to_token_stream(), lambda).check("DeadlineMargin", "margin", value);
            quote_spanned!(value.span()=> .deadline_margin(#margin))
        }
    });
    let define = quote_spanned!(function.span()=> #function.define());
    let checks = checks(lambda);
    quote! {
        #checks
        let #function = #start #name #(#init)* #(#shutdown)* #(#deadline_margin)*;
        #define
    }
}
