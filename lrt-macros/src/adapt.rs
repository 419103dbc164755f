//! Writes the closures that adapt a function and its `init` to the builder, which accepts `Result`s.
//!
//! They have the span of the function, so that "not `Send`" is reported at the function.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ExprPath;

use crate::site::{Site, lrt, variable};
use crate::validate::Lambda;

/// The closure that calls the function. `mode` is the variable with the mode of a batch function.
pub(crate) fn function(lambda: &Lambda, mode: &Ident) -> TokenStream {
    let Lambda { function, returns, options, parameters, .. } = lambda;
    let span = function.span();
    let at = |ty: &Option<TokenStream>| Site::of(ty.clone().unwrap_or_else(|| function.to_token_stream()), lambda);
    let variables: Vec<_> = (0..parameters.len()).map(|place| variable(lambda, &format!("a{place}"))).collect();
    let convert = if options.kind().is_http() && options.service.is_none() {
        let site = at(&returns.error);
        let error = site.variable("error");
        let tag = site.tag(&error);
        let respond = site.method_with(tag, "respond", &error);
        quote_spanned!(span=> .map_err(|#error| #respond))
    } else if options.kind().is_batch() {
        let site = at(&returns.value);
        let reply = site.variable("reply");
        let convert = if options.kind().transforms() { quote!(transform_reply) } else { quote!(record_reply) };
        let converted = site.call_with(convert, quote!(#mode,), &reply);
        quote_spanned!(span=> .map(|#reply| #converted))
    } else {
        TokenStream::new()
    };
    let returned = returned(lambda, span, &quote_spanned!(span=> #function(#(#variables),*)));
    quote_spanned!(span=> move |#(#variables),*| async move { #returned #convert })
}

/// The closure that calls `init`.
pub(crate) fn init(lambda: &Lambda, path: &ExprPath) -> TokenStream {
    let span = Site::of(path, lambda).span();
    let returned = returned(lambda, span, &quote_spanned!(span=> #path()));
    quote_spanned!(span=> move || async move { #returned })
}

/// The closure that calls the function for other events.
pub(crate) fn other(lambda: &Lambda, path: &ExprPath) -> TokenStream {
    let (span, event) = (Site::of(path, lambda).span(), variable(lambda, "event"));
    let returned = returned(lambda, span, &quote_spanned!(span=> #path(#event)));
    quote_spanned!(span=> move |#event| async move { #returned })
}

fn returned(lambda: &Lambda, span: Span, call: &TokenStream) -> TokenStream {
    let lrt = lrt(lambda, span);
    quote_spanned!(span=> #lrt::__private::Returned(#call.await).into_result())
}
