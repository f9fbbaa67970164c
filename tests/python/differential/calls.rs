//! Makes the calls of the cases on this library.

use std::collections::HashMap;
use std::io::{IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::os::fd::IntoRawFd;
use std::rc::Rc;
use std::time::Duration;

use tabi::{
    AF_UNIX, AddressFamily, ControlBuffer, ControlData, Error, HostEntry, NetlinkAddress, PacketAddress,
    RawAddress, RawControlMessages, Result, Socket, SocketKind, ToAddress, UnixAddress, VsockAddress,
    constants,
};

use tabi::constants::{AF_NETLINK, AF_PACKET, AF_VSOCK};

use super::syntax::{Expression, statements};
use super::value::{self, Value};

/// Runs the statements of a case. Returns their result as a text for the comparison.
pub(crate) fn run(case: &str) -> String {
    let mut names = HashMap::new();
    let mut shown = Vec::new();
    for statement in statements(case) {
        match evaluate(&statement.expression, &names) {
            Err(Failure::Unknown) => shown.push("NameError".to_owned()),
            Err(Failure::Library(error)) => shown.push(value::error(&error)),
            Ok(value) if statement.targets.is_empty() => shown.push(value.to_string()),
            Ok(value) => {
                match statement.targets.as_slice() {
                    [target] => drop(names.insert(target.clone(), value)),
                    targets => {
                        for (target, item) in targets.iter().zip(value.items()) {
                            names.insert(target.clone(), item.clone());
                        }
                    }
                }
                shown.push("=".to_owned());
            }
        }
    }
    tabi::setdefaulttimeout(None).expect("no timeout is a timeout");
    shown.join(" ; ")
}

enum Failure {
    /// The value of a name that no statement has set, because the statement failed.
    Unknown,
    Library(Error),
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Library(error.into())
    }
}

type Evaluated = std::result::Result<Value, Failure>;

fn evaluate(expression: &Expression, names: &HashMap<String, Value>) -> Evaluated {
    let all = |items: &[Expression]| -> std::result::Result<Vec<Value>, Failure> {
        items.iter().map(|item| evaluate(item, names)).collect()
    };
    match expression {
        Expression::Literal(value) => Ok(value.clone()),
        Expression::Name(name) => match (names.get(name), constants::constant(name)) {
            (Some(value), _) => Ok(value.clone()),
            (None, Some(number)) => Ok(Value::Int(number.into())),
            (None, None) => Err(Failure::Unknown),
        },
        Expression::Tuple(items) => Ok(Value::Tuple(all(items)?)),
        Expression::List(items) => Ok(Value::List(all(items)?)),
        Expression::Or(left, right) => {
            Ok(Value::Int(evaluate(left, names)?.int() | evaluate(right, names)?.int()))
        }
        Expression::Index(value, index) => {
            let value = evaluate(value, names)?;
            Ok(value.items()[usize::try_from(*index).expect("an index from the front")].clone())
        }
        Expression::Attribute(value, name) => {
            let value = evaluate(value, names)?;
            let socket = value.socket();
            Ok(match name.as_str() {
                "family" => socket.family().as_raw().into(),
                "type" => socket.kind().as_raw().into(),
                "proto" => socket.proto().into(),
                "timeout" => timeout(socket.gettimeout()),
                other => panic!("no attribute {other}"),
            })
        }
        Expression::Call(None, name, arguments) => {
            let arguments = all(arguments)?;
            Ok(function(name, &arguments)?)
        }
        Expression::Call(Some(value), name, arguments) => {
            let value = evaluate(value, names)?;
            let arguments = all(arguments)?;
            Ok(method(value.socket(), name, &arguments)?)
        }
    }
}

