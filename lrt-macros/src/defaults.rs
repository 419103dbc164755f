//! `#[defaults]`: options for all functions of a module.
//!
//! It hands its options on to each `#[handler]` of the module, as `#[handler(defaults(…), …)]`, and `options` merges them. The
//! functions stay raw tokens, so that rust-analyzer completes inside an unfinished one.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::quote_spanned;

use crate::errors::Errors;

pub(crate) fn expand(args: &TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    if args.is_empty() {
        errors.push(syn::Error::new(Span::call_site(), "name the options: `#[lrt::defaults(init = connect)]`"));
    }
    let mut tokens: Vec<TokenTree> = item.into_iter().collect();
    let is_module = tokens.iter().any(|token| matches!(token, TokenTree::Ident(word) if word == "mod"));
    match tokens.last_mut() {
        Some(TokenTree::Group(body)) if is_module => match with_defaults(args, body) {
            Some(changed) => *body = changed,
            None => {
                let message = "this module has no `#[handler]`: write the functions directly inside it";
                errors.push(syn::Error::new(Span::call_site(), message));
            }
        },
        _ => {
            let message = "`#[lrt::defaults]` expects a module with functions inside: `mod orders { … }`";
            errors.push(syn::Error::new(Span::call_site(), message));
        }
    }
    let errors = errors.into_compile_errors();
    tokens.into_iter().chain(errors).collect()
}

/// Returns the body of the module with the options added to each `#[handler]`, if it has any.
fn with_defaults(args: &TokenStream, body: &Group) -> Option<Group> {
    let mut found = false;
    let mut after_hash = false;
    let items = body.stream().into_iter().map(|token| match token {
        TokenTree::Group(attribute) if after_hash && attribute.delimiter() == Delimiter::Bracket => {
            after_hash = false;
            match handler_with_defaults(args, &attribute) {
                Some(changed) => {
                    found = true;
                    TokenTree::Group(changed)
                }
                None => TokenTree::Group(attribute),
            }
        }
        token => {
            after_hash = matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '#');
            token
        }
    });
    let changed = group(body, items.collect());
    found.then_some(changed)
}

/// Returns `[handler(defaults(…), …)]` for `[handler(…)]`.
fn handler_with_defaults(args: &TokenStream, attribute: &Group) -> Option<Group> {
    let mut tokens: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let own = match tokens.last()? {
        TokenTree::Group(own) if own.delimiter() == Delimiter::Parenthesis => Some(own.clone()),
        _ => None,
    };
    tokens.truncate(tokens.len() - usize::from(own.is_some()));
    let TokenTree::Ident(name) = tokens.last()? else { return None };
    if name != "handler" {
        return None;
    }
    let span = name.span();
    let arguments = own.as_ref().map(Group::stream);
    tokens.extend(quote_spanned!(span=> (defaults(#args), #arguments)));
    Some(group(attribute, tokens.into_iter().collect()))
}

/// Returns a group with other contents.
fn group(original: &Group, contents: TokenStream) -> Group {
    let mut group = Group::new(original.delimiter(), contents);
    group.set_span(original.span());
    group
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn options_are_handed_to_each_handler_of_the_module() {
        let module = quote! {
            #[cfg(unix)]
            pub(crate) mod orders {
                use lrt::prelude::*;
                #[handler]
                async fn get() { #[handler] async fn inner() {} }
                #[cfg(unix)]
                #[lrt::handler(sqs, init = other)]
                pub async fn process(order: Order) { order. let = ; }
                async fn helper() {}
            }
        };
        let expected = quote! {
            #[cfg(unix)]
            pub(crate) mod orders {
                use lrt::prelude::*;
                #[handler(defaults(init = connect),)]
                async fn get() { #[handler] async fn inner() {} }
                #[cfg(unix)]
                #[lrt::handler(defaults(init = connect), sqs, init = other)]
                pub async fn process(order: Order) { order. let = ; }
                async fn helper() {}
            }
        };
        assert_eq!(expand(&quote!(init = connect), module).to_string(), expected.to_string());
    }

    #[test]
    fn mistakes_are_reported_next_to_the_item() {
        for (args, item, message) in [
            (
                quote!(),
                quote!(
                    mod orders {
                        #[handler]
                        async fn get() {}
                    }
                ),
                "name the options",
            ),
            (
                quote!(sqs),
                quote!(
                    mod orders {
                        async fn get() {}
                    }
                ),
                "this module has no `#[handler]`",
            ),
            (
                quote!(sqs),
                quote!(
                    async fn get() {}
                ),
                "expects a module",
            ),
        ] {
            let text = expand(&args, item).to_string();
            assert!(text.contains("compile_error") && text.contains(message), "{text}");
        }
    }
}
