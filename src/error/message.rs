//! The text of an error.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// The text of an error that no number describes.
///
/// It derefs to `str`, and is made from a `String` or from a text that lives as long as the program.
///
/// It is as large as a pointer. So an [`Error`](crate::Error), and a result that may be one, fits in two registers.
#[derive(Clone)]
pub struct Message(Box<Text>);

/// A `Cow` whose text has no spare capacity. Freeing it cannot unwind, in contrast to a `String`, which the standard
/// library frees. Nearly every function drops an error somewhere, and needs no landing pad for this.
#[derive(Clone)]
enum Text {
    Fixed(&'static str),
    Made(Box<str>),
}

impl Deref for Message {
    type Target = str;

    fn deref(&self) -> &str {
        match &*self.0 {
            Text::Fixed(text) => text,
            Text::Made(text) => text,
        }
    }
}

impl PartialEq for Message {
    fn eq(&self, other: &Message) -> bool {
        **self == **other
    }
}

impl Eq for Message {}

impl Hash for Message {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl PartialEq<str> for Message {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl PartialEq<&str> for Message {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl From<Cow<'static, str>> for Message {
    fn from(text: Cow<'static, str>) -> Self {
        match text {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Message(boxed(Text::Fixed(text)))
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Message(boxed(Text::Made(text.into())))
    }
}

/// What an error of this crate is made of: also the arguments of `format_args!`, whose values are numbers and types of
/// this crate, so that writing them does not panic.
pub(crate) trait IntoMessage {
    fn into_message(self) -> Message;
}

impl IntoMessage for &'static str {
    fn into_message(self) -> Message {
        self.into()
    }
}

impl IntoMessage for String {
    fn into_message(self) -> Message {
        self.into()
    }
}

impl IntoMessage for fmt::Arguments<'_> {
    fn into_message(self) -> Message {
        Message(written(&self))
    }
}

/// As an `extern "C"` function it cannot unwind, and those that make errors need no landing pads.
#[allow(improper_ctypes_definitions, reason = "only Rust calls it")]
#[inline(never)]
extern "C" fn boxed(text: Text) -> Box<Text> {
    Box::new(text)
}

/// [`boxed`] for a text that is still to be written.
#[inline(never)]
extern "C" fn written(text: &fmt::Arguments<'_>) -> Box<Text> {
    boxed(match text.as_str() {
        Some(text) => Text::Fixed(text),
        None => Text::Made(text.to_string().into()),
    })
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        match *message.0 {
            Text::Fixed(text) => text.to_owned(),
            Text::Made(text) => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{Error, Result};

    #[test]
    fn a_result_fits_in_two_registers() {
        let two_registers = 2 * size_of::<usize>();
        assert!(size_of::<Error>() <= two_registers);
        assert!(size_of::<Result<()>>() <= two_registers);
        assert!(size_of::<Result<usize>>() <= two_registers);
    }

    #[test]
    fn a_text_stays_what_it_was() {
        let (fixed, made) = (Error::value("a text"), Error::value(format!("a {}", "text")));
        assert_eq!(
            (fixed.to_string(), format!("{fixed:?}")),
            ("a text".to_owned(), r#"Value("a text")"#.to_owned())
        );
        assert_eq!(fixed, made);
        let Error::Value(message) = made.clone() else { panic!("{made:?}") };
        assert_eq!((message.len(), String::from(message)), (6, "a text".to_owned()));
    }
}