/// Calls a function of the module, or one of the helpers that `python.py` has too.
fn function(name: &str, arguments: &[Value]) -> Result<Value> {
    let at = |index: usize| &arguments[index];
    let number = |index: usize, otherwise: i32| arguments.get(index).map_or(otherwise, Value::c_int);
    let size = |index: usize| arguments.get(index).map_or(0, Value::int) as usize;
    let given = |index: usize| arguments.get(index).map(Value::c_int).filter(|&value| value != -1);
    Ok(match name {
        "socket" => {
            let (family, kind) = (number(0, libc::AF_INET), number(1, libc::SOCK_STREAM));
            Socket::new(family.into(), kind.into(), number(2, 0))?.into()
        }
        "socketpair" => {
            let (family, kind) = (number(0, libc::AF_UNIX), number(1, libc::SOCK_STREAM));
            let (one, other) = Socket::socketpair(family.into(), kind.into(), number(2, 0))?;
            Value::Tuple(vec![one.into(), other.into()])
        }
        "from_fd" => {
            let (family, kind) = (given(1).map(AddressFamily::from_raw), given(2).map(SocketKind::from_raw));
            // SAFETY: a case has detached the descriptor from its socket, or its number is not a descriptor.
            #[allow(unsafe_code)]
            let socket = unsafe { Socket::from_fileno(number(0, 0), family, kind, given(3)) };
            socket?.into()
        }
        "CMSG_LEN" => tabi::cmsg_len(at(0).int() as usize)?.into(),
        "CMSG_SPACE" => tabi::cmsg_space(at(0).int() as usize)?.into(),
        "inet_aton" => tabi::inet_aton(at(0).text())?.to_vec().into(),
        "inet_ntoa" => tabi::inet_ntoa(at(0).bytes())?.into(),
        "inet_pton" => tabi::inet_pton(number(0, 0).into(), at(1).text())?.into(),
        "inet_ntop" => tabi::inet_ntop(number(0, 0).into(), at(1).bytes())?.into(),
        "htons" => tabi::htons(at(0).c_int() as u16).into(),
        "ntohs" => tabi::ntohs(at(0).c_int() as u16).into(),
        "htonl" => tabi::htonl(at(0).int() as u32).into(),
        "ntohl" => tabi::ntohl(at(0).int() as u32).into(),
        "getaddrinfo" => getaddrinfo(arguments)?,
        "getnameinfo" => {
            let (host, service) = match at(0).items() {
                [host, port] => tabi::getnameinfo((host.text(), port_of(port)?), number(1, 0))?,
                [host, port, flowinfo, scope] => {
                    let address = (host.text(), port_of(port)?, flowinfo.int() as u32, scope.int() as u32);
                    tabi::getnameinfo(address, number(1, 0))?
                }
                _ => panic!("no such address in the cases: {}", at(0)),
            };
            Value::Tuple(vec![host.into(), service.into()])
        }
        "gethostbyname" => tabi::gethostbyname(at(0).text())?.to_string().into(),
        "gethostbyname_ex" => host_entry(tabi::gethostbyname_ex(at(0).text())?),
        "gethostbyaddr" => host_entry(tabi::gethostbyaddr(at(0).text())?),
        "gethostname" => tabi::gethostname()?.into(),
        "getservbyname" => tabi::getservbyname(at(0).text(), arguments.get(1).map(Value::text))?.into(),
        "getservbyport" => tabi::getservbyport(port_of(at(0))?, arguments.get(1).map(Value::text))?.into(),
        "getprotobyname" => tabi::getprotobyname(at(0).text())?.into(),
        "index_of" => tabi::if_nametoindex(at(0).text()).map_or(Value::None, Value::from),
        "if_indextoname" => tabi::if_indextoname(at(0).int() as u32)?.into(),
        "getdefaulttimeout" => timeout(tabi::getdefaulttimeout()),
        "setdefaulttimeout" => set_timeout(at(0), tabi::setdefaulttimeout, || tabi::setdefaulttimeout(None))?,
        "dup" => {
            // SAFETY: a case duplicates only its own descriptors, or a number that is not a descriptor.
            #[allow(unsafe_code)]
            let copy = unsafe { tabi::socket::dup(number(0, 0)) };
            copy?.into_raw_fd().into()
        }
        "close" => {
            // SAFETY: a case closes only what it has detached or duplicated itself, or a number that is not a
            // descriptor.
            #[allow(unsafe_code)]
            let closed = unsafe { tabi::socket::close(number(0, 0)) };
            closed?.into()
        }
        "recv_into" => {
            let mut buffer = vec![0; at(1).int() as usize];
            let count = at(0).socket().recv_into_with_flags(&mut buffer, number(2, 0))?;
            Value::Tuple(vec![count.into(), buffer.into()])
        }
        "recvfrom_into" => {
            let mut buffer = vec![0; at(1).int() as usize];
            let socket = at(0).socket();
            let (count, sender) = socket.recvfrom_into_with_flags(&mut buffer, number(2, 0))?;
            Value::Tuple(vec![count.into(), buffer.into(), value::address(socket, sender)])
        }
        "recvmsg_into" => recvmsg_into(at(0).socket(), at(1).items(), size(2), number(3, 0))?,
        "repeat" => match at(0) {
            Value::Bytes(bytes) => bytes.repeat(at(1).int() as usize).into(),
            text => text.text().repeat(at(1).int() as usize).into(),
        },
        "fd_of" => at(0).socket().fileno().into(),
        "type_of" => at(0).socket().kind().as_raw().into(),
        "len" => match at(0) {
            Value::Tuple(items) | Value::List(items) => items.len().into(),
            other => other.bytes().len().into(),
        },
        other => panic!("no function {other}"),
    })
}

