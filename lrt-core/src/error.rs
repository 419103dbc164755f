//! Errors of functions, and their form on the wire.
//!
//! [`Error`] is what a handler returns. [`ErrorReport`] is what it becomes for the Runtime API: the name of its type,
//! its message and its chain of causes. A report implements `std::error::Error`, so it passes through tower layers as a
//! [`BoxError`] and is found again by a downcast.

use crate::json::escape::write_escaped;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Write};
use std::time::Duration;

/// The error type of layers, as in tower.
pub type BoxError = Box<dyn StdError + Send + Sync + 'static>;

/// The `errorType` of errors whose own type name is not meaningful (`String`, boxed errors, `anyhow::Error`).
const UNNAMED: &str = "Error";

const TOO_LARGE: &str = "Function.ResponseSizeTooLarge";

/// The maximum length of `errorMessage`, and of each line of `stackTrace`, in bytes. The rest is cut off.
///
/// Lambda rejects an error above its payload limit, and the caller would not receive any of it.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// The maximum number of causes in `stackTrace`.
const MAX_CAUSES: usize = 64;

/// The error of a handler: any error, with the name that Lambda reports as `errorType`.
///
/// Every `std::error::Error` converts into it, so `?` works. The default name is the name of the error's type.
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
    /// Wraps any error. The name of its type becomes the `errorType`.
    ///
    /// ```
    /// let error = lrt_core::Error::new(std::fmt::Error);
    /// assert_eq!(error.name(), "Error");
    /// ```
    pub fn new(error: impl Into<BoxError>) -> Error {
        Error(Box::new(ErrorReport::new(error)))
    }

    /// Creates an error from a message.
    pub fn msg(message: impl fmt::Display) -> Error {
        Error::new(display(&message))
    }

    /// Wraps an error under another name: the `errorType` that `Retry` and `Catch` of Step Functions match.
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

    /// Wraps an error whose type is not known, for `map_err`. Its name is `Error`, unless it already is an [`Error`].
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

    /// Marks an error as permanent: a retry would fail as well. A batch acknowledges such a record instead of having it
    /// delivered again.
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

    /// Returns true if the error was created by [`Error::permanent`].
    pub fn is_permanent(&self) -> bool {
        self.0.permanent
    }

    /// Sets the delay after which the work should be tried again.
    ///
    /// For a message of an SQS queue, the record layer `VisibilityBackoff` of the crate lrt-aws changes the message's visibility
    /// timeout to this delay. Without it, and for other sources, the delay has no effect.
    ///
    /// ```
    /// use lrt_core::Error;
    /// use std::time::Duration;
    ///
    /// let error = Error::named("Throttled", "the bank is busy").retry_after(Duration::from_secs(30));
    /// assert_eq!(error.retry_delay(), Some(Duration::from_secs(30)));
    /// ```
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Error {
        self.0.retry_after = Some(delay);
        self
    }

    /// Returns the delay that was set with [`retry_after`](Error::retry_after).
    pub fn retry_delay(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Returns the `errorType`: the name of the error's type without path and generics, or the name given by
    /// [`Error::named`].
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the wrapped error if it is of type `E`.
    ///
    /// ```
    /// let error = lrt_core::Error::from(std::fmt::Error);
    /// assert!(error.downcast_ref::<std::fmt::Error>().is_some());
    /// ```
    pub fn downcast_ref<E: StdError + 'static>(&self) -> Option<&E> {
        self.0.error.downcast_ref()
    }

    /// Returns the direct cause of the error.
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source()
    }
}

/// Errors that `?` converts into an [`Error`]: every `std::error::Error`. Not implemented by users.
///
/// It is a separate trait, because the compiler shows its label where `?` cannot convert an error.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not convert into an `lrt::Error`",
    label = "not a `std::error::Error`: use `.or_error(\"…\")?` instead of `.ok_or(\"…\")?`, `.map_err(Error::msg)?` for a string, \
             `.map_err(Error::from_boxed)?` for a boxed error"
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

