//! Writes the checks of `lrt::__private::check`, each with the span of the part that it checks, so that a mistake is
//! reported once, at that part.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::kind::Records;
use crate::layer::Layer;
use crate::parameter::Parameter;
use crate::payload_type;
use crate::site::{Site, lrt, variable};
use crate::validate::Lambda;

/// Variables that the checks refer to.
pub(crate) struct Variables {
    /// The adapted function.
    pub(crate) function: Ident,
    /// The adapted `init`.
    pub(crate) init: Ident,
    /// The types of the function's parameters.
    pub(crate) parameters: Ident,
    /// The mode of a batch function.
    pub(crate) mode: Ident,
}

/// Returns an expression of the type of `next`, or of an unknown type if a check fails.
pub(crate) fn checks(lambda: &Lambda, variables: &Variables, next: &TokenStream) -> TokenStream {
    let state = variable(lambda, "state");
    let mut checks = Checks { lambda, variables, state, statements: TokenStream::new(), gates: Vec::new() };
    checks.state();
    checks.shutdown();
    checks.layers();
    checks.authorizer();
    checks.parameters();
    checks.output();
    checks.options();
    let Checks { statements, gates, .. } = checks;
    let checked = gates.into_iter().rfold(next.clone(), |next, gate| quote!(#gate.then(#next)));
    quote!({ #statements #checked })
}

struct Checks<'a> {
    lambda: &'a Lambda,
    variables: &'a Variables,
    /// Variable of the type that `init` returned.
    state: Ident,
    statements: TokenStream,
    /// Expressions whose types are unknown if their checks fail.
    gates: Vec<TokenStream>,
}

impl Checks<'_> {
    fn at(&self, tokens: impl ToTokens) -> Site {
        Site::of(tokens, self.lambda)
    }

    fn state(&mut self) {
        let state = &self.state;
        let Some(path) = &self.lambda.options.init else {
            let lrt = lrt(self.lambda, self.lambda.function.span());
            self.statements.extend(quote!(let #state = #lrt::__private::Type::<()>::new();));
            return;
        };
        let (at, init, error) = (self.at(path), &self.variables.init, variable(self.lambda, "init_error"));
        let output = at.call(quote!(output::<_, (), _, _>), quote!(&#init));
        let (send, sync) = (at.method(state, "is_send"), at.method(state, "is_sync"));
        self.statements.extend(quote! {
            let (#state, #error) = #output;
            let #state = #send.then(#state);
            let #state = #sync.then(#state);
        });
        self.gates.push(quote!(#state));
        self.gates.push(at.method(&error, "is_error"));
    }

    fn shutdown(&mut self) {
        let Some(path) = &self.lambda.options.shutdown else { return };
        let at = self.at(path);
        let borrowed = at.call(quote!(shutdown), quote!(&#path));
        self.gates.push(at.member(&quote!(#borrowed.ty()), &self.state));
    }

    /// The states that the closures of layers borrow. The builder checks the layers themselves.
    fn layers(&mut self) {
        let options = &self.lambda.options;
        for reference in options.layers.iter().chain(&options.record_layers).filter_map(Layer::borrows) {
            self.gates.push(self.borrowed(&reference.elem));
        }
    }

    /// The function that authorizes the requests of this one.
    fn authorizer(&mut self) {
        let Some(path) = &self.lambda.options.authorizer else { return };
        let check = self.at(path).path(quote!(authorizer_of::<#path>));
        self.gates.push(quote!(#check()));
    }

    fn borrowed(&self, ty: &Type) -> TokenStream {
        let at = self.at(ty);
        at.member(&at.ty(ty), &self.state)
    }

    /// The parameters. Their types come from the function itself, so a type that does not exist is reported once, at
    /// the function.
    fn parameters(&mut self) {
        let Lambda { parameters, options, .. } = self.lambda;
        let has_payload = parameters.iter().any(|parameter| matches!(parameter, Parameter::Payload(_)));
        let last = parameters.iter().rposition(|parameter| !matches!(parameter, Parameter::State(_)));
        for (place, parameter) in parameters.iter().enumerate() {
            let types = &self.variables.parameters;
            let index = Literal::usize_unsuffixed(place);
            let ty = quote!(#types.#index);
            let gate = match parameter {
                Parameter::State(reference) => self.borrowed(&reference.elem),
                Parameter::Payload(written) | Parameter::Context(written) if options.kind().is_http() => {
                    if let Some(path) = &options.authorizer {
                        let at = self.at(written);
                        let authorizer = at.path(quote!(authorizer_of::<#path>));
                        self.gates.push(at.method_with(&ty, "is_authorized_by", quote!(#authorizer())));
                    }
                    self.extractor(written, &ty, last == Some(place))
                }
                Parameter::Payload(written) if options.kind().is_authorizer() => {
                    self.at(written).method(&ty, "is_auth_request")
                }
                Parameter::Context(written) if has_payload || options.kind().is_authorizer() => {
                    self.at(written).call(quote!(context), quote!(&#ty))
                }
                // The payload may be another type with that name.
                Parameter::Context(written) => {
                    let at = self.at(written);
                    at.call(quote!(payload), quote!(&#ty.without_context()))
                }
                Parameter::Window(written) => {
                    let at = self.at(payload_type::window_state(written).unwrap_or(written));
                    at.method(at.method(&ty, "window_state"), "is_window_state")
                }
                Parameter::Payload(written) => self.payload(written, &ty),
            };
            self.gates.push(gate);
            if let Parameter::Payload(written) = parameter {
                self.gates.push(self.at(written).method(&ty, "is_send"));
            }
        }
    }

    /// An extractor of an HTTP function. The last one may take the body.
    fn extractor(&self, written: &Type, ty: &TokenStream, is_last: bool) -> TokenStream {
        let decoded = self.at(payload_type::extracted(written));
        let decoded = decoded.call(quote!(payload), quote!(&#ty.decoded()));
        let check = if is_last { quote!(extractor) } else { quote!(extractor_of_parts) };
        self.at(written).call(check, quote!(#decoded.then(&#ty)))
    }

    /// The payload of a record, and then its wrappers, which must belong to the source.
    fn payload(&self, written: &Type, ty: &TokenStream) -> TokenStream {
        let at = self.at(written);
        let Some(Records { source, envelopes, .. }) = self.lambda.options.kind().records() else {
            let event = at.method(ty, "event");
            return at.call(quote!(payload), quote!(&#event));
        };
        let lrt = &at.lrt;
        let source: TokenStream = source.parse().expect("the names of sources are Rust");
        let Some(unwrapped) = payload_type::unwrapped(written, envelopes) else {
            let payload = at.method(at.method(ty, "record_payload"), "with_one_decoding");
            return at.call_with(
                quote!(record),
                quote!(#lrt::__private::Type::<#lrt::#source>::new(),),
                quote!(&#payload),
            );
        };
        let at = self.at(unwrapped.payload);
        let payload = at.ty(unwrapped.payload);
        let checked = match unwrapped.envelope {
            Some(("Change", _)) => at.call(quote!(image), quote!(&#payload)),
            _ => {
                let payload = at.method(payload, "with_one_decoding");
                at.call_with(quote!(record), quote!(#lrt::__private::Type::<#lrt::#source>::new(),), quote!(&#payload))
            }
        };
        let Some((_, envelope)) = unwrapped.envelope else { return checked };
        let at = self.at(envelope);
        let envelope = at.ty(envelope);
        at.call_with(
            quote!(record_of),
            quote!(#lrt::__private::Type::<#lrt::#source>::new(),),
            quote!(&#checked.then(#envelope)),
        )
    }

    /// The value and the error that the adapted function returns.
    fn output(&mut self) {
        let Lambda { function, returns, options, parameters, .. } = self.lambda;
        let adapted = &self.variables.function;
        let [value, error] = ["value", "error"].map(|name| variable(self.lambda, name));
        let arguments = parameters.iter().map(|_| quote!(_));
        let output = self.at(function).call(quote!(output::<_, (#(#arguments,)*), _, _>), quote!(&#adapted));
        self.statements.extend(quote!(let (#value, #error) = #output;));
        let at = |ty: &Option<TokenStream>| self.at(ty.clone().unwrap_or_else(|| function.to_token_stream()));
        let at_value = at(&returns.value);
        let gates = if options.kind().is_http() && options.service.is_none() {
            let encoded = at_value.method(quote!(#value.encoded()), "is_json_reply");
            // The adapted error is a response.
            vec![at_value.method(quote!(#encoded.then(#value)), "is_http_reply")]
        } else {
            let gate = match () {
                () if options.kind().is_http() => Some(at_value.method(&value, "is_service")),
                // Their adapted value is accepted by the builder.
                () if options.kind().is_batch() => None,
                () if options.kind().is_authorizer() => {
                    let authorized = at_value.path(quote!(authorized::<#function, _>));
                    let user = at_value.path(quote!(authorized_user::<#function, _>));
                    let is_user = at_value.method(quote!(#user()), "is_authorized_user");
                    Some(quote!(#authorized().then(#is_user)))
                }
                () if options.streaming.is_some() => Some(at_value.call(quote!(stream), quote!(&#value))),
                () => Some(at_value.method(&value, "is_json_reply")),
            };
            gate.into_iter().chain([at(&returns.error).method(&error, "is_error")]).collect()
        };
        self.gates.extend(gates);
    }

    /// Options that require a function that takes one record at a time.
    fn options(&mut self) {
        let (options, mode) = (&self.lambda.options, &self.variables.mode);
        for word in ["record_layer", "concurrency", "on_failure"].into_iter().filter_map(|name| options.span_of(name)) {
            let check = self.at(word).call(quote!(single_record_option), quote!(#mode));
            self.statements.extend(quote!(#check;));
        }
    }
}
