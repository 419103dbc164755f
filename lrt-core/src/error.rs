//! What goes wrong in a function, and how Lambda is told.
//!
//! [`Error`] is what the author of a handler returns; [`ErrorReport`] is what an error becomes on its way to the Runtime
//! API: its type's name, its message and its chain of causes. A report is itself a `std::error::Error`, so it survives
//! as a [`BoxError`] through tower layers and is found again by a downcast.

use crate::invocation::Deadline;
use crate::json::escape::write_escape;
use crate::runtime::guard::Cut;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;

/// The error type between layers, as tower has it.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// The `errorType` of errors whose own type has no telling name (`String`, boxed errors, `anyhow::Error`).
const UNNAMED: &str = "Error";

const TOO_LARGE: &str = "Function.ResponseSizeTooLarge";

/// Bytes of `errorMessage` and of each line of `stackTrace` that are sent; the rest is cut.
///
/// An error over Lambda's payload limit would be refused, and the caller would see nothing of it.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Causes in `stackTrace`; a chain that is longer is cut.
const MAX_CAUSES: usize = 64;

/// The error of a handler: any error, with the name that Lambda reports as `errorType`.
///
/// Every `std::error::Error` converts into it, so `?` works, and the name of the error's type is kept.
///
/// ```
/// use lrt_core::Error;
///
/// fn parse(input: &str) -> Result<u32, Error> {
///     Ok(input.parse::<u32>()?)
/// }
///
/// assert_eq!(parse("x").unwrap_err().name(), "ParseIntError");
/// assert_eq!(Error::named("OutOfStock", "3 left").name(), "OutOfStock");
/// assert_eq!(Error::msg("no such table").to_string(), "no such table");
/// ```
pub struct Error(Box<ErrorReport>);

impl Error {
    /// Wraps any error; its type's name becomes the `errorType`.
    ///
    /// ```
    /// let error = lrt_core::Error::new(std::fmt::Error);
    /// assert_eq!(error.name(), "Error");
    /// ```
    pub fn new(error: impl Into<BoxError>) -> Error {
        Error(Box::new(ErrorReport::new(error)))
    }

    /// An error that is only a message.
    pub fn msg(message: impl fmt::Display) -> Error {
        Error::new(message.to_string())
    }

    /// Wraps an error under a name of your own: the `errorType` that Step Functions' `Retry` and `Catch` branch on.
    ///
    /// ```
    /// use lrt_core::Error;
    /// let error = Error::named("OutOfStock", "only 3 left");
    /// assert_eq!((error.name(), error.to_string().as_str()), ("OutOfStock", "only 3 left"));
    /// ```
    pub fn named(name: impl Into<Cow<'static, str>>, error: impl Into<BoxError>) -> Error {
        let mut report = ErrorReport::new(error);
        report.name = name.into();
        Error(Box::new(report))
    }

    /// Wraps an error whose type is not known, for `map_err`. Its name is `Error`, unless it was an [`Error`] before.
    ///
    /// A `Box<dyn std::error::Error>` does not implement `std::error::Error` itself, so `?` alone does not convert it.
    ///
    /// ```
    /// use lrt_core::Error;
    ///
    /// fn library() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    ///     Ok("x".parse()?)
    /// }
    ///
    /// fn handler() -> Result<u32, Error> {
    ///     Ok(library().map_err(Error::from_boxed)?)
    /// }
    ///
    /// assert_eq!(handler().unwrap_err().to_string(), "invalid digit found in string");
    /// ```
    pub fn from_boxed(error: BoxError) -> Error {
        Error(Box::new(ErrorReport::from_box(error)))
    }

    /// An error that a retry cannot cure. A batch acknowledges such a record instead of having it delivered again.
    ///
    /// ```
    /// use lrt_core::Error;
    /// let error = Error::permanent(Error::named("UnknownSku", "no product 7"));
    /// assert!(error.is_permanent());
    /// assert_eq!(error.name(), "UnknownSku");
    /// ```
    pub fn permanent(error: impl Into<BoxError>) -> Error {
        let mut report = ErrorReport::new(error);
        report.permanent = true;
        Error(Box::new(report))
    }

