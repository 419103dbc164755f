//! `main!`: the `main` of a binary with several functions.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, Token};

use crate::errors::{Errors, source};
use crate::fallback;
use crate::value;

const EXAMPLE: &str = "`lrt::main!(process, orders::get)`";

/// What the macro is given.
#[derive(Default)]
struct Several {
    functions: Vec<ExprPath>,
    lrt: Option<ExprPath>,
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let read = |input: ParseStream<'_>| parse(input, &mut errors);
    let several = read.parse2(input).unwrap_or_else(|error| {
        errors.push(error);
        Several::default()
    });
    check(&several.functions, &mut errors);
    match errors.check() {
        Ok(()) => main(&several),
        Err(errors) => {
            let (errors, main) = (errors.into_compile_errors(), fallback::main());
            quote!(#errors #main)
        }
    }
}

/// Reads the arguments as far as they make sense.
fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Several> {
    if input.is_empty() {
        return Err(syn::Error::new(Span::call_site(), format_args!("name the functions: {EXAMPLE}")));
    }
    let mut several = Several::default();
    while !input.is_empty() {
        if let Err(error) = argument(input, &mut several) {
            errors.push(error);
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<TokenTree>()?;
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(|_| input.error("expected a comma between the functions"))?;
        }
    }
    Ok(several)
}

fn argument(input: ParseStream<'_>, several: &mut Several) -> syn::Result<()> {
    if input.peek(Token![crate]) && input.peek2(Token![=]) {
        let option = input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let lrt = value::crate_path(value::ungroup(input.parse()?))?;
        return match several.lrt.replace(lrt) {
            None => Ok(()),
            Some(_) => Err(syn::Error::new_spanned(option, "`crate` is given twice: remove one")),
        };
    }
    match value::ungroup(input.parse()?) {
        Expr::Path(path) if path.qself.is_none() => {
            if let Some(attribute) = path.attrs.first() {
                let message =
                    "attributes stand on the function; for some builds only, write `#[cfg(…)] lrt::main!(…);` twice";
                return Err(syn::Error::new_spanned(attribute, message));
            }
            several.functions.push(path);
            Ok(())
        }
        Expr::Call(call) => {
            let message = format!("write the function's name, without a call: `{}`", source(&call.func));
            Err(syn::Error::new_spanned(call, message))
        }
        Expr::Assign(option) => {
            let message = "options stand in the functions' own `#[handler(…)]`; here is but `crate = …`";
            Err(syn::Error::new_spanned(option, message))
        }
        other => Err(syn::Error::new_spanned(other, format_args!("only functions are named here: {EXAMPLE}"))),
    }
}

/// The same function twice is seen here; two functions of one name are known when their types are.
fn check(functions: &[ExprPath], errors: &mut Errors) {
    for (at, function) in functions.iter().enumerate() {
        let written = source(function);
        if functions[..at].iter().any(|before| source(before) == written) {
            errors.at(function, format_args!("`{written}` is given twice: remove one"));
        }
    }
}

/// A table of names and pointers, so that nothing is done for a function before it is chosen.
fn main(several: &Several) -> TokenStream {
    let lrt = several.lrt.as_ref().map_or_else(|| quote!(::lrt), ToTokens::to_token_stream);
    let entries = several.functions.iter().map(|path| quote_spanned!(path.span()=> #lrt::Named::of::<#path>()));
    let paths = several.functions.iter().map(source);
    let clashes = several.functions.iter().enumerate().skip(1).map(|(at, path)| {
        // Here and not in a function of ours, so that the error is at the path.
        quote_spanned! {path.span()=>
            const _: () = if let ::core::option::Option::Some(why) = #lrt::check::name_clash(FUNCTIONS, PATHS, #at).text() {
                ::core::panic!("{}", why)
            };
        }
    });
    let users = several.functions.first().map_or_else(Span::call_site, Spanned::span);
    // A warning is shown where the user's own code is, and so would be one about the path, which is the other `main` at times.
    let called = quote_spanned!(users=> #lrt::check::mains(main, self::main).check());
    quote! {
        #[allow(unused_qualifications)]
        fn main() -> ::std::process::ExitCode {
            const FUNCTIONS: &[#lrt::Named] = &[#(#entries),*];
            const PATHS: &[&::core::primitive::str] = &[#(#paths),*];
            #(#clashes)*
            use #lrt::check::InsideOfAnother as _;
            #called;
            #lrt::run_one_of(FUNCTIONS)
        }
    }
}
