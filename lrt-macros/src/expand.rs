//! Writes, next to the user's unchanged function:
//!
//! 1. a type with the function's name, for places that need a type: `lrt::run::<process>()`;
//! 2. its `impl lrt::WithState`, which contains the builder call;
//! 3. its `impl lrt::Function`, which hides the types that the function borrows, because they may be private;
//! 4. for `#[lambda]`, the `main` that runs it.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ExprPath;
use syn::spanned::Spanned;

use crate::adapt;
use crate::checks::{Variables, checks};
use crate::layer::Layer;
use crate::option_value::DeadlineMargin;
use crate::parameter::Parameter;
use crate::parse::MacroAttribute;
use crate::site::{Site, lrt, variable};
use crate::validate::Lambda;

pub(crate) fn lambda(lambda: &Lambda, item: &TokenStream) -> TokenStream {
    let function = &lambda.function;
    let lrt = lrt(lambda, function.span());
    let function_type = function_type(&lambda.visibility, function);
    let refs = refs(lambda, &lrt);
    let handler = quote_spanned!(function.span()=> impl #lrt::Handler<State = #refs>);
    let builder = builder(lambda, &lrt);
    let panic_abort = panic_abort(lambda);
    let name = &lambda.name;
    let kind = lambda.options.kind().start();
    let route = lambda.options.full_route().map(|route| {
        quote!(const ROUTE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(#route);)
    });
    let authorizes = lambda.options.kind().is_authorizer().then(|| authorizes(lambda));
    let main = (lambda.written == MacroAttribute::Lambda).then(|| {
        quote! {
            fn main() -> #lrt::__private::MainExit<#function> {
                #lrt::__private::run_main::<#function, _>(main)
            }
        }
    });
    quote! {
        #item

        #function_type

        #[allow(deprecated)]
        impl #lrt::__private::WithState<#refs> for #function {
            fn handler_with_state() -> #handler {
                #builder
            }
        }

        impl #lrt::Function for #function {
            const NAME: &'static ::core::primitive::str = #name;
            const KIND: &'static ::core::primitive::str = #kind;
            #route
            fn handler() -> impl #lrt::Handler {
                <Self as #lrt::__private::WithState<_>>::handler_with_state()
            }
        }

        #authorizes

        #panic_abort

        #main
    }
}

/// Writes the impls of an authorizer's traits. The return type may be an alias, so the compiler finds the user in it. A bound with
/// a parameter is not checked here, but where the trait is used.
fn authorizes(lambda: &Lambda) -> TokenStream {
    let Lambda { function, returns, .. } = lambda;
    let value = returns.value.clone().unwrap_or_else(|| quote_spanned!(function.span()=> ()));
    let site = Site::of(&value, lambda);
    let lrt = &site.lrt;
    let result = site.path(quote!(AuthorizerResult));
    quote! {
        impl #lrt::__private::AuthorizerFunction for #function {}

        impl<__LrtUser> #lrt::__private::Authorizes<__LrtUser> for #function where #value: #result<__LrtUser> {}
    }
}