    /// Whether this error came from [`Error::permanent`].
    pub fn is_permanent(&self) -> bool {
        self.0.permanent
    }

    /// The `errorType` that Lambda is told: the error's type without path and generics, or the name given to it.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The wrapped error, if it is an `E`.
    ///
    /// ```
    /// let error = lrt_core::Error::from(std::fmt::Error);
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// ```
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.error.downcast_ref()
    }

    /// The error's direct cause.
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Errors that `?` converts into an [`Error`]: every `std::error::Error`. Not implemented by users.
///
/// A trait of its own, because the compiler shows its label where `?` does not fit.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into an `lrt::Error`",
    label = "not a `std::error::Error`: use `.map_err(Error::from_boxed)?` for a boxed error, `.map_err(Error::msg)?` for a text"
)]
pub trait IntoError: StdError + Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<E: StdError + Send + Sync + 'static> IntoError for E {}

impl<E: IntoError> From<E> for Error {
    fn from(error: E) -> Error {
        Error::new(error)
    }
}

impl From<Error> for BoxError {
    fn from(error: Error) -> BoxError {
        error.0
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> ErrorReport {
        *error.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// The message and its causes, as `fn main() -> Result<(), Error>` prints them.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// An error as Lambda is told of it: `errorType`, `errorMessage` and the chain of causes.
///
/// See [Runtime API: invocation error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
pub struct ErrorReport {
    name: Cow<'static, str>,
    permanent: bool,
    logged: bool,
    error: BoxError,
}

impl ErrorReport {
    /// The report of any error; it takes the name of the error's type, and a report within keeps its own.
    ///
    /// ```
    /// let report = lrt_core::ErrorReport::new(String::from("broken"));
    /// assert_eq!((report.name(), report.to_string().as_str()), ("Error", "broken"));
    /// ```
    pub fn new<E: Into<BoxError>>(error: E) -> ErrorReport {
        ErrorReport::with_name(type_name::<E>(), error)
    }

    /// A report whose name is given: of a failure that is not the handler's own error.
    pub(crate) fn with_name(name: &'static str, error: impl Into<BoxError>) -> ErrorReport {
        ErrorReport::of(name, error.into())
    }

    /// The same, of a text.
    #[cold]
    #[inline(never)]
    pub(crate) fn told(name: &'static str, message: String) -> ErrorReport {
        ErrorReport::of(name, message.into())
    }

    /// Apart, so that it is there once and not for each type.
    #[cold]
    #[inline(never)]
    fn of(name: &'static str, error: BoxError) -> ErrorReport {
        match error.downcast::<ErrorReport>() {
            Ok(report) => *report,
            Err(error) => ErrorReport { name: Cow::Borrowed(name), permanent: false, logged: false, error },
        }
    }

    /// The report of an error whose type is no longer known, as it comes out of a layer.
    pub fn from_box(error: BoxError) -> ErrorReport {
        ErrorReport::with_name(UNNAMED, error)
    }

    /// A payload that is not what the function takes: `Runtime.UnmarshalError`.
    pub fn unmarshal(error: impl Into<BoxError>) -> ErrorReport {
        ErrorReport::with_name("Runtime.UnmarshalError", error)
    }

    /// A reply that cannot be written as JSON: `Runtime.MarshalError`.
    pub fn marshal(error: impl Into<BoxError>) -> ErrorReport {
        ErrorReport::with_name("Runtime.MarshalError", error)
    }

    /// A function that was still running when the guard had to answer.
    pub(crate) fn timeout(cut: Cut, deadline: Option<Deadline>) -> ErrorReport {
        let message = match (cut, deadline) {
            (Cut::Deadline, Some(deadline)) => {
                let left = deadline.remaining().as_millis() as u64;
                format!("the function was still running {left} ms before its deadline, and was stopped")
            }
            _ => format!("the function was still running, and was stopped: {cut}"),
        };
        ErrorReport::told("Function.Timeout", message)
    }

    /// A reply over Lambda's limit, under the name that the service itself gives it.
    pub(crate) fn too_large(size: usize, limit: usize) -> ErrorReport {
        let message = format!("the reply has {size} bytes, and Lambda takes at most {limit}");
        ErrorReport::told(TOO_LARGE, message)
    }

    /// An answer that the service refused with 413.
    pub(crate) fn refused_size(size: usize) -> ErrorReport {
        ErrorReport::told(TOO_LARGE, format!("the Runtime API refused an answer of {size} bytes for its size (413)"))
    }

    /// The `errorType`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a retry cannot cure it; see [`Error::permanent`].
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// Marks the error as logged, so that the loop does not log it again.
    #[doc(hidden)]
    #[must_use]
    pub fn already_logged(mut self) -> ErrorReport {
        self.logged = true;
        self
    }

    /// The messages of the causes, outermost first.
    pub fn causes(&self) -> impl Iterator<Item = String> + '_ {
        first_causes(&*self.error, MAX_CAUSES).map(|cause| format!("{cause}"))
    }

    /// The body of an error request: `{"errorType","errorMessage","stackTrace"}`, appended to `out`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.write_cut(out, MAX_MESSAGE_BYTES, MAX_CAUSES);
    }

    /// The same, with so many bytes of each text at most, and so many causes.
    fn write_cut(&self, out: &mut Vec<u8>, text: usize, causes: usize) {
        out.push(b'{');
        write_members(out, &self.name, &*self.error, text, causes);
        out.push(b'}');
    }

    /// The value of `Lambda-Runtime-Function-Error-Type`: `Function.OrderError`.
    ///
    /// Lambda takes only `(Runtime|Function)\.[A-Z][A-Za-z]+` there, so the name is cut down to that form.
    ///
    /// ```
    /// let report: lrt_core::ErrorReport = lrt_core::Error::named("out_of_stock2", "none").into();
    /// assert_eq!(report.header(), "Function.Outofstock");
    /// ```
    pub fn header(&self) -> String {
        let (prefix, name) = match (self.name.strip_prefix("Runtime."), self.name.strip_prefix("Function.")) {
            (Some(name), _) => ("Runtime", name),
            (None, Some(name)) => ("Function", name),
            (None, None) => ("Function", &*self.name),
        };
        let mut letters = Vec::with_capacity(name.len());
        letters.extend(name.bytes().filter(u8::is_ascii_alphabetic).take(128));
        if letters.len() < 2 {
            letters = UNNAMED.into();
        }
        letters[0].make_ascii_uppercase();
        format!("{prefix}.{}", String::from_utf8_lossy(&letters))
    }

    /// All that is told of the error, as text. The error's own code runs here, and may panic.
    pub fn render(&self) -> RenderedError {
        let mut body = Vec::new();
        self.write_json(&mut body);
        RenderedError { header: self.header(), body, text: self.text(), logged: self.logged }
    }

    /// The same, with a body of at most so many bytes: what does not fit is cut.
    pub(crate) fn render_within(self, bytes: usize) -> RenderedError {
        let mut body = Vec::new();
        let (mut text, mut causes) = (MAX_MESSAGE_BYTES, MAX_CAUSES);
        loop {
            body.clear();
            self.write_cut(&mut body, text, causes);
            if body.len() <= bytes || text == 0 {
                return RenderedError { header: self.header(), body, text: self.text(), logged: self.logged };
            }
            (text, causes) = (text.min(bytes) / 2, causes / 2);
        }
    }

    /// Name, message and causes, for the log; of a text that is very long, its first 64 KB.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}", self.name, self.error);
        for cause in self.causes() {
            text.push_str(": ");
            text.push_str(&cause);
        }
        let bytes = text.len();
        let cut = floor_char_boundary(&text, MAX_MESSAGE_BYTES);
        if cut < bytes {
            text.truncate(cut);
            text.push_str(&cut_from(bytes));
        }
        text
    }
}