/// Formats the message and its causes, which `fn main() -> Result<(), Error>` prints.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Turns `None` and errors of any kind into an [`Error`] with a message.
///
/// ```
/// use lrt_core::{Error, OrError};
///
/// fn first_id(ids: &[&str]) -> Result<u32, Error> {
///     let id = ids.first().or_error("no id")?;
///     id.parse::<u32>().or_error("invalid id")
/// }
///
/// assert_eq!(first_id(&[]).unwrap_err().to_string(), "no id");
///
/// let invalid = first_id(&["x"]).unwrap_err();
/// assert_eq!((invalid.name(), invalid.to_string().as_str()), ("ParseIntError", "invalid id"));
/// assert_eq!(invalid.source().unwrap().to_string(), "invalid digit found in string");
/// ```
pub trait OrError<T> {
    /// Returns the value, or an [`Error`] with this message.
    ///
    /// The error of a `Result` becomes the cause. Its name stays the `errorType`, and an error that was created by
    /// [`Error::permanent`] stays permanent.
    fn or_error(self, message: impl fmt::Display) -> Result<T, Error>;
}

impl<T> OrError<T> for Option<T> {
    fn or_error(self, message: impl fmt::Display) -> Result<T, Error> {
        self.ok_or_else(|| Error::msg(message))
    }
}

impl<T, E: Into<BoxError>> OrError<T> for Result<T, E> {
    fn or_error(self, message: impl fmt::Display) -> Result<T, Error> {
        self.map_err(|error| {
            let mut report = ErrorReport::new(error);
            report.error = Box::new(WithMessage { message: display(&message), cause: report.error });
            Error(Box::new(report))
        })
    }
}

/// An error with a message in front of it.
#[derive(Debug)]
struct WithMessage {
    message: String,
    cause: BoxError,
}

impl fmt::Display for WithMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for WithMessage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.cause)
    }
}

/// An error in the form of the Runtime API: `errorType`, `errorMessage` and the chain of causes.
///
/// See [Runtime API: invocation error](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror).
pub struct ErrorReport {
    name: Cow<'static, str>,
    permanent: bool,
    retry_after: Option<Duration>,
    logged: bool,
    /// True if the body has the member `stackTrace`.
    has_stack_trace: bool,
    error: BoxError,
}

impl ErrorReport {
    /// Creates the report of an error, named after its type. An error that already is a report keeps its name.
    ///
    /// ```
    /// let report = lrt_core::ErrorReport::new(String::from("broken"));
    /// assert_eq!((report.name(), report.to_string().as_str()), ("Error", "broken"));
    /// ```
    pub fn new<E: Into<BoxError>>(error: E) -> ErrorReport {
        ErrorReport::with_name(type_name::<E>(), error)
    }

    /// Creates the report of an error that is not the handler's own, with this name.
    pub(crate) fn with_name(name: &'static str, error: impl Into<BoxError>) -> ErrorReport {
        ErrorReport::from_boxed(name, error.into())
    }

    /// Creates a report from a name and a message.
    #[cold]
    #[inline(never)]
    pub(crate) fn with_message(name: &'static str, message: String) -> ErrorReport {
        ErrorReport::from_boxed(name, message.into())
    }

    /// Not generic, so that a binary contains it once.
    #[cold]
    #[inline(never)]
    fn from_boxed(name: &'static str, error: BoxError) -> ErrorReport {
        match error.downcast::<ErrorReport>() {
            Ok(report) => *report,
            Err(error) => {
                let name = Cow::Borrowed(name);
                ErrorReport { name, permanent: false, retry_after: None, logged: false, has_stack_trace: true, error }
            }
        }
    }

    /// Creates the report of an error whose type is not known, such as the error of a layer.
    pub fn from_box(error: BoxError) -> ErrorReport {
        ErrorReport::with_name(UNNAMED, error)
    }

    /// Creates a `Runtime.UnmarshalError`: the payload cannot be decoded as the type that the function takes.
    pub fn unmarshal(error: impl Into<BoxError>) -> ErrorReport {
        ErrorReport::with_name("Runtime.UnmarshalError", error)
    }

    /// Creates a `Runtime.MarshalError`: the reply cannot be written as JSON.
    pub fn marshal(error: impl Into<BoxError>) -> ErrorReport {
        ErrorReport::with_name("Runtime.MarshalError", error)
    }

    /// Creates the error of a reply above Lambda's limit, with the name that the service uses.
    pub(crate) fn too_large(size: usize, limit: usize) -> ErrorReport {
        let message = format!("reply too large: {size} bytes (limit: {limit})");
        ErrorReport::with_message(TOO_LARGE, message)
    }

