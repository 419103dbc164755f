//! What is still written when there are mistakes, so that the compiler finds the names that it would otherwise miss and
//! the only errors are ours.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{FnArg, LitStr};

use crate::errors::Errors;
use crate::expand::function_type;
use crate::model::own_name;
use crate::options::Options;
use crate::parse::{Item, Written};

/// What the function's signature lets us write beside it.
pub(crate) struct Fallback {
    written: Written,
    form: Form,
    /// Where lrt is found.
    lrt: TokenStream,
}

enum Form {
    /// A free function, and thus the type of its name.
    Function(Stub),
    /// `const async` is an error of the compiler's own, after ours said it already.
    ConstAsync(Stub),
    /// A function named `main`: the one that is written here would clash with it.
    Main,
    /// A function with a second attribute of ours, which writes all that is to be written of it.
    Twice(Written),
    /// A method: no type can be declared where it stands.
    Method,
}

/// The type of a function that is none: `main!` may name it.
struct Stub {
    visibility: TokenStream,
    function: Ident,
    name: LitStr,
}

impl Fallback {
    pub(crate) fn of(written: Written, options: &Options, item: &Item) -> Self {
        let function = &item.signature.ident;
        let stub = || Stub {
            visibility: item.visibility.clone(),
            function: function.clone(),
            name: options
                .name
                .as_ref()
                .map_or_else(|| own_name(function), |name| LitStr::new(&name.value(), name.span())),
        };
        let second = item.attributes.iter().find_map(Written::of);
        let form = if let Some(second) = second {
            Form::Twice(second)
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

    /// The user's function is always written, with its body, so that rust-analyzer goes on completing inside it.
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
            // Inside a block its name does not clash, while all that it uses is still in scope.
            Form::Main => quote!(const _: () = { #item };),
            Form::Method => item,
            // The second one writes a `main`, or there is to be none.
            Form::Twice(second) if second == written || written == Written::Handler => {
                let errors = errors.into_compile_errors();
                return quote!(#item #errors);
            }
            Form::Twice(_) => item,
        };
        without_function(written, &item, errors)
    }
}

impl Stub {
    fn write(self, lrt: &TokenStream) -> TokenStream {
        let Self { visibility, function, name } = self;
        let function_type = function_type(&visibility, &function);
        quote! {
            #function_type

            impl #lrt::Function for #function {
                const NAME: &'static ::core::primitive::str = #name;
                fn handler() -> impl #lrt::Handler {
                    #lrt::check::broken()
                }
            }
        }
    }
}

/// For an item that is no function.
pub(crate) fn without_function(written: Written, item: &TokenStream, errors: Errors) -> TokenStream {
    let errors = errors.into_compile_errors();
    let main = (written == Written::Lambda).then(main);
    quote! {
        #item
        #errors
        #main
    }
}

/// A `main`, so that the compiler does not miss one.
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
