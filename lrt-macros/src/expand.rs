//! Writes, beside the user's untouched function:
//!
//! 1. a type of the function's name, which stands for it where a value cannot: `lrt::run::<process>()`;
//! 2. its `impl lrt::Borrows`: the builder call that the attribute is short for;
//! 3. its `impl lrt::Function`, which is the same without what it borrows: other modules may not name that;
//! 4. for `#[lambda]`, the `main` that runs it.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::checks::{Culprit, checks};
use crate::layer::Layer;
use crate::model::Lambda;
use crate::parameter::Parameter;
use crate::parse::Written;
use crate::value::DeadlineMargin;

pub(crate) fn lambda(lambda: &Lambda, item: &TokenStream) -> TokenStream {
    let function = &lambda.function;
    let lrt = lrt(lambda, function.span());
    let function_type = function_type(&lambda.visibility, function);
    let refs = refs(lambda, &lrt);
    let handler = quote_spanned!(function.span()=> impl #lrt::Handler<State = #refs>);
    let builder = builder(lambda, &lrt);
    let panic_abort = panic_abort(lambda);
    let name = &lambda.name;
    let main = (lambda.written == Written::Lambda).then(|| {
        quote! {
            fn main() -> ::std::process::ExitCode {
                #lrt::run::<#function>()
            }
        }
    });
    quote! {
        #item

        #function_type

        #[allow(deprecated)]
        impl #lrt::Borrows<#refs> for #function {
            fn borrowing() -> #handler {
                #builder
            }
        }

        impl #lrt::Function for #function {
            const NAME: &'static ::core::primitive::str = #name;
            fn handler() -> impl #lrt::Handler {
                <Self as #lrt::Borrows<_>>::borrowing()
            }
        }

        #panic_abort

        #main
    }
}

/// What the function and its layers borrow: one entry for each parameter, then one for each layer, outermost first.
fn refs(lambda: &Lambda, lrt: &TokenStream) -> TokenStream {
    let parameters = lambda.parameters.iter().map(|parameter| match parameter {
        Parameter::State(reference) => quote!(#reference),
        Parameter::Payload(_) | Parameter::Context(_) => quote!(()),
    });
    let function = quote!((#(#parameters,)*));
    let function = match lambda.options.kind().records() {
        Some(_) => borrowed(lrt, &function, &lambda.options.record_layers),
        None => function,
    };
    borrowed(lrt, &function, &lambda.options.layers)
}

/// `Borrowed<F, (((), first), second)>`, as the builder nests it.
fn borrowed(lrt: &TokenStream, function: &TokenStream, layers: &[Layer]) -> TokenStream {
    let refs = layers.iter().map(|layer| layer.borrows().map_or_else(|| quote!(()), ToTokens::to_token_stream));
    match refs.fold(None, |outer, own| {
        let outer = outer.unwrap_or_else(|| quote!(()));
        Some(quote!((#outer, #own)))
    }) {
        Some(layers) => quote!(#lrt::Borrowed<#function, #layers>),
        None => quote!(#lrt::Borrowed<#function>),
    }
}

/// The type reaches as far as the function. What it borrows may reach less far, as in the function itself: it is named as
/// a parameter of a trait, and never as an associated type, which could not be private (E0446).
pub(crate) fn function_type(visibility: &TokenStream, function: &Ident) -> TokenStream {
    // Where a module has the name already, that is said at the function. To lints this stays code of a macro.
    let span = Span::call_site().located_at(function.span());
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility enum #function {}
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
    let kind = Ident::new(options.kind().start(), function.span());
    let start = quote_spanned!(function.span()=> #lrt::#kind::<_, (#(#arguments,)*)>(#function));
    let name = quote_spanned!(name.span()=> .name(#name));
    let init = options.init.iter().map(|path| quote_spanned!(path.span()=> .init(#path)));
    let shutdown = options.shutdown.iter().map(|path| quote_spanned!(path.span()=> .shutdown(#path)));
    let deadline_margin = options.deadline_margin.iter().map(|margin| match margin {
        DeadlineMargin::Off(off) => quote_spanned!(off.span()=> .deadline_margin(#lrt::DeadlineMargin::Off)),
        DeadlineMargin::Duration(value) => {
            let margin = Culprit::of(value.to_token_stream(), lambda).check("IntoDeadlineMargin", "margin", value);
            quote_spanned!(value.span()=> .deadline_margin(#margin))
        }
    });
    let check = if options.kind().is_http() { "HttpLayer" } else { "FunctionLayer" };
    let layers = options.layers.iter().map(|layer| layered(layer, ["layer", "layer_with"], check, lambda));
    let record_layers = options
        .record_layers
        .iter()
        .map(|layer| layered(layer, ["record_layer", "record_layer_with"], "RecordLayer", lambda));
    let concurrency = options.concurrency.iter().map(|count| quote_spanned!(count.span()=> .concurrency(#count)));
    let on_failure = options
        .on_failure
        .iter()
        .map(|choice| quote_spanned!(choice.span()=> .on_failure(#lrt::batch::OnFailure::#choice)));
    let on_all_failed = options
        .on_all_failed
        .iter()
        .map(|choice| quote_spanned!(choice.span()=> .on_all_failed(#lrt::batch::OnAllFailed::#choice)));
    let service = options.service.iter().map(|word| quote_spanned!(word.span()=> .service()));
    let streaming = options.streaming.iter().map(|word| quote_spanned!(word.span()=> .streaming()));
    let route = options.route.iter().map(|route| quote_spanned!(route.span()=> .route(#route)));
    let base_path = options.base_path.iter().map(|path| quote_spanned!(path.span()=> .base_path(#path)));
    let define = quote_spanned!(function.span()=> #function.define());
    let checks = checks(lambda);
    quote! {
        #checks
        let #function = #start #(#service)* #(#streaming)* #name #(#init)* #(#shutdown)* #(#deadline_margin)* #(#layers)* #(#record_layers)*
            #(#concurrency)* #(#on_failure)* #(#on_all_failed)* #(#route)* #(#base_path)*;
        #define
    }
}

/// The call that adds a layer, which is checked where it is written.
fn layered(layer: &Layer, [plain, made]: [&str; 2], check: &str, lambda: &Lambda) -> TokenStream {
    match layer {
        Layer::Value(value) => {
            let at = Culprit::of(value.to_token_stream(), lambda);
            let (layer, method) = (at.check(&format!("{check}<_>"), "layer", value), Ident::new(plain, value.span()));
            quote_spanned!(value.span()=> .#method(#layer))
        }
        Layer::Made(closure, _) => {
            let body = &closure.body;
            let layer = Culprit::of(body.to_token_stream(), lambda).check(&format!("{check}<_>"), "layer", body);
            let (attrs, capture, inputs) = (&closure.attrs, &closure.capture, &closure.inputs);
            let method = Ident::new(made, closure.span());
            quote_spanned!(closure.span()=> .#method(#(#attrs)* #capture |#inputs| #layer))
        }
    }
}