impl fmt::Display for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl fmt::Debug for ErrorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The report stands for its error, so its cause is the error's cause.
impl StdError for ErrorReport {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// A report that was written down: what goes to the Runtime API, and to the log.
///
/// None of the function's code is in it any more, so nothing of it can fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedError {
    pub(crate) header: String,
    pub(crate) body: Vec<u8>,
    pub(crate) text: String,
    /// True if the error was logged where it happened.
    pub(crate) logged: bool,
}

impl RenderedError {
    /// The value of `Lambda-Runtime-Function-Error-Type`; see [`ErrorReport::header`].
    pub fn header(&self) -> &str {
        &self.header
    }

    /// The body of the error request: `{"errorType","errorMessage","stackTrace"}`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// What the log says; see [`ErrorReport::text`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The members of the body's object.
    #[cfg(feature = "tracing")]
    pub(crate) fn members(&self) -> &str {
        let body = std::str::from_utf8(&self.body).unwrap_or_default();
        body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or_default()
    }
}

/// The members of an error's object: `"errorType":…,"errorMessage":…,"stackTrace":[…]`.
fn write_members(out: &mut Vec<u8>, name: &str, error: &(dyn StdError + 'static), text: usize, causes: usize) {
    out.extend_from_slice(b"\"errorType\":");
    write_string(out, name, text);
    out.extend_from_slice(b",\"errorMessage\":");
    // Not `to_string`, here and elsewhere: it is 150 bytes in each place.
    write_string(out, &format!("{error}"), text);
    out.extend_from_slice(b",\"stackTrace\":[");
    for (i, cause) in first_causes(error, causes).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_string(out, &format!("{cause}"), text);
    }
    out.push(b']');
}