/// Returns the type of the references that the function and its layers borrow: an entry for each parameter, then one for
/// each layer, outermost first.
fn refs(lambda: &Lambda, lrt: &TokenStream) -> TokenStream {
    let parameters = lambda.parameters.iter().map(|parameter| match parameter {
        Parameter::State(reference) => quote!(#reference),
        Parameter::Payload(_) | Parameter::Context(_) | Parameter::Window(_) => quote!(()),
    });
    let function = quote!((#(#parameters,)*));
    let function = match lambda.options.kind().records() {
        Some(_) => borrowed(lrt, &function, &lambda.options.record_layers),
        None => function,
    };
    borrowed(lrt, &function, &lambda.options.layers)
}

/// Returns `StateRefs<F, (((), first), second)>`, as the builder nests it.
fn borrowed(lrt: &TokenStream, function: &TokenStream, layers: &[Layer]) -> TokenStream {
    let refs = layers.iter().map(|layer| layer.borrows().map_or_else(|| quote!(()), ToTokens::to_token_stream));
    match refs.fold(None, |outer, own| {
        let outer = outer.unwrap_or_else(|| quote!(()));
        Some(quote!((#outer, #own)))
    }) {
        Some(layers) => quote!(#lrt::__private::StateRefs<#function, #layers>),
        None => quote!(#lrt::__private::StateRefs<#function>),
    }
}

/// The type is as visible as the function, or more: that of a private function is visible in its crate, so that `main!` can
/// refer to its constant, which is private. The compiler then reports the name of the constant. Borrowed types may be less
/// visible, as in the function itself: they are parameters of a trait, not associated types, which cannot be private (E0446).
pub(crate) fn function_type(visibility: &TokenStream, function: &Ident) -> TokenStream {
    // A module of the same name is reported at the function. Lints still treat this as code of a macro.
    let span = Span::call_site().located_at(function.span());
    let type_visibility = if visibility.is_empty() { quote_spanned!(span=> pub(crate)) } else { visibility.clone() };
    let constant = quote! {
        impl #function {
            #[doc(hidden)]
            #[allow(dead_code, non_upper_case_globals)]
            #visibility const this_function_is_private__write_pub_crate: () = ();
        }
    };
    quote_spanned! {span=>
        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #type_visibility enum #function {}

        #constant
    }
}

/// Warns at the attribute if a panic would end the process. An `#[allow]` of the function applies to this warning.
fn panic_abort(lambda: &Lambda) -> TokenStream {
    // The compiler does not warn about code with the span of a macro.
    let span = Span::call_site().resolved_at(lambda.function.span());
    let (lrt, allow) = (lrt(lambda, span), &lambda.allow);
    quote_spanned! {span=>
        #[cfg(panic = "abort")]
        #(#allow)*
        const _: () = #lrt::__private::PANIC_ABORT;
    }
}

/// Each call has the span of the user's code for it, so that a type error points there. The calls that start and finish
/// the builder have the span of the function, like the returned type: the compiler reports an error once for each span.
fn builder(lambda: &Lambda, lrt: &TokenStream) -> TokenStream {
    let Lambda { function, name, options, parameters, .. } = lambda;
    let span = function.span();
    let [adapted, init, shutdown, other, types, mode] =
        ["function", "init", "shutdown", "other", "parameters", "mode"].map(|name| variable(lambda, name));
    let variables =
        Variables { function: adapted.clone(), init: init.clone(), parameters: types.clone(), mode: mode.clone() };
    let arguments: Vec<_> = parameters.iter().map(|_| quote!(_)).collect();
    let adapt_init = options.init.iter().map(|path| {
        let closure = adapt::init(lambda, path);
        quote!(let #init = #closure;)
    });
    let adapt_other = options.other.iter().map(|path| {
        let closure = adapt::other(lambda, path);
        quote!(let #other = #closure;)
    });
    let adapt_function = adapt::function(lambda, &mode);
    let mode_of = options.kind().is_batch().then(|| {
        if options.kind().transforms() {
            return quote!(let #mode = #lrt::__private::Transforming::new(););
        }
        let record = parameters.iter().position(|parameter| matches!(parameter, Parameter::Payload(_)));
        let ty = match record.map(Literal::usize_unsuffixed) {
            Some(place) => quote!(#types.#place),
            None => quote!(#lrt::__private::Type::<()>::new()),
        };
        quote!(let #mode = #ty.mode();)
    });
    // The function, `init`, `shutdown` and `other`. Their types are unknown if a check fails.
    let init_given = options.init.as_ref().map(|_| init.to_token_stream());
    let other_given = options.other.as_ref().map(|_| other.to_token_stream());
    let shutdown_given = options.shutdown.as_ref().map(ToTokens::to_token_stream);
    let shutdown_name = options.shutdown.as_ref().map(|_| quote!(#shutdown));
    let names = [Some(adapted.to_token_stream()), init_given.clone(), shutdown_name, other_given.clone()];
    let given = [Some(adapted.to_token_stream()), init_given, shutdown_given, other_given];
    let (names, given) = (names.iter().flatten(), given.iter().flatten());
    let given = quote!((#(#given,)*));
    let checks = checks(lambda, &variables, &given);
    let traits = traits(lambda, lrt);

    let kind = Ident::new(options.kind().start(), span);
    let start = quote_spanned!(span=> #lrt::#kind::<_, (#(#arguments,)*)>(#adapted));
    let name = quote_spanned!(name.span()=> .name(#name));
    let set = |path: &ExprPath, method, variable: &Ident| {
        let (argument, method) = (Site::of(path, lambda).same(variable), Ident::new(method, path.span()));
        quote_spanned!(path.span()=> .#method(#argument))
    };
    let set_init = options.init.iter().map(|path| set(path, "init", &init));
    let set_other = options.other.iter().map(|path| set(path, "other", &other));
    let set_shutdown = options.shutdown.iter().map(|path| set(path, "shutdown", &shutdown));
    let deadline_margin = options.deadline_margin.iter().map(|margin| match margin {
        DeadlineMargin::Off(off) => quote_spanned!(off.span()=> .deadline_margin(#lrt::DeadlineMargin::Off)),
        DeadlineMargin::Duration(value) => quote_spanned!(value.span()=> .deadline_margin(#value)),
    });
    let layers = options.layers.iter().map(|layer| add_layer(layer, "layer"));
    let record_layers = options.record_layers.iter().map(|layer| add_layer(layer, "record_layer"));
    let concurrency = options.concurrency.iter().map(|count| quote_spanned!(count.span()=> .concurrency(#count)));
    let on_failure = options
        .on_failure
        .iter()
        .map(|choice| quote_spanned!(choice.span()=> .on_failure(#lrt::batch::OnFailure::#choice)));
    let on_all_failed = options
        .on_all_failed
        .iter()
        .map(|choice| quote_spanned!(choice.span()=> .on_all_failed(#lrt::batch::OnAllFailed::#choice)));
    let window_end = options.window_end.iter().map(|path| quote_spanned!(path.span()=> .window_end(#path)));
    let service = options.service.iter().map(|word| quote_spanned!(word.span()=> .service()));
    let streaming = options.streaming.iter().map(|word| quote_spanned!(word.span()=> .streaming()));
    let route = options.route.iter().map(|route| quote_spanned!(route.span()=> .route(#route)));
    let base_path = options.base_path.iter().map(|path| quote_spanned!(path.span()=> .base_path(#path)));
    let authorizer = options.authorizer.iter().map(|path| {
        let span = Site::of(path, lambda).span();
        quote_spanned!(span=> .authorizer::<#path>())
    });
    let identity_sources = options
        .identity_sources
        .iter()
        .map(|sources| quote_spanned!(sources.span()=> .identity_sources::<&::core::primitive::str>(#sources)));
    let cache = options.cache.iter().map(|time| quote_spanned!(time.span()=> .cache(#time)));
    let iam_policy = options.iam_policy.iter().map(|word| quote_spanned!(word.span()=> .iam_policy()));
    let pattern = options.pattern.iter().map(|pattern| quote_spanned!(pattern.span()=> .pattern(#pattern)));
    let schedule = options.schedule.iter().map(|schedule| quote_spanned!(schedule.span()=> .schedule(#schedule)));
    let metrics = options.metrics.iter().map(|namespace| quote_spanned!(namespace.span()=> .metrics(#namespace)));
    let define = quote_spanned!(span=> .define());
    quote! {
        let (#(#names,)*) = {
            #traits
            let #types = #lrt::__private::parameters::<_, (#(#arguments,)*)>(&#function);
            #mode_of
            #(#adapt_init)*
            #(#adapt_other)*
            let #adapted = #adapt_function;
            if false #checks else { #given }
        };
        #start #(#service)* #(#streaming)* #name #(#set_init)* #(#set_shutdown)* #(#deadline_margin)* #(#metrics)*
            #(#layers)* #(#record_layers)*
            #(#concurrency)* #(#on_failure)* #(#on_all_failed)* #(#window_end)* #(#route)* #(#base_path)* #(#authorizer)*
            #(#identity_sources)* #(#cache)* #(#iam_policy)* #(#set_other)* #(#pattern)* #(#schedule)*
            #define
    }
}

/// Brings the methods of `lrt::__private` into scope. The user's expressions for options are outside it.
fn traits(lambda: &Lambda, lrt: &TokenStream) -> TokenStream {
    let kind = lambda.options.kind();
    let http = kind.is_http().then(|| {
        quote!(Decoded as _, Encoded as _, NotACaller as _, RespondAsItself as _, RespondWithServerError as _,)
    });
    let batch = kind.is_batch().then(|| quote!(TakesOne as _,));
    quote! {
        #[allow(unused_imports)]
        use #lrt::__private::{EventPayload as _, ReturnedValue as _, Then as _, WithoutContext as _, #http #batch};
    }
}

/// The call that adds a layer.
fn add_layer(layer: &Layer, option: &str) -> TokenStream {
    match layer {
        Layer::Value(value) => {
            let method = Ident::new(option, value.span());
            quote_spanned!(value.span()=> .#method(#value))
        }
        Layer::Made(closure, _) => {
            let method = Ident::new(&format!("{option}_with"), closure.span());
            quote_spanned!(closure.span()=> .#method(#closure))
        }
    }
}
