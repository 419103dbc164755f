//! Messages about mistakes of which `tests/ui` has no case.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Item, Macro};

use crate::main_macro;
use crate::parse::MacroAttribute;

/// Returns the messages, in order, and the items next to them.
fn mistakes(args: TokenStream, item: TokenStream) -> (Vec<String>, Vec<Item>) {
    read(crate::expand(MacroAttribute::Lambda, args, item))
}

fn read(written: TokenStream) -> (Vec<String>, Vec<Item>) {
    let file: syn::File = syn::parse2(written).expect("what is written on a mistake is Rust");
    let mut messages = Vec::new();
    let mut items = Vec::new();
    for item in file.items {
        match item {
            Item::Macro(item) if item.mac.path.segments.last().is_some_and(|name| name.ident == "compile_error") => {
                messages.push(message(&item.mac));
            }
            item => items.push(item),
        }
    }
    (messages, items)
}

fn message(compile_error: &Macro) -> String {
    compile_error.parse_body::<syn::LitStr>().expect("a message is a string").value()
}

fn assert_says(args: TokenStream, item: TokenStream, expected: &[&str]) {
    let source = format!("#[lambda({args})] {item}");
    assert_eq!(mistakes(args, item).0, expected, "{source}");
}

#[test]
fn mistakes_in_the_attribute_are_reported() {
    let says = |args, message: &str| {
        assert_says(
            args,
            quote!(
                async fn process(order: Order) {}
            ),
            &[message],
        )
    };
    says(
        quote!(queue),
        "unknown kind `queue`: the kinds are `sqs`, `dynamodb`, `kinesis`, `kafka`, `s3`, `firehose`, `eventbridge`, `http`, \
             `api_gateway`, `rest_api`, `http_api`, `function_url`, `alb`, `lattice`, `websocket`, `authorizer`; a JSON function needs none",
    );
    for args in [quote!(sqs, fifo), quote!(fifo), quote!(fifo, concurrency = 8)] {
        says(args, "FIFO queues need no option: write `sqs`, and lrt recognizes them by their ARN");
    }
    says(quote!(json), "a JSON function needs no kind: remove `json`");
    says(
        quote!(ses),
        "`ses` is not a kind, because its events are JSON: remove it; their types are in `lrt::events::ses`, with lrt's \
         feature `events-ses`",
    );
    says(quote!(sqs(concurrency = 8)), "expected a comma after the kind: `sqs, init = connect`");
    says(quote!(sqs; concurrency = 8), "expected a comma after the kind: `sqs, init = connect`");
    says(quote!("/orders"), "a route is an option: `route = \"GET /orders\"`");
    says(quote!("POST /orders"), "a route is an option: `route = \"POST /orders\"`");
    says(quote!(int = connect), "unknown option `int`: did you mean `init`?");
    says(quote!(init(connect)), "`init` needs a value: `init = connect`");
    says(quote!(init =, name = "a"), "`init` needs a value: `init = connect`");
    says(quote!(init = db::connect()), "write the function's path: `init = db::connect`");
    says(quote!(init = "db::connect"), "write the function's path, without quotes: `init = db::connect`");
    says(quote!(name = 5), "`name` takes a string: `name = \"…\"`");
    for name in ["", "orders ", "a\nb", &"é".repeat(129)] {
        says(quote!(name = #name), "invalid name: Lambda accepts 1 to 128 characters without white space");
    }
    says(quote!(crate = "my::lrt"), "`crate` takes a path, without quotes: `crate = my::lrt`");
}

#[test]
fn defaults_are_merged_with_the_options_of_the_function() {
    let says = |args, messages: &[&str]| {
        assert_says(
            args,
            quote!(
                async fn process(order: Order, db: &Db) {}
            ),
            messages,
        )
    };
    says(quote!(defaults(init = connect)), &[]);
    says(quote!(defaults(sqs, init = connect, layer = a()), concurrency = 8, layer = b()), &[]);
    says(
        quote!(defaults(init = connect, name = "a"), init = other),
        &["`name` cannot be a default, because each function has its own"],
    );
    says(quote!(defaults(init = connect, init = other)), &["`init` is given twice: remove one"]);
    says(
        quote!(defaults(sqs, init = connect), route = "GET /"),
        &[
            "`route` is an option of `http`, `api_gateway`, `rest_api`, `http_api`, `function_url`, `alb`, `lattice`, `websocket`: \
         remove it, because this is an SQS function",
        ],
    );
}

#[test]
fn layers_of_defaults_are_outside() {
    let mut errors = crate::errors::Errors::default();
    let args = quote!(defaults(layer = a, init = first, layer = b), layer = c, init = second);
    let options = crate::options::parse(args, &mut errors);
    assert!(errors.check().is_ok());
    let layers: Vec<String> = options
        .layers
        .iter()
        .map(|layer| match layer {
            crate::layer::Layer::Value(value) => quote!(#value).to_string(),
            crate::layer::Layer::Made(..) => panic!("a layer by value"),
        })
        .collect();
    assert_eq!(layers, ["a", "b", "c"]);
    let init = &options.init;
    assert_eq!(quote!(#init).to_string(), "second");
}

#[cfg(feature = "http")]
#[test]
fn mistakes_in_http_functions_are_reported() {
    let says = |args, parameters: TokenStream, message: &str| {
        assert_says(args, quote!(async fn get(#parameters) -> Response {}), &[message])
    };
    // The intended kind is known, so everything else is valid.
    says(
        quote!(htp, route = "GET /orders/{id}"),
        quote!(Path(id): Path<u64>, Json(order): Json<Order>),
        "unknown kind `htp`: did you mean `http`?",
    );
    // The kind is unknown, so options and parameters of any kind are accepted.
    says(
        quote!(rest, route = "GET /orders/{id}", concurrency = 2),
        quote!(Path(id): Path<u64>, Json(order): Json<Order>),
        "unknown kind `rest`: the kinds are `sqs`, `dynamodb`, `kinesis`, `kafka`, `s3`, `firehose`, `eventbridge`, `http`, \
         `api_gateway`, `rest_api`, `http_api`, `function_url`, `alb`, `lattice`, `websocket`, `authorizer`; a JSON function needs none",
    );
    says(quote!(http, route), quote!(), "`route` needs a value: `route = \"GET /orders/{id}\"`");
    says(quote!(http, route = get), quote!(), "`route` takes a string: `route = \"GET /orders/{id}\"`");
    says(quote!(http, route = "GET orders"), quote!(), "the path of a route begins with a slash: `GET /orders`");
    says(quote!(http, base_path = "v1"), quote!(), "a base path begins with a slash: `base_path = \"/v1\"`");
    says(quote!(http, base_path = "/v1/"), quote!(), "a base path ends without a slash: `base_path = \"/v1\"`");
    says(quote!(http, base_path = "/"), quote!(), "a base path cannot be empty: `base_path = \"/v1\"`");
    says(quote!(http, service = true), quote!(), "`service` takes no value: write `service`");
    says(
        quote!(http, service),
        quote!(db: Db),
        "a service is built before the first request: borrow what `init` returns with `&Db`, or remove this parameter",
    );
    let kindless = "`Json` extracts from an HTTP request: write `#[lambda(http)]`, or take `Order` as the payload";
    says(quote!(), quote!(Json(order): Json<Order>), kindless);
    says(quote!(sqs), quote!(order: Json<Order>), kindless);
    says(
        quote!(http, concurrency = 2),
        quote!(),
        "`concurrency` is an option of `sqs`, `dynamodb`, `kinesis`, `kafka`, `s3`, `firehose`: remove it, because this is an HTTP \
         function",
    );
    says(
        quote!(route = "GET /"),
        quote!(),
        "`route` is an option of `http`, `api_gateway`, `rest_api`, `http_api`, `function_url`, `alb`, `lattice`, \
         `websocket`: remove it, because this is a JSON function",
    );
    says(
        quote!(http),
        quote!(headers: &HeaderMap),
        "`&HeaderMap` borrows from what `init` returns: add `init = path`, or take `HeaderMap` by value if it is an extractor",
    );
    says(
        quote!(http),
        quote!(body: &str),
        "`str` is unsized, so `init` cannot return it: borrow `&String`, or take the body as a `String`",
    );
    says(
        quote!(http),
        quote!(body: &[u8]),
        "`[u8]` is unsized, so `init` cannot return it: borrow `&Vec<u8>`, or take the body as `Bytes`",
    );
}

#[test]
fn mistakes_in_the_signature_are_reported() {
    let says = |function, message: &str| assert_says(quote!(), function, &[message]);
    says(
        quote!(
            async fn process(arguments: ...) {}
        ),
        "must not be variadic: remove `...`",
    );
    says(
        quote!(
            async fn process(prices: HashMap<&str, (&[u8], u8)>) {}
        ),
        "a payload cannot contain references: write `HashMap<String, (Vec<u8>, u8)>`",
    );
    says(
        quote!(
            async fn process(prices: &[u8]) {}
        ),
        "a payload is taken by value: write `Vec<u8>`",
    );
}

#[test]
fn mistakes_in_parameters_are_reported() {
    let says = |parameter, message: &str| {
        assert_says(quote!(init = connect), quote!(async fn process(order: Order, #parameter) {}), &[message]);
    };
    says(
        quote!(db: Db),
        "two payloads: the event is already `Order`; combine both in one struct, or borrow what `init` returns with `&Db`",
    );
    says(
        quote!(store: &(dyn Store + Send)),
        "`(dyn Store + Send)` is unsized, so `init` cannot return it: borrow the type itself, or a `&Box<dyn …>` of it",
    );
    says(
        quote!(name: &mut str),
        "cannot be `&mut`, because invocations share it: take `&str`, and put what changes behind a lock",
    );
    says(
        quote!(event: LambdaEvent<Order>),
        "payload and context are separate parameters: write `event: Order, ctx: Context`",
    );
    says(
        quote!(words: Vec<&str>),
        "a payload cannot contain references: write `Vec<String>`, or borrow `&Vec<String>` from what `init` returns",
    );
    says(quote!(store: &impl Store), "must not be generic: write the type instead of `impl …`");
}

#[test]
fn other_return_types_are_accepted() {
    for output in [
        quote!(Result<(), Box<dyn Error + Send + Sync>>),
        quote!(Result<(), Box<dyn OrderError>>),
        quote!(Result<(), Error>),
        quote!(Result<Box<dyn Error>>),
        quote!(Option<Box<dyn Error>>),
    ] {
        assert_says(quote!(), quote!(async fn process() -> #output {}), &[]);
    }
}

#[test]
fn borrows_without_init_are_one_mistake() {
    assert_says(
        quote!(),
        quote!(
            async fn process(db: &Db, cache: &Cache) {}
        ),
        &["`&Db` borrows from what `init` returns: add `init = path`, or take `Db` as the payload"],
    );
    assert_says(
        quote!(),
        quote!(
            async fn process(order: Order, db: &Db) {}
        ),
        &["`&Db` borrows from what `init` returns: add `init = path`"],
    );
    assert_says(
        quote!(),
        quote!(
            async fn process(db: &Db, order: Order) {}
        ),
        &["`&Db` borrows from what `init` returns: add `init = path`"],
    );
    assert_says(
        quote!(),
        quote!(
            async fn process(ctx: &Context) {}
        ),
        &["the context is taken by value: write `Context`"],
    );
    // The mistake in `init` is already reported.
    for (args, message) in [
        (quote!(inti = connect), "unknown option `inti`: did you mean `init`?"),
        (quote!(init = connect()), "write the function's path: `init = connect`"),
    ] {
        assert_says(
            args,
            quote!(
                async fn process(db: &Db) {}
            ),
            &[message],
        );
    }
}

#[test]
fn mistakes_keep_the_type_of_the_function_and_main() {
    let names = |item| -> Vec<String> {
        let name = |item: &Item| match item {
            Item::Fn(item) => format!("fn {}", item.sig.ident),
            Item::Enum(item) => format!("enum {}", item.ident),
            Item::Struct(item) => format!("struct {}", item.ident),
            Item::Const(_) => "const".to_owned(),
            Item::Impl(_) => "impl".to_owned(),
            _ => "other".to_owned(),
        };
        mistakes(quote!(sqz), item).1.iter().map(name).collect()
    };
    assert_eq!(
        names(quote!(
            async fn process() {}
        )),
        ["fn process", "enum process", "impl", "impl", "fn main"]
    );
    assert_eq!(
        names(quote!(
            struct Order;
        )),
        ["struct Order", "fn main"]
    );
    // A `main` of the user would be a second one, so its body is kept inside a block.
    assert_eq!(
        names(quote!(
            async fn main() {}
        )),
        ["const", "fn main"]
    );
}

#[test]
fn mistakes_in_the_main_macro_are_reported_with_a_main() {
    let example = "`lrt::main!(process, orders::get)`";
    let both = "`#[handler(…)]`; only `crate = …` is accepted here";
    for (args, expected) in [
        (quote!(), &[&*format!("name the functions: {example}")][..]),
        (quote!(process, process), &["`process` is given twice: remove one"]),
        (quote!(a::b, process, a::b), &["`a::b` is given twice: remove one"]),
        (quote!(process()), &["write the function's name, without a call: `process`"]),
        (quote!("process"), &[&format!("expected the path of a function: {example}")]),
        (quote!(process, init = connect), &[&format!("put options into the function's own {both}")]),
        (
            quote!(
                process,
                #[cfg(test)]
                orders
            ),
            &["put attributes on the function; for a conditional build, write `#[cfg(…)] lrt::main!(…);` twice"],
        ),
        (quote!(process orders), &["expected a comma between the functions"]),
        (quote!(process::<u8>), &["write the function's path without generics"]),
        (
            quote!(orders::Orders::process),
            &["`process` is in an `impl`: move it out of `Orders`, as `#[handler]` needs a free function"],
        ),
        (quote!(crate = "my_lrt", process), &["`crate` takes a path, without quotes: `crate = my_lrt`"]),
        (quote!(crate = a, crate = b, process), &["`crate` is given twice: remove one"]),
        (
            quote!(process(), 7),
            &[
                "write the function's name, without a call: `process`",
                &format!("expected the path of a function: {example}"),
            ],
        ),
    ] {
        let (messages, items) = read(main_macro::expand(args.clone()));
        assert_eq!(messages, expected, "{args}");
        assert!(matches!(&*items, [Item::Fn(main)] if main.sig.ident == "main"), "{args}");
    }
}

#[test]
fn handler_is_named_in_messages_and_has_no_main() {
    for (item, expected) in [
        (
            quote!(
                fn process() {}
            ),
            "must be async: write `async fn process`",
        ),
        (
            quote!(
                async fn main() {}
            ),
            "`lrt::main!` writes `main` itself: name the function after what it does",
        ),
        (
            quote!(
                #[tokio::main]
                async fn process() {}
            ),
            "`#[handler]` has its own runtime: remove `#[tokio::main]`",
        ),
        (
            quote!(
                struct Process;
            ),
            "`#[handler]` expects an `async fn`: move it to one",
        ),
        (
            quote!(
                #[handler]
                async fn process() {}
            ),
            "`#[handler]` is given twice: remove one",
        ),
        (
            quote!(
                #[lambda]
                async fn process() {}
            ),
            "`#[lambda]` is for the one function of a binary, `#[handler]` for one of several: remove one of them",
        ),
    ] {
        let (messages, items) = read(crate::expand(MacroAttribute::Handler, quote!(), item.clone()));
        assert_eq!(messages, [expected], "{item}");
        let mains = items.iter().filter(|item| matches!(item, Item::Fn(function) if function.sig.ident == "main"));
        assert_eq!(mains.count(), 0, "{item}");
    }
}
