use proc_macro2::TokenStream;
use quote::quote;

use crate::parse::Written;
use crate::several;

fn expand(args: TokenStream, item: TokenStream) -> TokenStream {
    crate::expand(Written::Lambda, args, item)
}

fn assert_tokens(found: &TokenStream, expected: &TokenStream) {
    // `>>` is one token or two.
    let text = |tokens: &TokenStream| tokens.to_string().replace(' ', "");
    assert_eq!(text(found), text(expected));
}

#[test]
fn hello_is_a_type_a_builder_call_and_main() {
    let hello = quote! {
        /// Greets.
        async fn hello(name: String) -> String { format!("hello, {name}") }
    };
    let expected = quote! {
        #[doc = r" Greets."]
        async fn hello(name: String) -> String { format!("hello, {name}") }

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        enum hello {}

        #[allow(deprecated)]
        impl ::lrt::Borrows<::lrt::Borrowed<((),)> > for hello {
            fn borrowing() -> impl ::lrt::Handler<State = ::lrt::Borrowed<((),)> > {
                let checked = ::lrt::check::function::<_, (_,)>(hello);
                let hello = ::lrt::check::same(<::lrt::check::Same<_> as ::lrt::check::JsonPayload<_>>::check(&checked.parameters.0)).of_json().then(hello);
                let hello = <::lrt::check::Same<_> as ::lrt::check::JsonReply<_>>::check(&checked.output.value())
                    .then(hello);
                let hello = <::lrt::check::Same<_> as ::lrt::check::Failure<_>>::check(&checked.output.error())
                    .then(hello);
                let hello = ::lrt::check::same(checked.future).can_be_sent().then(hello);
                let hello = ::lrt::json::<_, (_,)>(hello).name("hello");
                hello.define()
            }
        }

        impl ::lrt::Function for hello {
            const NAME: &'static ::core::primitive::str = "hello";
            fn handler() -> impl ::lrt::Handler {
                <Self as ::lrt::Borrows<_>>::borrowing()
            }
        }

        #[cfg(panic = "abort")]
        const _: () = ::lrt::check::PANIC_ABORT;

        fn main() -> ::std::process::ExitCode {
            ::lrt::run::<hello>()
        }
    };
    assert_tokens(&expand(quote!(), hello), &expected);
}

#[test]
fn every_option_is_the_method_of_its_name() {
    let args = quote! {
        init = db::connect, shutdown = close, deadline_margin = Duration::from_millis(500), name = "orders", crate = my::lrt
    };
    let process = quote! {
        #[inline]
        pub async fn process(order: Order, ctx: Context, db: &Db) -> Result<(), OrderError> { db.save(order).await }
    };
    let expected = quote! {
            #process

            #[doc(hidden)]
            #[allow(non_camel_case_types)]
            pub enum process {}

            #[allow(deprecated)]
            impl my::lrt::Borrows<my::lrt::Borrowed<((), (), &'static Db,)> > for process {
                fn borrowing() -> impl my::lrt::Handler<State = my::lrt::Borrowed<((), (), &'static Db,)> > {
                    let init = <my::lrt::check::Same<_> as my::lrt::check::InitFn<_>>::call(db::connect);
                    let output = <my::lrt::check::Same<_> as my::lrt::check::Awaited<_>>::output(&init);
                    let state = my::lrt::check::same(output.value()).can_be_shared()
                        .then(my::lrt::check::state(&output.value()));
                    let shutdown = <my::lrt::check::Same<_> as my::lrt::check::ShutdownFn<_>>::call(close);
                    let checked = my::lrt::check::function::<_, (_, _, _,)>(process);
                    let process = my::lrt::check::same(init).can_be_sent().then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::Failure<_>>::check(&output.error())
                        .then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::BorrowedFromInit<_, _, _>>::check(
                        my::lrt::check::same(shutdown.borrows.in_init(&state, 0)).found()).then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::ShutdownOutput<_>>::check(
                        &<my::lrt::check::Same<_> as my::lrt::check::Awaited<_>>::output(&shutdown.future)).then(process);
                    let process = my::lrt::check::same(shutdown.future).can_be_sent().then(process);
                    let process = my::lrt::check::same(<my::lrt::check::Same<_> as my::lrt::check::JsonPayload<_>>::check(&checked.parameters.0)).of_json().then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::ThisContext<_>>::check(&checked.parameters.1)
                        .then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::BorrowedFromInit<_, _, _>>::check(
                        my::lrt::check::same(my::lrt::check::Type::<Db>::new().in_init(&state, 0)).found()).then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::JsonReply<_>>::check(&checked.output.value())
                        .then(process);
                    let process = <my::lrt::check::Same<_> as my::lrt::check::Failure<_>>::check(&checked.output.error())
                        .then(process);
                    let process = my::lrt::check::same(state.then(checked.future)).can_be_sent().then(process);
                    let process = my::lrt::json::<_, (_, _, _,)>(process)
                        .name("orders")
                        .init(db::connect)
                        .shutdown(close)
                        .deadline_margin(
    <my::lrt::check::Same<_> as my::lrt::check::IntoDeadlineMargin>::margin(Duration::from_millis(500)));
                    process.define()
                }
            }

            impl my::lrt::Function for process {
                const NAME: &'static ::core::primitive::str = "orders";
                fn handler() -> impl my::lrt::Handler {
                    <Self as my::lrt::Borrows<_>>::borrowing()
                }
            }

            #[cfg(panic = "abort")]
            const _: () = my::lrt::check::PANIC_ABORT;

            fn main() -> ::std::process::ExitCode {
                my::lrt::run::<process>()
            }
        };
    assert_tokens(&expand(args, process), &expected);
}