fn getaddrinfo(arguments: &[Value]) -> Result<Value> {
    let number = |index: usize| arguments.get(index).map_or(0, Value::c_int);
    let host = match &arguments[0] {
        Value::None => None,
        host => Some(host.text()),
    };
    let hints = (number(2).into(), number(3).into(), number(4), number(5));
    let found = match &arguments[1] {
        Value::None => tabi::getaddrinfo(host, None::<&str>, hints.0, hints.1, hints.2, hints.3),
        Value::Int(port) => tabi::getaddrinfo(host, port.to_string(), hints.0, hints.1, hints.2, hints.3),
        service => tabi::getaddrinfo(host, service.text(), hints.0, hints.1, hints.2, hints.3),
    }?;
    let any = Socket::new(AF_UNIX, tabi::SOCK_STREAM, 0)?;
    let row = |info: tabi::AddrInfo| {
        Value::Tuple(vec![
            info.family.as_raw().into(),
            info.kind.as_raw().into(),
            info.proto.into(),
            info.canonname.into(),
            value::address(&any, info.address),
        ])
    };
    Ok(Value::List(found.into_iter().map(row).collect()))
}

fn host_entry(entry: HostEntry) -> Value {
    let texts = |texts: Vec<String>| Value::List(texts.into_iter().map(Value::from).collect());
    let addresses = entry.addresses.iter().map(ToString::to_string).collect();
    Value::Tuple(vec![entry.name.into(), texts(entry.aliases), texts(addresses)])
}

fn timeout(timeout: Option<Duration>) -> Value {
    timeout.map_or(Value::None, |timeout| Value::Float(timeout.as_secs_f64()))
}

fn set_timeout(
    value: &Value,
    some: impl FnOnce(f64) -> Result<()>,
    none: impl FnOnce() -> Result<()>,
) -> Result<Value> {
    match value {
        Value::None => none(),
        Value::Float(seconds) => some(*seconds),
        number => some(number.int() as f64),
    }
    .map(Value::from)
}

/// Converts a port to Rust's type. A number that is not a port does not compile in Rust; `tests/c` checks it.
fn port_of(port: &Value) -> Result<u16> {
    u16::try_from(port.int()).map_err(|_| Error::Overflow(format!("port must be 0-65535, got {port}").into()))
}

/// An address in a form that Python's methods take.
struct Given<'a>(&'a Socket, &'a Value);

