//! The item under the attribute: its signature parsed, its body left as raw tokens.

use std::fmt;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Signature, Token, Visibility};

/// The attributes of this crate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MacroAttribute {
    /// The only function of a binary, with its `main`.
    Lambda,
    /// A function for `main!`.
    Handler,
}

impl MacroAttribute {
    pub(crate) fn of(attribute: &Attribute) -> Option<Self> {
        let last = attribute.path().segments.last()?;
        match () {
            () if last.ident == "lambda" => Some(Self::Lambda),
            () if last.ident == "handler" => Some(Self::Handler),
            () => None,
        }
    }
}

impl fmt::Display for MacroAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lambda => "`#[lambda]`",
            Self::Handler => "`#[handler]`",
        })
    }
}

/// The item under an attribute of this crate, without its body.
pub(crate) struct FunctionItem {
    /// Attributes below the attribute of this crate.
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: TokenStream,
    pub(crate) signature: Signature,
}

/// Parses the function below an attribute.
///
/// The body is not parsed, so that rust-analyzer completes inside an unfinished one.
pub(crate) fn function(written: MacroAttribute, item: TokenStream) -> syn::Result<FunctionItem> {
    let parse = |input: ParseStream<'_>| {
        let attributes = Attribute::parse_outer(input)?;
        let visibility = input.parse::<Visibility>()?.into_token_stream();
        if !is_function(input)? {
            return Err(input.error(format_args!("{written} expects an `async fn`: move it to one")));
        }
        let signature = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok(FunctionItem { attributes, visibility, signature })
    };
    parse.parse2(item)
}

/// Looks past the qualifiers, because they can begin other items as well (`const X`, `unsafe impl`, `extern crate`).
fn is_function(input: ParseStream<'_>) -> syn::Result<bool> {
    let ahead = input.fork();
    ahead.parse::<Option<Token![const]>>()?;
    ahead.parse::<Option<Token![async]>>()?;
    ahead.parse::<Option<Token![unsafe]>>()?;
    if ahead.parse::<Option<Token![extern]>>()?.is_some() {
        ahead.parse::<Option<LitStr>>()?;
    }
    Ok(ahead.peek(Token![fn]))
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    #[test]
    fn qualified_functions_are_parsed() {
        let function: TokenStream = quote! {
            /// Documented.
            #[inline]
            pub(crate) const async unsafe extern "C" fn process(order: Order) -> u8 where u8: Copy { 1 }
        };
        let item = super::function(MacroAttribute::Lambda, function).expect("this is a function");
        assert_eq!(item.attributes.len(), 2);
        assert_eq!(item.visibility.to_string(), "pub (crate)");
        assert_eq!(item.signature.ident, "process");
        assert_eq!(item.signature.inputs.len(), 1);
    }

    #[test]
    fn invalid_bodies_are_not_parsed() {
        let function = quote!(async fn process(order: Order) { order. let = ; });
        assert!(super::function(MacroAttribute::Handler, function).is_ok());
    }

    #[test]
    fn other_items_are_rejected() {
        for item in [
            quote!(
                struct Order {
                    price: fn(u8) -> u8,
                }
            ),
            quote!(
                const CHECK: fn() = check;
            ),
            quote!(
                unsafe impl Send for Order {}
            ),
            quote!(
                extern "C" {
                    fn exit();
                }
            ),
            quote!(
                mod orders {
                    async fn process() {}
                }
            ),
            quote!(),
        ] {
            let error = function(MacroAttribute::Lambda, item.clone())
                .err()
                .unwrap_or_else(|| panic!("taken for a function: {item}"));
            assert!(error.to_string().contains("move it to one"), "{item}: {error}");
        }
    }
}
