//! The values of the cases, and their text for the comparison.

use std::fmt;
use std::rc::Rc;

use tabi::{Address, Error, Socket, UnixAddress};

/// A value of Python.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    None,
    Bool(bool),
    Int(i128),
    Float(f64),
    Str(String),
    Bytes(Vec<u8>),
    Tuple(Vec<Value>),
    List(Vec<Value>),
    Socket(Rc<Socket>),
}

impl fmt::Display for Value {
    /// Writes the same text as `python.py`. Two different values of Python have different texts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, items: &[Value], open, close| {
            f.write_str(open)?;
            for (index, item) in items.iter().enumerate() {
                write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
            }
            f.write_str(close)
        };
        match self {
            Value::None => f.write_str("None"),
            Value::Bool(true) => f.write_str("True"),
            Value::Bool(false) => f.write_str("False"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Float(number) => write!(f, "{number:.9}"),
            Value::Str(text) => write!(f, "'{}'", text.replace('\n', "\\n")),
            Value::Bytes(bytes) => {
                f.write_str("b:")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
            Value::Tuple(items) => list(f, items, "(", ")"),
            Value::List(items) => list(f, items, "[", "]"),
            Value::Socket(_) => f.write_str("<socket>"),
        }
    }
}

impl Value {
    pub(crate) fn int(&self) -> i128 {
        match self {
            Value::Int(number) => *number,
            Value::Bool(value) => i128::from(*value),
            other => panic!("a number is wanted, not {other}"),
        }
    }

    /// A number for an argument of the type `int`. The cases have no larger numbers.
    pub(crate) fn c_int(&self) -> i32 {
        i32::try_from(self.int()).unwrap_or_else(|_| panic!("{self} is no int of C's"))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Value::Bytes(bytes) => bytes,
            Value::Str(text) => text.as_bytes(),
            other => panic!("bytes are wanted, not {other}"),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Value::Str(text) => text,
            other => panic!("a text is wanted, not {other}"),
        }
    }

    pub(crate) fn items(&self) -> &[Value] {
        match self {
            Value::Tuple(items) | Value::List(items) => items,
            other => panic!("a list is wanted, not {other}"),
        }
    }

    pub(crate) fn socket(&self) -> &Rc<Socket> {
        match self {
            Value::Socket(socket) => socket,
            other => panic!("a socket is wanted, not {other}"),
        }
    }
}

impl From<i128> for Value {
    fn from(number: i128) -> Self {
        Value::Int(number)
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Value::Int(number as i128)
    }
}

impl From<i32> for Value {
    fn from(number: i32) -> Self {
        Value::Int(number.into())
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Value::Int(number.into())
    }
}

impl From<u16> for Value {
    fn from(number: u16) -> Self {
        Value::Int(number.into())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Str(text)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Value::Bytes(bytes)
    }
}

impl From<()> for Value {
    fn from((): ()) -> Self {
        Value::None
    }
}

impl From<Socket> for Value {
    fn from(socket: Socket) -> Self {
        Value::Socket(Rc::new(socket))
    }
}

/// The address in the form that Python gives it.
pub(crate) fn address(socket: &Socket, address: Address) -> Value {
    match address {
        Address::Inet(v4) => Value::Tuple(vec![v4.ip().to_string().into(), v4.port().into()]),
        Address::Inet6(v6) => Value::Tuple(vec![
            v6.ip().to_string().into(),
            v6.port().into(),
            v6.flowinfo().into(),
            v6.scope_id().into(),
        ]),
        Address::Unix(UnixAddress::Abstract(_)) => {
            Value::Bytes(address.as_unix().map(UnixAddress::to_bytes).unwrap_or_default())
        }
        Address::Unix(unix) => Value::Str(String::from_utf8(unix.to_bytes()).expect("a path in UTF-8")),
        Address::None => Value::None,
        Address::Netlink(netlink) => Value::Tuple(vec![netlink.pid.into(), netlink.groups.into()]),
        Address::Vsock(vsock) => Value::Tuple(vec![vsock.cid.into(), vsock.port.into()]),
        Address::Packet(packet) => Value::Tuple(vec![
            String::from_utf8(socket.interface_name(packet.interface).expect("an open socket"))
                .expect("a name in UTF-8")
                .into(),
            packet.protocol.into(),
            i32::from(packet.packet_type).into(),
            packet.hardware_type.into(),
            packet.hardware_address.as_bytes().to_vec().into(),
        ]),
        other => panic!("the cases have no such address: {other}"),
    }
}

/// The class and the number with which Python would raise the error.
pub(crate) fn error(error: &Error) -> String {
    match error {
        Error::Os(errno) => format!("OSError {errno}"),
        Error::Closed => format!("OSError {}", libc::EBADF),
        Error::OsMessage(_) => "OSError".to_owned(),
        Error::Timeout => "timeout".to_owned(),
        Error::Gai(code) => format!("gaierror {code}"),
        Error::Herror(code) => format!("herror {code}"),
        Error::Value(_) => "ValueError".to_owned(),
        Error::Overflow(_) => "OverflowError".to_owned(),
        Error::Type(_) => "TypeError".to_owned(),
        other => panic!("a kind of error that Python does not have: {other:?}"),
    }
}