impl ToAddress for Given<'_> {
    fn to_address(&self, family: AddressFamily, deadline: tabi::Deadline) -> Result<RawAddress> {
        match (self.1, family) {
            (Value::Str(_) | Value::Bytes(_), _) => {
                UnixAddress::from_bytes(self.1.bytes())?.to_address(family, deadline)
            }
            (Value::Tuple(parts), AF_NETLINK) => {
                NetlinkAddress { pid: parts[0].int() as u32, groups: parts[1].int() as u32 }
                    .to_address(family, deadline)
            }
            (Value::Tuple(parts), AF_VSOCK) => {
                VsockAddress { cid: parts[0].int() as u32, port: parts[1].int() as u32 }
                    .to_address(family, deadline)
            }
            (Value::Tuple(parts), AF_PACKET) => {
                let interface = self.0.interface_index(parts[0].text())?;
                PacketAddress::new(interface, parts[1].int() as u16).to_address(family, deadline)
            }
            (Value::Tuple(parts), _) => match parts.as_slice() {
                [host, port] => (host.text(), port_of(port)?).to_address(family, deadline),
                [host, port, flowinfo] => {
                    (host.text(), port_of(port)?, flowinfo.int() as u32, 0).to_address(family, deadline)
                }
                [host, port, flowinfo, scope] => {
                    let (flowinfo, scope) = (flowinfo.int() as u32, scope.int() as u32);
                    (host.text(), port_of(port)?, flowinfo, scope).to_address(family, deadline)
                }
                _ => panic!("no such address in the cases: {}", self.1),
            },
            (other, _) => panic!("no such address in the cases: {other}"),
        }
    }
}

/// Calls a method of `socket.socket`.
fn method(socket: &Rc<Socket>, name: &str, arguments: &[Value]) -> Result<Value> {
    let at = |index: usize| &arguments[index];
    let number = |index: usize, otherwise: i32| arguments.get(index).map_or(otherwise, Value::c_int);
    let size = |index: usize| arguments.get(index).map_or(0, Value::int) as usize;
    let given = |index: usize| Given(socket, &arguments[index]);
    Ok(match name {
        "bind" => socket.bind(given(0))?.into(),
        "connect" => socket.connect(given(0))?.into(),
        "connect_ex" => socket.connect_ex(given(0))?.into(),
        "listen" => socket.listen(number(0, tabi::DEFAULT_BACKLOG))?.into(),
        "accept" => {
            let (client, peer) = socket.accept()?;
            let peer = value::address(socket, peer);
            Value::Tuple(vec![client.into(), peer])
        }
        "close" => socket.close()?.into(),
        "detach" => socket.detach()?.into_raw_fd().into(),
        "fileno" => socket.fileno().into(),
        "dup" => socket.dup()?.into(),
        "getsockname" => value::address(socket, socket.getsockname()?),
        "getpeername" => value::address(socket, socket.getpeername()?),
        "getsockopt" => match arguments.get(2).map(Value::c_int) {
            None | Some(0) => socket.getsockopt(number(0, 0), number(1, 0))?.into(),
            // A negative length is out of range, like a length that is too large.
            Some(len) => {
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                socket.getsockopt_bytes(number(0, 0), number(1, 0), len)?.into()
            }
        },
        "setsockopt" => match at(2) {
            Value::None => socket.setsockopt_null(number(0, 0), number(1, 0), size(3))?.into(),
            Value::Bytes(bytes) => socket.setsockopt_bytes(number(0, 0), number(1, 0), bytes)?.into(),
            value => socket.setsockopt(number(0, 0), number(1, 0), value.c_int())?.into(),
        },
        "settimeout" => set_timeout(at(0), |seconds| socket.settimeout(seconds), || socket.settimeout(None))?,
        "gettimeout" => timeout(socket.gettimeout()),
        "setblocking" => socket.setblocking(at(0).int() != 0)?.into(),
        "getblocking" => socket.getblocking().into(),
        "shutdown" => match number(0, 0) {
            libc::SHUT_RD => socket.shutdown(Shutdown::Read)?.into(),
            libc::SHUT_WR => socket.shutdown(Shutdown::Write)?.into(),
            libc::SHUT_RDWR => socket.shutdown(Shutdown::Both)?.into(),
            // Other arguments do not compile in Rust; `tests/c` checks them.
            _ => return Err(Error::Os(libc::EINVAL)),
        },
        "get_inheritable" => socket.get_inheritable()?.into(),
        "set_inheritable" => socket.set_inheritable(at(0).int() != 0)?.into(),
        "recv" => socket.recv_with_flags(size(0), number(1, 0))?.into(),
        "recvfrom" => {
            let (bytes, sender) = socket.recvfrom_with_flags(size(0), number(1, 0))?;
            Value::Tuple(vec![bytes.into(), value::address(socket, sender)])
        }
        "recvmsg" => recvmsg(socket, size(0), size(1), number(2, 0))?,
        "send" => socket.send_with_flags(at(0).bytes(), number(1, 0))?.into(),
        "sendall" => socket.sendall_with_flags(at(0).bytes(), number(1, 0))?.into(),
        "sendto" if arguments.len() == 3 => {
            socket.sendto_with_flags(at(0).bytes(), number(1, 0), given(2))?.into()
        }
        "sendto" => socket.sendto(at(0).bytes(), given(1))?.into(),
        "sendmsg" => sendmsg(socket, arguments)?,
        other => panic!("no method {other}"),
    })
}