#[test]
fn the_margin_can_be_off() {
    let written = expand(
        quote!(deadline_margin = off),
        quote!(
            async fn f() {}
        ),
    )
    .to_string();
    assert!(written.contains(&quote!(.deadline_margin(::lrt::DeadlineMargin::Off)).to_string()), "{written}");
}

#[test]
fn a_raw_name_is_plain_in_the_environment() {
    let written = expand(
        quote!(),
        quote!(
            async fn r#type() {}
        ),
    )
    .to_string();
    assert!(written.contains(&quote!(::lrt::json::<_, ()>(r#type).name("type")).to_string()), "{written}");
}

#[test]
fn refs_have_an_entry_for_each_parameter() {
    for (parameters, refs) in [
        (quote!(), quote!(())),
        (quote!(ctx: lrt::Context), quote!(((),))),
        (quote!(ctx: Context, (a, b): (u8, u8)), quote!(((), (),))),
        (quote!(a: &A, order: axum::Context<A>, b: &'static B), quote!((&'static A, (), &'static B,))),
        (quote!(a: &A<'_, &str>), quote!((&'static A<'static, &'static str>,))),
        (quote!(a: &(A, [&B; 2])), quote!((&'static (A, [&'static B; 2]),))),
        (quote!(a: &Box<dyn Fn(&A) + Send + '_>), quote!((&'static Box<dyn Fn(&A) + Send + 'static>,))),
        (quote!(a: &fn(&A) -> &B), quote!((&'static fn(&A) -> &B,))),
        (quote!(a: &Context), quote!((&'static Context,))),
    ] {
        let written = expand(quote!(init = connect), quote!(async fn process(#parameters) {})).to_string();
        assert!(
            written
                .contains(&quote!(fn borrowing() -> impl ::lrt::Handler<State = ::lrt::Borrowed<#refs> >).to_string()),
            "{parameters}: {written}"
        );
    }
}

#[test]
fn a_broken_body_is_written_as_it_is() {
    let broken = quote!(
        async fn process(order: Order) {
            order.
        }
    );
    for args in [quote!(), quote!(sqz)] {
        assert!(expand(args, broken.clone()).to_string().starts_with(&broken.to_string()));
    }
}

#[test]
fn a_handler_is_the_same_without_main() {
    let process = quote! {
        pub(crate) async fn process(order: Order, db: &Db) {}
    };
    let written = |written| crate::expand(written, quote!(init = connect), process.clone()).to_string();
    let main = quote! {
        fn main() -> ::std::process::ExitCode {
            ::lrt::run::<process>()
        }
    };
    let (lambda, handler) = (written(Written::Lambda), written(Written::Handler));
    assert_eq!(lambda.strip_suffix(&main.to_string()).map(str::trim_end), Some(&*handler));
}

#[test]
fn main_is_a_table_of_the_functions() {
    let expected = quote! {
        #[allow(unused_qualifications)]
        fn main() -> ::std::process::ExitCode {
            const FUNCTIONS: &[my::lrt::Named] =
                &[my::lrt::Named::of::<process>(), my::lrt::Named::of::<crate::orders::get>()];
            const PATHS: &[&::core::primitive::str] = &["process", "crate::orders::get"];
            const _: () = if let ::core::option::Option::Some(why) =
                my::lrt::check::name_clash(FUNCTIONS, PATHS, 1usize).text() {
                ::core::panic!("{}", why)
            };
            use my::lrt::check::InsideOfAnother as _;
            my::lrt::check::mains(main, self::main).check();
            my::lrt::run_one_of(FUNCTIONS)
        }
    };
    assert_tokens(&several::expand(quote!(process, crate = my::lrt, crate::orders::get,)), &expected);
}
