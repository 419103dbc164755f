//! The item under the attribute: its signature parsed, its body left as raw tokens.

use proc_macro2::TokenStream;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, LitStr, Signature, Token, Visibility};

/// The signature of the function that `item` is, and the attributes that stand below ours.
///
/// The body is not parsed, so rust-analyzer completes inside one that is not finished yet.
pub(crate) fn signature(item: TokenStream) -> syn::Result<(Vec<Attribute>, Signature)> {
    let function = |input: ParseStream<'_>| {
        let attributes = Attribute::parse_outer(input)?;
        input.parse::<Visibility>()?;
        if !is_function(input)? {
            return Err(input.error("`#[lambda]` makes a Lambda function of an `async fn`: move it to one"));
        }
        let signature = input.parse()?;
        input.parse::<TokenStream>()?;
        Ok((attributes, signature))
    };
    function.parse2(item)
}

/// Whether this is our own attribute.
pub(crate) fn is_lambda(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "lambda")
}

/// Looks past the qualifiers, all of which begin other items too (`const X`, `unsafe impl`, `extern crate`).
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
    fn every_qualifier_begins_a_function() {
        let function: TokenStream = quote! {
            /// Documented.
            #[inline]
            pub(crate) const async unsafe extern "C" fn process(order: Order) -> u8 where u8: Copy { 1 }
        };
        let (attributes, signature) = signature(function).expect("this is a function");
        assert_eq!(attributes.len(), 2);
        assert_eq!(signature.ident, "process");
        assert_eq!(signature.inputs.len(), 1);
    }

    #[test]
    fn a_broken_body_is_no_concern() {
        let function = quote!(async fn process(order: Order) { order. let = ; });
        assert!(signature(function).is_ok());
    }

    #[test]
    fn other_items_are_no_functions() {
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
            let error = signature(item.clone()).err().unwrap_or_else(|| panic!("taken for a function: {item}"));
            assert!(error.to_string().contains("move it to one"), "{item}: {error}");
        }
    }
}