fn sendmsg(socket: &Socket, arguments: &[Value]) -> Result<Value> {
    let buffers: Vec<IoSlice<'_>> =
        arguments[0].items().iter().map(|part| IoSlice::new(part.bytes())).collect();
    let mut control = ControlData::new();
    for message in arguments.get(1).map_or(&[][..], Value::items) {
        let [level, kind, data] = message.items() else { panic!("three parts: {message}") };
        if (level.c_int(), kind.c_int()) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: the numbers in the cases are those of no descriptor.
            #[allow(unsafe_code)]
            unsafe { control.fd_numbers(data.bytes()) }?;
        } else {
            control.raw(level.c_int(), kind.c_int(), data.bytes())?;
        }
    }
    let flags = arguments.get(2).map_or(0, Value::c_int);
    let sent = match arguments.get(3) {
        Some(address) => socket.sendmsg_to(&buffers, &control, flags, Given(socket, address)),
        None => socket.sendmsg(&buffers, &control, flags),
    };
    Ok(sent?.into())
}

fn recvmsg(socket: &Socket, size: usize, control: usize, flags: i32) -> Result<Value> {
    let mut control = ControlBuffer::new(control)?;
    let mut buffer = vec![0; size];
    let received = socket.recvmsg_into(&mut [IoSliceMut::new(&mut buffer)], &mut control, flags)?;
    buffer.truncate(received.len);
    let sender = value::address(socket, received.address);
    Ok(Value::Tuple(vec![buffer.into(), messages(&control), received.flags.into(), sender]))
}

fn recvmsg_into(socket: &Socket, sizes: &[Value], control: usize, flags: i32) -> Result<Value> {
    let mut control = ControlBuffer::new(control)?;
    let mut buffers: Vec<Vec<u8>> = sizes.iter().map(|size| vec![0; size.int() as usize]).collect();
    let mut slices: Vec<IoSliceMut<'_>> = buffers.iter_mut().map(|buffer| IoSliceMut::new(buffer)).collect();
    let received = socket.recvmsg_into(&mut slices, &mut control, flags)?;
    let buffers = buffers.into_iter().map(Value::from).collect();
    let sender = value::address(socket, received.address);
    Ok(Value::Tuple(vec![
        received.len.into(),
        Value::List(buffers),
        messages(&control),
        received.flags.into(),
        sender,
    ]))
}

fn messages(control: &ControlBuffer) -> Value {
    let parts = |message: tabi::RawControlMessage<'_>| {
        Value::Tuple(vec![message.level.into(), message.kind.into(), message.data.to_vec().into()])
    };
    Value::List(RawControlMessages::new(control.as_bytes()).map(parts).collect())
}
