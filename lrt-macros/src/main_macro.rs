//! `main!`: writes the `main` of a binary with several functions.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, ExprPath, Token};

use crate::errors::{Errors, source};
use crate::fallback;
use crate::option_value;

const EXAMPLE: &str = "`lrt::main!(process, orders::get)`";

/// Arguments of the macro.
#[derive(Default)]
struct MainMacro {
    functions: Vec<ExprPath>,
    lrt: Option<ExprPath>,
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let read = |input: ParseStream<'_>| parse(input, &mut errors);
    let several = read.parse2(input).unwrap_or_else(|error| {
        errors.push(error);
        MainMacro::default()
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

/// Parses as many arguments as possible.
fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<MainMacro> {
    if input.is_empty() {
        return Err(syn::Error::new(Span::call_site(), format_args!("name the functions: {EXAMPLE}")));
    }
    let mut parsed = MainMacro::default();
    while !input.is_empty() {
        if let Err(error) = argument(input, &mut parsed) {
            errors.push(error);
            while !input.is_empty() && !input.peek(Token![,]) {
                input.parse::<TokenTree>()?;
            }
        }
        if !input.is_empty() {
            input.parse::<Token![,]>().map_err(|_| input.error("expected a comma between the functions"))?;
        }
    }
    Ok(parsed)
}

fn argument(input: ParseStream<'_>, parsed: &mut MainMacro) -> syn::Result<()> {
    if input.peek(Token![crate]) && input.peek2(Token![=]) {
        let option = input.parse::<Token![crate]>()?;
        input.parse::<Token![=]>()?;
        let lrt = option_value::crate_path(option_value::ungroup(input.parse()?))?;
        return match parsed.lrt.replace(lrt) {
            None => Ok(()),
            Some(_) => Err(syn::Error::new_spanned(option, "`crate` is given twice: remove one")),
        };
    }
    match option_value::ungroup(input.parse()?) {
        Expr::Path(path) if path.qself.is_none() => {
            if let Some(attribute) = path.attrs.first() {
                let message =
                    "put attributes on the function; for a conditional build, write `#[cfg(…)] lrt::main!(…);` twice";
                return Err(syn::Error::new_spanned(attribute, message));
            }
            check_path(&path)?;
            parsed.functions.push(path);
            Ok(())
        }
        Expr::Call(call) => {
            let message = format!("write the function's name, without a call: `{}`", source(&call.func));
            Err(syn::Error::new_spanned(call, message))
        }
        Expr::Assign(option) => {
            let message = "put options into the function's own `#[handler(…)]`; only `crate = …` is accepted here";
            Err(syn::Error::new_spanned(option, message))
        }
        other => Err(syn::Error::new_spanned(other, format_args!("expected the path of a function: {EXAMPLE}"))),
    }
}

/// Reports a path that cannot be that of a free function.
fn check_path(path: &ExprPath) -> syn::Result<()> {
    let segments = &path.path.segments;
    if let Some(generic) = segments.iter().find(|segment| !segment.arguments.is_none()) {
        return Err(syn::Error::new_spanned(&generic.arguments, "write the function's path without generics"));
    }
    let parent = segments.iter().rev().nth(1).map(|parent| parent.ident.unraw().to_string());
    match (parent, segments.last()) {
        (Some(parent), Some(name)) if parent.starts_with(char::is_uppercase) => {
            let name = &name.ident;
            let message =
                format!("`{name}` is in an `impl`: move it out of `{parent}`, as `#[handler]` needs a free function");
            Err(syn::Error::new_spanned(path, message))
        }
        _ => Ok(()),
    }
}

/// Reports a function that is given twice. Two functions with the same name are found later, when their types are
/// known.
fn check(functions: &[ExprPath], errors: &mut Errors) {
    for (at, function) in functions.iter().enumerate() {
        let written = source(function);
        if functions[..at].iter().any(|before| source(before) == written) {
            errors.at(function, format_args!("`{written}` is given twice: remove one"));
        }
    }
}

/// Writes a table of names and function pointers, so that only the chosen function is initialized, and a check of each entry.
///
/// `use path as lrt_function` imports the type that `#[handler]` writes. Without this type, the name refers to lrt's type
/// `lrt_function`, and the check reports it. If the path itself was written as a type, the compiler would report for other
/// functions that a constant was provided when a type was expected (E0747). The function itself is not mentioned, because its
/// parameters may be private types.
fn main(several: &MainMacro) -> TokenStream {
    let lrt = several.lrt.as_ref().map_or_else(|| quote!(::lrt), ToTokens::to_token_stream);
    let entries = several.functions.iter().map(|path| {
        let entry = quote_spanned!(path.span()=> #lrt::__private::FunctionEntry::of::<lrt_function>());
        with_function(path, &entry)
    });
    let paths = several.functions.iter().map(source);
    let checks = several.functions.iter().enumerate().map(|(at, path)| {
        // Functions of other modules may be private.
        let visible =
            path.path.get_ident().is_none().then(
                || quote_spanned!(path.span()=> let () = lrt_function::this_function_is_private__write_pub_crate;),
            );
        // Generated here instead of calling a function of lrt, so that the error is at the path.
        let check = quote_spanned! {path.span()=>
            #visible
            if let ::core::option::Option::Some(message) = #lrt::__private::mistake(FUNCTIONS, PATHS, #at).text() {
                ::core::panic!("{}", message)
            }
        };
        let check = with_function(path, &check);
        quote_spanned!(path.span()=> const _: () = #check;)
    });
    let users = several.functions.first().map_or_else(Span::call_site, Spanned::span);
    // This span is needed because warnings are only shown for the user's own code.
    let called = quote_spanned!(users=> #lrt::__private::mains(main, self::main).check());
    quote! {
        #[allow(unused_qualifications)]
        fn main() -> #lrt::__private::MainExit<()> {
            #[allow(unused_imports)]
            use #lrt::__private::lrt_function;
            const FUNCTIONS: &[#lrt::__private::FunctionEntry] = &[#(#entries),*];
            const PATHS: &[&::core::primitive::str] = &[#(#paths),*];
            #(#checks)*
            use #lrt::__private::InsideOfAnother as _;
            #called;
            #lrt::__private::run_main_of_several(main, FUNCTIONS)
        }
    }
}

/// Writes a block in which `lrt_function` is the type of a path.
fn with_function(path: &ExprPath, body: &TokenStream) -> TokenStream {
    // A path of one segment always finds at least this macro. Otherwise, the compiler would look for a crate of that name.
    let stand_in = path.path.get_ident().map(|name| {
        quote_spanned! {path.span()=>
            #[allow(unused_imports)]
            use ::core::stringify as #name;
        }
    });
    quote_spanned! {path.span()=> {
        #stand_in
        {
            #[allow(unused_imports)]
            use #path as lrt_function;
            #body
        }
    }}
}