fn first_causes<'a>(
    error: &'a (dyn StdError + 'static),
    most: usize,
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source()).take(most)
}

/// The causes of any error.
#[cfg(feature = "tracing")]
pub(crate) fn causes_of<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    first_causes(error, MAX_CAUSES)
}

/// The members of any error's object. Only a report still knows what the type was called.
#[cfg(feature = "tracing")]
pub(crate) fn json_members(error: &(dyn StdError + 'static)) -> String {
    let name = error.downcast_ref::<ErrorReport>().map_or(UNNAMED, ErrorReport::name);
    let mut out = Vec::new();
    write_members(&mut out, name, error, MAX_MESSAGE_BYTES, MAX_CAUSES);
    String::from_utf8(out).unwrap_or_default()
}

/// The name of a type without its path and generics: `OrderError` for `orders::OrderError<u8>`.
fn type_name<E: ?Sized>() -> &'static str {
    last_name(std::any::type_name::<E>())
}

#[inline(never)] // each copy has 500 bytes
fn last_name(full: &'static str) -> &'static str {
    let path = full.bytes().position(|byte| byte == b'<').map_or(full, |end| &full[..end]);
    match path {
        "alloc::string::String" | "alloc::boxed::Box" | "alloc::borrow::Cow" => UNNAMED,
        _ => {
            let name = path.bytes().rposition(|byte| byte == b':').map_or(path, |colon| &path[colon + 1..]);
            // What is not ASCII in a type's name is a letter; std's table of those has 2 KB.
            if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()) {
                name
            } else {
                UNNAMED
            }
        }
    }
}

/// A JSON string of so many bytes of the text at most.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str, most: usize) {
    let cut = floor_char_boundary(text, most);
    out.push(b'"');
    write_escaped(out, &text[..cut]);
    if cut < text.len() {
        write_escaped(out, &cut_from(text.len()));
    }
    out.push(b'"');
}

/// What stands behind a text that was cut.
fn cut_from(bytes: usize) -> String {
    format!("… (cut: {bytes} bytes in all)")
}

/// What stands between the quotes. serde_json's way there is 1 KB, which a function that writes no text need not have.
fn write_escaped(out: &mut Vec<u8>, text: &str) {
    for &byte in text.as_bytes() {
        match byte {
            b'"' | b'\\' | 0..0x20 => write_escape(out, byte),
            _ => out.push(byte),
        }
    }
}

