//! Expansion of a function with mistakes: defines the names that the compiler would otherwise miss, so that it reports no
//! further errors.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, LitStr};

use crate::errors::Errors;
use crate::expand::function_type;
use crate::options::Options;
use crate::parse::{FunctionItem, MacroAttribute};
use crate::validate::own_name;

/// Items that the function's signature allows next to it.
pub(crate) struct Fallback {
    written: MacroAttribute,
    form: Form,
    /// Path to lrt.
    lrt: TokenStream,
}

enum Form {
    /// A free function, which gets the type with its name.
    Function(Stub),
    /// `const async` is an error of the compiler as well.
    ConstAsync(Stub),
    /// A function named `main`, which would clash with the `main` written here.
    Main,
    /// A function with a second attribute of this crate, which writes the items.
    Duplicate(MacroAttribute),
    /// A method. A type cannot be declared next to it.
    Method,
}

/// Type of a function with mistakes, which `main!` may name.
struct Stub {
    visibility: TokenStream,
    function: Ident,
    name: LitStr,
    is_authorizer: bool,
}

impl Fallback {
    pub(crate) fn of(written: MacroAttribute, options: &Options, item: &FunctionItem) -> Self {
        let function = &item.signature.ident;
        let stub = || Stub {
            visibility: item.visibility.clone(),
            function: function.clone(),
            name: options
                .name
                .as_ref()
                .map_or_else(|| own_name(function), |name| LitStr::new(&name.value(), name.span())),
            is_authorizer: options.kind().is_authorizer(),
        };
        let second = item.attributes.iter().find_map(MacroAttribute::of);
        let form = if let Some(second) = second {
            Form::Duplicate(second)
        } else if item.signature.inputs.iter().any(|input| matches!(input, FnArg::Receiver(_))) {
            Form::Method
        } else if function == "main" {
            Form::Main
        } else if item.signature.constness.is_some() && item.signature.asyncness.is_some() {
            Form::ConstAsync(stub())
        } else {
            Form::Function(stub())
        };
        let lrt = options.lrt.as_ref().map_or_else(|| quote!(::lrt), ToTokens::to_token_stream);
        Self { written, form, lrt }
    }

    /// Always writes the user's function, with its body, so that rust-analyzer completes inside it.
    pub(crate) fn write(self, item: TokenStream, errors: Errors) -> TokenStream {
        let Self { written, form, lrt } = self;
        let item = match form {
            Form::Function(stub) => {
                let stub = stub.write(&lrt);
                quote!(#item #stub)
            }
            Form::ConstAsync(stub) => {
                let stub = stub.write(&lrt);
                let item = without_const(item);
                quote!(#item #stub)
            }
            // Inside a block, its name does not clash, and all items that it uses are still in scope.
            Form::Main => quote!(const _: () = { #item };),
            Form::Method => item,
            // The second attribute writes `main`, or `main` is not generated.
            Form::Duplicate(second) if second == written || written == MacroAttribute::Handler => {
                let errors = errors.into_compile_errors();
                return quote!(#item #errors);
            }
            Form::Duplicate(_) => item,
        };
        without_function(written, &item, errors)
    }
}

impl Stub {
    fn write(self, lrt: &TokenStream) -> TokenStream {
        let Self { visibility, function, name, is_authorizer } = self;
        let function_type = function_type(&visibility, &function);
        // Functions that name it do not cause further errors.
        let authorizes = is_authorizer.then(|| {
            quote! {
                impl #lrt::__private::AuthorizerFunction for #function {}

                impl<User> #lrt::__private::Authorizes<User> for #function {}
            }
        });
        quote! {
            #function_type

            #authorizes

            impl #lrt::Function for #function {
                const NAME: &'static ::core::primitive::str = #name;
                fn handler() -> impl #lrt::Handler {
                    #lrt::__private::compile_error_stub()
                }
            }
        }
    }
}

/// Expansion of an item that is not a function.
pub(crate) fn without_function(written: MacroAttribute, item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    let main = (written == MacroAttribute::Lambda).then(main);
    quote! {
        #item
        #errors
        #main
    }
}

/// Returns a `main`, so that the compiler does not report a missing one.
pub(crate) fn main() -> TokenStream {
    quote! {
        fn main() -> ::std::process::ExitCode {
            ::std::process::ExitCode::FAILURE
        }
    }
}

fn without_const(item: TokenStream) -> TokenStream {
    let mut before_fn = true;
    item.into_iter()
        .filter(|token| {
            before_fn &= !matches!(token, TokenTree::Ident(word) if word == "fn");
            !(before_fn && matches!(token, TokenTree::Ident(word) if word == "const"))
        })
        .collect()
}
