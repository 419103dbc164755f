//! Spans of generated code: each piece has the span of the user's code to which it refers.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;

use crate::validate::Lambda;

/// Returns the path to lrt, as tokens at `span`.
pub(crate) fn lrt(lambda: &Lambda, span: Span) -> TokenStream {
    let Some(path) = &lambda.options.lrt else { return quote_spanned!(span=> ::lrt) };
    let located = |mut token: TokenTree| {
        token.set_span(token.span().located_at(span));
        token
    };
    path.to_token_stream().into_iter().map(located).collect()
}

/// Returns a variable that the user's expressions cannot refer to.
pub(crate) fn variable(lambda: &Lambda, name: &str) -> Ident {
    Ident::new(name, Span::mixed_site().located_at(lambda.function.span()))
}

/// The tokens to which a check refers, and whose span it has.
pub(crate) struct Site {
    first: Span,
    last: Span,
    /// The path to lrt, at the first token.
    pub(crate) lrt: TokenStream,
}

impl Site {
    pub(crate) fn of(tokens: impl ToTokens, lambda: &Lambda) -> Self {
        let mut spans = tokens.into_token_stream().into_iter().map(|token| token.span());
        let first = spans.next().unwrap_or_else(|| lambda.function.span());
        Self { first, last: spans.last().unwrap_or(first), lrt: lrt(lambda, first) }
    }

    /// `lrt::__private::path`.
    pub(crate) fn path(&self, path: TokenStream) -> TokenStream {
        let Self { last, lrt, .. } = self;
        let path = respan(path, *last);
        quote_spanned!(*last=> #lrt::__private::#path)
    }

    /// `lrt::__private::path(argument)`. The compiler may point at the function or at its argument, so both have the span.
    pub(crate) fn call(&self, path: TokenStream, argument: impl ToTokens) -> TokenStream {
        self.call_with(path, TokenStream::new(), argument)
    }

    /// `lrt::__private::path(first argument)`.
    pub(crate) fn call_with(&self, path: TokenStream, first: TokenStream, argument: impl ToTokens) -> TokenStream {
        let (path, argument) = (self.path(path), self.same(argument));
        quote_spanned!(self.last=> #path(#first #argument))
    }

    /// `receiver.name()`.
    pub(crate) fn method(&self, receiver: impl ToTokens, name: &str) -> TokenStream {
        self.method_with(receiver, name, TokenStream::new())
    }

    /// `receiver.name(argument)`.
    pub(crate) fn method_with(&self, receiver: impl ToTokens, name: &str, argument: impl ToTokens) -> TokenStream {
        let (receiver, name) = (self.same(receiver), Ident::new(name, self.first));
        let argument = argument.into_token_stream();
        let argument = if argument.is_empty() { argument } else { self.same(argument) };
        quote_spanned!(self.last=> #receiver.#name(#argument))
    }

    /// The span of the first token.
    pub(crate) fn span(&self) -> Span {
        self.first
    }

    /// A variable of the expansion, with the span of the first token.
    pub(crate) fn variable(&self, name: &str) -> Ident {
        Ident::new(name, Span::mixed_site().located_at(self.first))
    }

    /// The tag of an error.
    pub(crate) fn tag(&self, error: &Ident) -> TokenStream {
        let of = self.path(quote!(Tag::of));
        quote_spanned!(self.last=> &#of(&#error))
    }

    /// An expression, with the span of these tokens.
    pub(crate) fn same(&self, expression: impl ToTokens) -> TokenStream {
        let same = self.path(quote!(same));
        quote_spanned!(self.last=> #same(#expression))
    }

    /// A type that was written.
    pub(crate) fn ty(&self, ty: &Type) -> TokenStream {
        let lrt = &self.lrt;
        quote!(#lrt::__private::Type::<#ty>::new())
    }

    /// A check that the type can be borrowed from the state.
    pub(crate) fn member(&self, ty: &TokenStream, state: &Ident) -> TokenStream {
        let member = quote_spanned!(self.last=> #state.member(&#ty, 0));
        self.method(member, "is_borrowed")
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
