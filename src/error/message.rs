//! The text of an error.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

/// The text of an error that no number describes.
///
/// It derefs to `str`, and is made from a `String` or from a text that lives as long as the program.
///
/// It is as large as a pointer. So an [`Error`](crate::Error), and a result that may be one, fits in two registers.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Message(Box<Cow<'static, str>>);

impl Deref for Message {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
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
        Message(Box::new(text))
    }
}

impl From<&'static str> for Message {
    fn from(text: &'static str) -> Self {
        Cow::from(text).into()
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Cow::from(text).into()
    }
}

impl From<Message> for String {
    fn from(message: Message) -> Self {
        message.0.into_owned()
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