    /// Creates the error of a reply that the service rejected with status 413.
    pub(crate) fn rejected_size(size: usize) -> ErrorReport {
        ErrorReport::with_message(
            TOO_LARGE,
            format!("the Runtime API rejected the reply: {size} bytes exceeds the limit (413)"),
        )
    }

    /// Returns the `errorType`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns true if a retry would fail as well; see [`Error::permanent`].
    pub fn is_permanent(&self) -> bool {
        self.permanent
    }

    /// Returns the delay after which the work should be tried again; see [`Error::retry_after`].
    pub fn retry_delay(&self) -> Option<Duration> {
        self.retry_after
    }

    /// Marks the error as logged, so that the loop does not log it again.
    #[doc(hidden)]
    #[must_use]
    pub fn already_logged(mut self) -> ErrorReport {
        self.logged = true;
        self
    }

    /// Omits the member `stackTrace` of the body, for errors of lambda_runtime.
    #[doc(hidden)]
    #[must_use]
    pub fn without_stack_trace(mut self) -> ErrorReport {
        self.has_stack_trace = false;
        self
    }

    /// Returns the messages of the causes, outermost first.
    pub fn causes(&self) -> impl Iterator<Item = String> + '_ {
        first_causes(&*self.error, MAX_CAUSES).map(display)
    }

    /// Appends the body of an error request: `{"errorType","errorMessage","stackTrace"}`.
    pub fn write_json(&self, out: &mut Vec<u8>) {
        self.write_truncated(out, MAX_MESSAGE_BYTES, MAX_CAUSES);
    }

    /// Appends the body with at most `text` bytes per string, and at most `causes` causes.
    fn write_truncated(&self, out: &mut Vec<u8>, text: usize, causes: usize) {
        out.push(b'{');
        write_members(out, &self.name, &*self.error, text, self.has_stack_trace.then_some(causes));
        out.push(b'}');
    }

    /// Returns the value of `Lambda-Runtime-Function-Error-Type`: `Function.OrderError`.
    ///
    /// Lambda accepts only `(Runtime|Function)\.[A-Z][A-Za-z]+`, so all other characters are removed from the name.
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

    /// Renders the report for the Runtime API and for the log. This runs the error's own code, which may panic.
    pub fn render(&self) -> RenderedError {
        let mut body = Vec::new();
        self.write_json(&mut body);
        RenderedError { header: self.header(), body, text: self.text(), logged: self.logged }
    }

    /// Formats the error with a body of at most `bytes` bytes. The rest is cut off.
    pub(crate) fn render_within(self, bytes: usize) -> RenderedError {
        let mut body = Vec::new();
        let (mut text, mut causes) = (MAX_MESSAGE_BYTES, MAX_CAUSES);
        loop {
            body.clear();
            self.write_truncated(&mut body, text, causes);
            if body.len() <= bytes || text == 0 {
                return RenderedError { header: self.header(), body, text: self.text(), logged: self.logged };
            }
            (text, causes) = (text.min(bytes) / 2, causes / 2);
        }
    }

    /// Returns name, message and causes for the log, cut off after 64 KB.
    pub fn text(&self) -> String {
        let mut text = format!("{}: {}", self.name, display(&*self.error));
        for cause in self.causes() {
            text.push_str(": ");
            text.push_str(&cause);
        }
        let bytes = text.len();
        let cut = floor_char_boundary(&text, MAX_MESSAGE_BYTES);
        if cut < bytes {
            text.truncate(cut);
            text.push_str(&truncation_note(bytes));
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

/// The report takes the place of its error, so it has the same source.
impl StdError for ErrorReport {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}

/// An error that is formatted for the Runtime API and the log.
///
/// It contains only strings, so using it does not run the function's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedError {
    pub(crate) header: String,
    pub(crate) body: Vec<u8>,
    pub(crate) text: String,
    /// True if the error was logged where it happened.
    pub(crate) logged: bool,
}

impl RenderedError {
    /// Returns the value of `Lambda-Runtime-Function-Error-Type`; see [`ErrorReport::header`].
    pub fn header(&self) -> &str {
        &self.header
    }

    /// Returns the body of the error request: `{"errorType","errorMessage","stackTrace"}`.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Returns the text for the log; see [`ErrorReport::text`].
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the members of the body without its braces.
    #[cfg(feature = "tracing")]
    pub(crate) fn members(&self) -> &str {
        let body = std::str::from_utf8(&self.body).unwrap_or_default();
        body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or_default()
    }
}

/// Appends the members of an error object: `"errorType":…,"errorMessage":…`, and `"stackTrace":[…]` with at most this
/// number of causes.
fn write_members(out: &mut Vec<u8>, name: &str, error: &(dyn StdError + 'static), text: usize, causes: Option<usize>) {
    out.extend_from_slice(b"\"errorType\":");
    write_truncated_string(out, name, text);
    out.extend_from_slice(b",\"errorMessage\":");
    write_truncated_string(out, &display(error), text);
    let Some(causes) = causes else { return };
    out.extend_from_slice(b",\"stackTrace\":[");
    for (i, cause) in first_causes(error, causes).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write_truncated_string(out, &display(cause), text);
    }
    out.push(b']');
}

fn first_causes<'a>(
    error: &'a (dyn StdError + 'static),
    limit: usize,
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(error.source(), |error| (*error).source()).take(limit)
}