/// The last character boundary that is not beyond `index` (`str::floor_char_boundary` is younger than our Rust).
fn floor_char_boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("order {0} failed")]
    struct OrderError<T: fmt::Debug + fmt::Display>(T, #[source] std::num::ParseIntError);

    fn order_error() -> OrderError<u32> {
        OrderError(7, "x".parse::<u32>().unwrap_err())
    }

    fn json(report: &ErrorReport) -> String {
        let mut out = Vec::new();
        report.write_json(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_has_the_types_name_the_message_and_the_causes() {
        let report = ErrorReport::new(order_error());
        assert_eq!(
            json(&report),
            r#"{"errorType":"OrderError","errorMessage":"order 7 failed","stackTrace":["invalid digit found in string"]}"#
        );
        assert_eq!(report.header(), "Function.OrderError");
        assert_eq!(report.text(), "OrderError: order 7 failed: invalid digit found in string");
    }

    #[test]
    fn errors_without_a_telling_type_are_called_error() {
        assert_eq!(ErrorReport::new("a").name(), "Error");
        assert_eq!(ErrorReport::new(String::from("a")).name(), "Error");
        assert_eq!(ErrorReport::new(Cow::Borrowed("a")).name(), "Error");
        assert_eq!(ErrorReport::new(BoxError::from("a")).name(), "Error");
        assert_eq!(ErrorReport::new(std::io::Error::other("a")).name(), "Error");
    }

    #[test]
    fn an_error_keeps_its_name_through_a_box() {
        let boxed: BoxError = Error::from(order_error()).into();
        assert_eq!(ErrorReport::from_box(boxed).name(), "OrderError");
        let named = Error::new(Error::permanent(Error::named("Gone", order_error())));
        assert_eq!(named.name(), "Gone");
        assert!(named.is_permanent());
        assert!(named.downcast_ref::<OrderError<u32>>().is_some());
    }

    #[test]
    fn boxed_errors_convert_and_keep_the_name_of_an_error() {
        assert_eq!(Error::from_boxed(Box::new(order_error())).name(), "Error");
        assert_eq!(Error::from_boxed(Error::from(order_error()).into()).name(), "OrderError");
    }

    #[test]
    fn the_header_is_cut_down_to_what_lambda_takes() {
        for (name, header) in [
            ("OrderError", "Function.OrderError"),
            ("Function.Panic", "Function.Panic"),
            ("Runtime.UnmarshalError", "Runtime.UnmarshalError"),
            ("Other.Thing", "Function.OtherThing"),
            ("out of stock\r\nx: y", "Function.Outofstockxy"),
            ("Ärger42", "Function.Rger"),
            ("E", "Function.Error"),
            ("", "Function.Error"),
            ("42", "Function.Error"),
            ("Runtime.", "Runtime.Error"),
        ] {
            assert_eq!(ErrorReport::from(Error::named(name, "x")).header(), header, "{name:?}");
        }
    }

    #[test]
    fn a_huge_message_is_cut_at_a_character() {
        let text = json(&ErrorReport::new("é".repeat(MAX_MESSAGE_BYTES)));
        assert!(text.len() < MAX_MESSAGE_BYTES + 200, "{}", text.len());
        assert!(text.contains("(cut: 131072 bytes in all)"));
    }

    #[test]
    fn what_the_log_says_is_cut() {
        let report = ErrorReport::new(Error::msg("é".repeat(MAX_MESSAGE_BYTES)));
        let text = report.text();
        assert!(text.starts_with("Error: éé") && text.len() < MAX_MESSAGE_BYTES + 100, "{}", text.len());
        assert!(text.ends_with(&format!("é… (cut: {} bytes in all)", "Error: ".len() + 2 * MAX_MESSAGE_BYTES)));
    }

    #[test]
    fn control_characters_are_escaped() {
        let report = ErrorReport::new("a\n\"b\"\r");
        assert_eq!(json(&report), r#"{"errorType":"Error","errorMessage":"a\n\"b\"\r","stackTrace":[]}"#);
    }
}
