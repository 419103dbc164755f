//! Writes the checks of `lrt::check`, each with the span of what it is about, so that a mistake in a type is one error
//! there. How they keep the builder from telling it again is said in `lrt::check`.

use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::expand::lrt;
use crate::kind::Records;
use crate::layer::Layer;
use crate::model::Lambda;
use crate::parameter::Parameter;
use crate::payload;

/// Statements that leave the function in a variable of its own name, for the builder.
pub(crate) fn checks(lambda: &Lambda) -> TokenStream {
    let span = lambda.function.span();
    let function = &lambda.function;
    let mut checks = Checks::new(lambda);
    checks.init();
    checks.shutdown();
    checks.layers();
    checks.parameters();
    checks.returns();
    let Checks { variables, list, .. } = checks;
    quote_spanned! {span=>
        #variables
        #(let #function = #list.then(#function);)*
    }
}

struct Checks<'a> {
    lambda: &'a Lambda,
    /// Statements that the list below depends on.
    variables: TokenStream,
    /// An expression for each check.
    list: Vec<TokenStream>,
    /// The variable with what `init` returned, if anything may borrow from it.
    state: Option<Ident>,
    /// What there is to answer to what a function of records takes of them, once it is known that it can be taken.
    answer: Option<TokenStream>,
}

impl<'a> Checks<'a> {
    fn new(lambda: &'a Lambda) -> Self {
        Self { lambda, variables: TokenStream::new(), list: Vec::new(), state: None, answer: None }
    }

    fn at(&self, culprit: impl ToTokens) -> Culprit {
        Culprit::of(culprit.to_token_stream(), self.lambda)
    }

    /// A variable of ours, which the user's paths beside it do not find.
    fn variable(&self, name: &str) -> Ident {
        Ident::new(name, Span::mixed_site().located_at(self.lambda.function.span()))
    }