/// Returns the causes of an error.
#[cfg(feature = "tracing")]
pub(crate) fn causes_of<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    first_causes(error, MAX_CAUSES)
}

/// Returns the members of an error object. The name of the type is known for reports only.
#[cfg(feature = "tracing")]
pub(crate) fn json_members(error: &(dyn StdError + 'static)) -> String {
    let name = error.downcast_ref::<ErrorReport>().map_or(UNNAMED, ErrorReport::name);
    let mut out = Vec::new();
    write_members(&mut out, name, error, MAX_MESSAGE_BYTES, Some(MAX_CAUSES));
    String::from_utf8(out).unwrap_or_default()
}

/// Formats a value. If a `Display` fails, the output up to that point is kept; `to_string` would panic.
pub fn display(value: &(impl fmt::Display + ?Sized)) -> String {
    let mut text = String::new();
    let _ = write!(text, "{value}");
    text
}

/// Returns the name of a type without its path and generics: `OrderError` for `orders::OrderError<u8>`.
fn type_name<E: ?Sized>() -> &'static str {
    last_name(std::any::type_name::<E>())
}

fn last_name(full: &'static str) -> &'static str {
    let path = full.split('<').next().unwrap_or(full);
    match path {
        "alloc::string::String" | "alloc::boxed::Box" | "alloc::borrow::Cow" => UNNAMED,
        _ => {
            let name = path.rsplit(':').next().unwrap_or(path);
            if name.starts_with(|c: char| c.is_alphabetic() || c == '_') { name } else { UNNAMED }
        }
    }
}

/// Appends a JSON string, cut off after `limit` bytes of the original string.
fn write_truncated_string(out: &mut Vec<u8>, text: &str, limit: usize) {
    let cut = floor_char_boundary(text, limit);
    out.push(b'"');
    write_escaped(out, &text[..cut]);
    if cut < text.len() {
        write_escaped(out, &truncation_note(text.len()));
    }
    out.push(b'"');
}

/// Returns the note that is appended to a string that was cut off.
fn truncation_note(bytes: usize) -> String {
    format!("… (truncated, {bytes} bytes in total)")
}

/// Returns the last character boundary at or before `index`. (`str::floor_char_boundary` is newer than our MSRV.)
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
    fn report_has_type_name_message_and_causes() {
        let report = ErrorReport::new(order_error());
        assert_eq!(
            json(&report),
            r#"{"errorType":"OrderError","errorMessage":"order 7 failed","stackTrace":["invalid digit found in string"]}"#
        );
        assert_eq!(report.header(), "Function.OrderError");
        assert_eq!(report.text(), "OrderError: order 7 failed: invalid digit found in string");
    }

    #[test]
    fn body_without_a_stack_trace_has_type_and_message_only() {
        let report = ErrorReport::new(order_error()).without_stack_trace();
        assert_eq!(json(&report), r#"{"errorType":"OrderError","errorMessage":"order 7 failed"}"#);
    }

    #[test]
    fn errors_of_unnamed_types_are_called_error() {
        assert_eq!(ErrorReport::new("a").name(), "Error");
        assert_eq!(ErrorReport::new(String::from("a")).name(), "Error");
        assert_eq!(ErrorReport::new(Cow::Borrowed("a")).name(), "Error");
        assert_eq!(ErrorReport::new(BoxError::from("a")).name(), "Error");
        assert_eq!(ErrorReport::new(std::io::Error::other("a")).name(), "Error");
    }

    #[test]
    fn error_with_a_message_keeps_name_cause_and_permanence() {
        let result: Result<(), Error> = Err(Error::permanent(order_error()));
        let error = result.or_error("cannot process").unwrap_err();
        assert!(error.is_permanent());
        assert_eq!(
            json(&error.into()),
            r#"{"errorType":"OrderError","errorMessage":"cannot process","stackTrace":["order 7 failed","invalid digit found in string"]}"#
        );
        let error = Err::<(), _>("no key").or_error("cannot sign").unwrap_err();
        assert_eq!(error.name(), "Error");
        assert_eq!(
            json(&error.into()),
            r#"{"errorType":"Error","errorMessage":"cannot sign","stackTrace":["no key"]}"#
        );
        let error = None::<()>.or_error(format_args!("no key {}", 7)).unwrap_err();
        assert_eq!(json(&error.into()), r#"{"errorType":"Error","errorMessage":"no key 7","stackTrace":[]}"#);
        assert_eq!(Some(7).or_error("no key").unwrap(), 7);
        assert_eq!(Ok::<_, Error>(7).or_error("no key").unwrap(), 7);
    }

    #[test]
    fn retry_delay_survives_layers_and_messages() {
        let delay = Duration::from_secs(30);
        let boxed: BoxError = Error::msg("busy").retry_after(delay).into();
        assert_eq!(ErrorReport::from_box(boxed).retry_delay(), Some(delay));
        let result: Result<(), Error> = Err(Error::msg("busy").retry_after(delay));
        assert_eq!(result.or_error("cannot pay").unwrap_err().retry_delay(), Some(delay));
        assert_eq!(Error::msg("busy").retry_delay(), None);
    }

    #[test]
    fn boxed_error_keeps_its_name() {
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
    fn header_is_reduced_to_the_pattern_of_lambda() {
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
    fn huge_message_is_truncated_at_a_character_boundary() {
        let text = json(&ErrorReport::new("é".repeat(MAX_MESSAGE_BYTES)));
        assert!(text.len() < MAX_MESSAGE_BYTES + 200, "{}", text.len());
        assert!(text.contains("(truncated, 131072 bytes in total)"));
    }

    #[test]
    fn huge_log_text_is_truncated() {
        let report = ErrorReport::new(Error::msg("é".repeat(MAX_MESSAGE_BYTES)));
        let text = report.text();
        assert!(text.starts_with("Error: éé") && text.len() < MAX_MESSAGE_BYTES + 100, "{}", text.len());
        assert!(text.ends_with(&format!("é… (truncated, {} bytes in total)", "Error: ".len() + 2 * MAX_MESSAGE_BYTES)));
    }

    #[test]
    fn display_that_fails_keeps_type_and_message() {
        #[derive(Debug)]
        struct Failing;
        impl StdError for Failing {}
        impl fmt::Display for Failing {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("no stock of ")?;
                Err(fmt::Error)
            }
        }
        let report = ErrorReport::from(Error::from(Failing));
        assert_eq!(json(&report), r#"{"errorType":"Failing","errorMessage":"no stock of ","stackTrace":[]}"#);
        assert_eq!(report.text(), "Failing: no stock of ");
        assert_eq!(Error::msg(Failing).to_string(), "no stock of ");
        #[derive(Debug, thiserror::Error)]
        #[error("outer")]
        struct Outer(#[source] Failing);
        assert_eq!(ErrorReport::new(Outer(Failing)).text(), "Outer: outer: no stock of ");
    }

    #[test]
    fn control_characters_are_escaped_in_json() {
        let report = ErrorReport::new("a\n\"b\"\r");
        assert_eq!(json(&report), r#"{"errorType":"Error","errorMessage":"a\n\"b\"\r","stackTrace":[]}"#);
    }
}
