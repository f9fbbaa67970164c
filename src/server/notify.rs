//! What a server program tells its service manager.

use crate::address::UnixAddress;
use crate::constants::{AF_UNIX, SOCK_DGRAM};
use crate::error::{Error, Result};
use crate::socket::Socket;

/// How many seconds a service manager may take to make room for a message.
const PATIENCE: f64 = 5.0;

/// Tells the service manager about the state of this program, as `sd_notify(3)` does: `"READY=1"` when it serves,
/// `"STOPPING=1"` when it ends, `"RELOADING=1"`, `"STATUS=some text"`, `"MAINPID=1234"`, or several of them in lines.
///
/// Nothing is sent unless the program calls this or [`serve_until_signal`](super::serve_until_signal). Returns false if
/// there is no service manager that wants to know: it names its socket in `NOTIFY_SOCKET`, which is a path, or an
/// abstract name that begins with `@`.
///
/// Fails with [`Error::Value`] for an empty state and for another kind of socket, with [`Error::Timeout`] if the manager
/// takes no message for 5 seconds, and with [`Error::Os`] if it is not there.
///
/// ```no_run
/// use tabi::server::{Request, ThreadingTcpServer, notify};
///
/// let server = ThreadingTcpServer::new(("127.0.0.1", 9001), |request: &Request| request.reply(b"hello"))?;
/// notify("READY=1\nSTATUS=Waiting for clients")?;
/// server.serve_forever()?;
/// # Ok::<(), tabi::Error>(())
/// ```
pub fn notify(state: &str) -> Result<bool> {
    if state.is_empty() {
        return Err(Error::value("the state for a service manager is empty"));
    }
    let Some(name) = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
        return Ok(false);
    };
    let address = match name.as_encoded_bytes() {
        [b'@', name @ ..] => UnixAddress::from_bytes(&[b"\0", name].concat())?,
        path @ [b'/', ..] => UnixAddress::from_bytes(path)?,
        _ => {
            return Err(Error::value(format_args!(
                "NOTIFY_SOCKET must be a path or an abstract name, got {name:?}"
            )));
        }
    };
    let socket = Socket::new(AF_UNIX, SOCK_DGRAM, 0)?;
    socket.settimeout(PATIENCE)?;
    socket.sendto(state.as_bytes(), address)?;
    Ok(true)
}