    fn init(&mut self) {
        let Some(path) = &self.lambda.options.init else { return };
        let at = self.at(path);
        let (init, output, state) = (self.variable("init"), self.variable("output"), self.variable("state"));
        let called = at.check("InitFn<_>", "call", path);
        let awaited = at.check("Awaited<_>", "output", quote!(&#init));
        let shared = at.method(quote!(#output.value()), "can_be_shared");
        let lrt = &at.lrt;
        let state_of = quote!(#lrt::check::state(&#output.value()));
        self.variables.extend(quote! {
            let #init = #called;
            let #output = #awaited;
            let #state = #shared.then(#state_of);
        });
        self.list.push(at.method(init, "can_be_sent"));
        self.list.push(at.check("Failure<_>", "check", quote!(&#output.error())));
        self.state = Some(state);
    }

    fn shutdown(&mut self) {
        let Some(path) = &self.lambda.options.shutdown else { return };
        let at = self.at(path);
        let shutdown = self.variable("shutdown");
        let called = at.check("ShutdownFn<_>", "call", path);
        self.variables.extend(quote!(let #shutdown = #called;));
        self.list.push(match &self.state {
            Some(state) => at.borrow(quote!(#shutdown.borrows), state),
            None => at.check("BorrowedFromNothing<_>", "check", quote!(&#shutdown.borrows)),
        });
        let output = at.check("Awaited<_>", "output", quote!(&#shutdown.future));
        self.list.push(at.check("ShutdownOutput<_>", "check", quote!(&#output)));
        self.list.push(at.method(quote!(#shutdown.future), "can_be_sent"));
    }

    /// What the closures that make layers borrow. The layers themselves are checked where the builder takes them.
    fn layers(&mut self) {
        let options = &self.lambda.options;
        let borrowed = options.layers.iter().chain(&options.record_layers).filter_map(Layer::borrows);
        for reference in borrowed {
            let check = self.borrowed(&reference.elem);
            self.list.extend(check);
        }
    }

    fn borrowed(&self, ty: &Type) -> Option<TokenStream> {
        let at = self.at(ty);
        let lrt = &at.lrt;
        self.state.as_ref().map(|state| at.borrow(quote!(#lrt::check::Type::<#ty>::new()), state))
    }

    /// What it takes. The types are inferred from the function: one that does not exist is told there, once.
    fn parameters(&mut self) {
        let Lambda { function, parameters, .. } = self.lambda;
        let (here, checked) = (self.at(function), self.variable("checked"));
        let (lrt, arguments) = (&here.lrt, parameters.iter().map(|_| quote!(_)));
        self.variables.extend(quote_spanned! {function.span()=>
            let #checked = #lrt::check::function::<_, (#(#arguments,)*)>(#function);
        });
        let has_payload = parameters.iter().any(|parameter| matches!(parameter, Parameter::Payload(_)));
        let (is_http, is_batch) = (self.lambda.options.kind().is_http(), self.lambda.options.kind().is_batch());
        let last = parameters.iter().rposition(|parameter| !matches!(parameter, Parameter::State(_)));
        for (place, parameter) in parameters.iter().enumerate() {
            let index = Literal::usize_unsuffixed(place);
            let ty = quote!(&#checked.parameters.#index);
            let check = match parameter {
                Parameter::Payload(value) | Parameter::Context(value) if is_http => {
                    self.extractor(value, ty, last == Some(place))
                }
                Parameter::Payload(payload) if is_batch => {
                    let (check, passed) = (self.payload(payload, ty.clone()), self.variable("payload"));
                    self.variables.extend(quote!(let #passed = #check;));
                    self.answer = Some(quote!(#passed.then(#lrt::check::Answer::to(#ty))));
                    quote!(#passed)
                }
                Parameter::Payload(payload) => self.payload(payload, ty),
                Parameter::Context(context) if has_payload => self.at(context).check("ThisContext<_>", "check", ty),
                // The payload may have a type of that name.
                Parameter::Context(context) => self.payload(context, ty),
                Parameter::State(reference) => self.borrowed(&reference.elem).into_iter().collect(),
            };
            self.list.push(check);
        }
    }

    /// An extractor of an HTTP function; the last may take the body.
    fn extractor(&self, written: &Type, ty: TokenStream, is_last: bool) -> TokenStream {
        let at = self.at(written);
        let lrt = &at.lrt;
        let extractor = at.method(quote!(#lrt::check::Extractor::of(#ty)), "kind");
        if is_last { extractor } else { at.check("BeforeTheBody<_, _>", "check", quote!(#extractor)) }
    }

    /// Of a record's payload, what stands in its wrappers is checked, since that is what has to be decoded.
    fn payload(&self, written: &Type, ty: TokenStream) -> TokenStream {
        let kind = self.lambda.options.kind();
        let Some(Records { source, envelope }) = kind.records() else {
            let at = self.at(written);
            return at.method(at.check("JsonPayload<_>", "check", ty), "of_json");
        };
        let source: TokenStream = source.parse().expect("the names of sources are Rust");
        let Some(unwrapped) = payload::unwrapped(written, envelope) else {
            let at = self.at(written);
            return at.check(&record_check("RecordPayload", &at, &source), "check", ty);
        };
        let at = self.at(unwrapped.payload);
        let payload = at.ty(unwrapped.payload);
        let payload = match (envelope, unwrapped.envelope) {
            ("Change", Some(_)) => at.check("ChangeImage<_>", "check", payload),
            _ => at.check(&record_check("RecordPayload", &at, &source), "check", payload),
        };
        let Some(envelope) = unwrapped.envelope else { return payload };
        // Only then is it asked whether the envelope is the one of this source, so that each mistake is told once.
        let at = self.at(envelope);
        let envelope = at.ty(envelope);
        at.check(&record_check("RecordEnvelope", &at, &source), "check", quote!(#payload.then(#envelope)))
    }

    /// What it returns, and its future: where this borrows what cannot be shared, that is told at init.
    fn returns(&mut self) {
        let Lambda { function, returns, options, .. } = self.lambda;
        let (here, checked) = (self.at(function), self.variable("checked"));
        let at =
            |ty: &Option<TokenStream>| self.at(ty.as_ref().map_or_else(|| function.to_token_stream(), Clone::clone));
        let (value, error, lrt) = (at(&returns.value), at(&returns.error), &here.lrt);
        let kind = options.kind();
        let (value, error) = if kind.is_http() && options.service.is_none() {
            (
                value.method(quote!(#lrt::check::Responds::of(&#checked.output.value())), "as_value"),
                error.method(quote!(#lrt::check::Responds::of(&#checked.output.error())), "as_error"),
            )
        } else {
            let reply = match options.streaming {
                _ if kind.is_http() => "BuiltService<_>",
                Some(_) => "StreamReply<_>",
                None if kind.is_batch() => "RecordReply<_>",
                None => "JsonReply<_>",
            };
            let ty = quote!(&#checked.output.value());
            let reply = value.check(reply, "check", &ty);
            let reply = if kind.is_batch() { self.answer(&value, &reply, &ty) } else { reply };
            (reply, error.check("Failure<_>", "check", quote!(&#checked.output.error())))
        };
        let future = match &self.state {
            Some(state) => quote!(#state.then(#checked.future)),
            None => quote!(#checked.future),
        };
        self.list.extend([value, error, here.method(future, "can_be_sent")]);
    }

    /// That a record, or the whole batch, is answered as such, and has the options of such.
    fn answer(&mut self, value: &Culprit, reply: &TokenStream, ty: &TokenStream) -> TokenStream {
        let (answer, lrt) = (self.variable("answer"), &value.lrt);
        let to = self.answer.take().unwrap_or_else(|| quote!(#lrt::check::Answer::to(&#lrt::check::Type::<()>::new())));
        self.variables.extend(quote!(let #answer = #to;));
        let options = &self.lambda.options;
        let words = ["record_layer", "concurrency", "on_failure"].into_iter().filter_map(|name| options.word(name));
        let of_one: Vec<_> = words.map(|word| self.at(word).method(quote!(&#answer), "is_of_one")).collect();
        self.list.extend(of_one);
        value.method(quote!(#reply.then(#answer.with(#ty))), "fits")
    }
}

/// A check of what a record of a source is taken as.
fn record_check(name: &str, at: &Culprit, source: &TokenStream) -> String {
    let lrt = &at.lrt;
    format!("{name}<{}, _>", quote!(#lrt::#source))
}

/// What a check is about: the place where it is written.
pub(crate) struct Culprit {
    first: Span,
    last: Span,
    /// The path to lrt, at the first token.
    lrt: TokenStream,
}

impl Culprit {
    pub(crate) fn of(tokens: TokenStream, lambda: &Lambda) -> Self {
        let mut spans = tokens.into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(|| lambda.function.span());
        Self { first, last: spans.last().unwrap_or(first), lrt: lrt(lambda, first) }
    }

    /// `<_ as lrt::check::Check>::item(arguments)`: the type is inferred, and what is underlined is the culprit.
    pub(crate) fn check(&self, check: &str, item: &str, arguments: impl ToTokens) -> TokenStream {
        let Self { first, last, lrt } = self;
        let (open, inferred) = (quote_spanned!(*first=> <#lrt::check::Same), quote_spanned!(*last=> <_>));
        let check = respan(check.parse().expect("the names of checks are Rust"), *last);
        let item = Ident::new(item, *last);
        quote_spanned!(*last=> #open #inferred as #lrt::check::#check>::#item(#arguments))
    }

    /// A type that was written, for a check to be asked about.
    fn ty(&self, ty: &Type) -> TokenStream {
        let lrt = &self.lrt;
        quote!(&#lrt::check::Type::<#ty>::new())
    }

    /// That a type can be borrowed from what `init` returns.
    fn borrow(&self, ty: TokenStream, state: &Ident) -> TokenStream {
        let member = quote_spanned!(self.last=> #ty.in_init(&#state, 0));
        self.check("BorrowedFromInit<_, _, _>", "check", self.method(member, "found"))
    }

    fn method(&self, receiver: impl ToTokens, name: &str) -> TokenStream {
        let Self { first, last, lrt } = self;
        let (same, name) = (quote_spanned!(*first=> #lrt::check::same), Ident::new(name, *first));
        quote_spanned!(*last=> #same(#receiver).#name())
    }
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    tokens
        .into_iter()
        .map(|mut token: TokenTree| {
            token.set_span(span);
            token
        })
        .collect()
}
