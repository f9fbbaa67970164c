"""Names of hosts, services, protocols and interfaces."""

from __future__ import annotations

import ctypes
import operator
import os
import sys
from sys import audit

from .. import _library
from .._errors import check
from .._library import INT_MAX, INT_MIN, LONG_MAX, LONG_MIN
from .address import NEVER, decode
from .arguments import delegate, plain_int
from .buffers import zeros
from .interrupt import looking_up
from .sockaddr import SIZE, StructAddress, content, file_name, unsigned

_TEXT = ctypes.c_char_p
_INT = ctypes.c_int
_SIZE = ctypes.c_size_t
_OUT = ctypes.c_void_p
_SSIZE = ctypes.c_ssize_t


class _AddrInfo(ctypes.Structure):
    """``struct tabi_addrinfo``"""

    _fields_ = [
        ("struct_size", _SIZE),
        ("family", _INT),
        ("type", _INT),
        ("proto", _INT),
        ("canonname", _TEXT),
        ("addr", StructAddress),
    ]


class _HostEntry(ctypes.Structure):
    """``struct tabi_hostent``"""

    _fields_ = [
        ("struct_size", _SIZE),
        ("name", _TEXT),
        ("aliases", ctypes.POINTER(_TEXT)),
        ("addresses", ctypes.POINTER(_TEXT)),
    ]


_getaddrinfo = _library.function("tabi_getaddrinfo_until")
_deadline = ctypes.c_int64
_addrinfo_at = _library.quick("tabi_addrinfo_at", result=_OUT)
_addrinfo_list_free = _library.quick("tabi_addrinfo_list_free", result=None)
_from_numeric = _library.quick("tabi_addr_from_numeric", _TEXT, _INT, _TEXT)
_from_numeric6 = _library.quick(
    "tabi_addr_from_numeric6", _TEXT, _INT, ctypes.c_uint32, ctypes.c_uint32, _TEXT
)
_getnameinfo = _library.function("tabi_getnameinfo_until", _TEXT, _INT, _deadline, _TEXT, _SIZE, _TEXT, _SIZE)
_gethostbyname = _library.function("tabi_gethostbyname_until", _TEXT, _deadline, _TEXT, _SIZE, result=_SSIZE)
_gethostbyname_ex = _library.function("tabi_gethostbyname_ex_until", _TEXT, _deadline, _OUT)
_gethostbyaddr = _library.function("tabi_gethostbyaddr_until", _TEXT, _deadline, _OUT)
_hostent_free = _library.quick("tabi_hostent_free", _OUT, result=None)
_gethostname = _library.quick("tabi_gethostname", _TEXT, _SIZE, result=_SSIZE)

#: Answers for hosts and ports that were given as numbers, by the arguments of `getaddrinfo`: a string and integers, and
#: nothing that is only equal to one. They are the same at any time.
_answers: dict[tuple, tuple] = {}
_MOST_ANSWERS = 256

#: The longest answers of the resolver: NI_MAXHOST and NI_MAXSERV.
_LONGEST_HOST = 1025
_LONGEST_SERVICE = 32


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    if type.__class__ is not int and isinstance(type, int):
        # A `SocketKind`, which is what nearly every caller has.
        type = int.__index__(type)
    if (
        host.__class__ is str
        and port.__class__ is family.__class__ is type.__class__ is proto.__class__ is flags.__class__ is int
    ):
        known = _answers.get((host, port, family, type, proto, flags))
        if known is not None:
            audit("socket.getaddrinfo", host, port, family, type, proto)
            return list(known)
    return getaddrinfo_until(NEVER, host, port, family, type, proto, flags)


def getaddrinfo_until(until: int, host, port, family=0, type=0, proto=0, flags=0):
    """``getaddrinfo`` that raises ``TimeoutError`` at a moment of the monotonic clock, in nanoseconds."""
    given = host, port, family, type, proto, flags
    if host is None or isinstance(host, bytes):
        name = host
    elif isinstance(host, str):
        name = str.encode(host, "idna")
    else:
        return delegate("getaddrinfo", *given)
    family, type, proto, flags = [
        value if value.__class__ is int and INT_MIN <= value <= INT_MAX else plain_int("getaddrinfo", value, *given)
        for value in (family, type, proto, flags)
    ]
    number = _plain_port(port)
    service = _service(number)
    audit("socket.getaddrinfo", host, port, family, type, proto)
    answers = _look_up(until, name, service, family, type, proto, flags)
    if not flags and host.__class__ is str and port.__class__ is int and _is_number(name):
        if len(_answers) >= _MOST_ANSWERS:
            _answers.clear()
        _answers[host, port, family, type, proto, flags] = tuple(answers)
    return answers


def _is_number(name) -> bool:
    """Whether a host is an address that means the same at any time: an interface may get another number."""
    return name is not None and b"%" not in name and _from_numeric(name, 0, zeros(SIZE)) == 0


def _look_up(until: int, name, service, family: int, type: int, proto: int, flags: int) -> list:
    found = _OUT()
    asked = name, service, family, type, proto, flags
    count = check(looking_up(until, _getaddrinfo, *asked, _deadline(until), ctypes.byref(found)))
    try:
        return [_answer(_addrinfo_at(found, number)) for number in range(count)]
    finally:
        _addrinfo_list_free(found)


#: Since Python 3.14 the port may be any object that stands for an integer. Before, not even a truth value could be.
_PORT_MAY_BE_ANY_INTEGER = sys.version_info >= (3, 14)


def _plain_port(port):
    """The port as it is, or the integer that it stands for."""
    if port is None or isinstance(port, (bytes, str)) or port.__class__ is int:
        return port
    if _PORT_MAY_BE_ANY_INTEGER and hasattr(type(port), "__index__"):
        return operator.index(port)
    raise OSError("Int or String expected")


def _service(port):
    """A port as ``getaddrinfo(3)`` takes it: text."""
    if port is None or isinstance(port, bytes):
        return port
    if isinstance(port, str):
        return str.encode(port)
    if not LONG_MIN <= port <= LONG_MAX and sys.version_info < (3, 12):
        raise OverflowError("Python int too large to convert to C long")
    return b"%d" % port


def _answer(place: int) -> tuple:
    info = _AddrInfo.from_address(place)
    address = decode(ctypes.string_at(place + _AddrInfo.addr.offset, SIZE), info.proto)
    return info.family, info.type, info.proto, info.canonname.decode(), address


def getnameinfo(sockaddr, flags, /):
    if isinstance(sockaddr, tuple):
        return getnameinfo_until(NEVER, sockaddr, flags)
    plain_int("getnameinfo", flags, sockaddr, flags)
    # The traceback must not keep the argument alive.
    del sockaddr
    raise TypeError("getnameinfo() argument 1 must be a tuple")


def getnameinfo_until(until: int, sockaddr, flags):
    """``getnameinfo`` that raises ``TimeoutError`` at a moment of the monotonic clock, in nanoseconds."""
    given = sockaddr, flags
    if not isinstance(sockaddr, tuple):
        return delegate("getnameinfo", *given)
    flags = plain_int("getnameinfo", flags, *given)
    if not 2 <= len(sockaddr) <= 4 or not isinstance(sockaddr[0], str):
        return delegate("getnameinfo", *given)
    port = plain_int("getnameinfo", sockaddr[1], *given)
    flowinfo, scope_id = (*map(unsigned, sockaddr[2:]), 0, 0)[:2]
    if flowinfo > 0xFFFFF:
        raise OverflowError("getnameinfo(): flowinfo must be 0-1048575.")
    sys.audit("socket.getnameinfo", sockaddr)
    host, address = str.encode(sockaddr[0]), zeros(SIZE)
    check(_from_numeric(host, port, address))
    if len(decode(address, 0)) != 2:
        check(_from_numeric6(host, port, flowinfo, scope_id, address))
    elif len(sockaddr) != 2:
        raise OSError("IPv4 sockaddr must be 2 tuple")
    name, service = zeros(_LONGEST_HOST), zeros(_LONGEST_SERVICE)
    places = name, len(name), service, len(service)
    check(looking_up(until, _getnameinfo, address, flags, until, *places))
    return os.fsdecode(name.partition(b"\0")[0]), service.partition(b"\0")[0].decode()


def gethostbyname(hostname, /):
    return gethostbyname_until(NEVER, hostname)


def gethostbyname_until(until: int, hostname):
    """``gethostbyname`` that raises ``TimeoutError`` at a moment of the monotonic clock, in nanoseconds."""
    name = _host_name("gethostbyname", hostname)
    sys.audit("socket.gethostbyname", hostname)
    text = zeros(_LONGEST_HOST)
    return text[: check(looking_up(until, _gethostbyname, name, until, text, len(text)))].decode()


def gethostbyname_ex(hostname, /):
    return gethostbyname_ex_until(NEVER, hostname)


def gethostbyname_ex_until(until: int, hostname):
    """``gethostbyname_ex`` that raises ``TimeoutError`` at a moment of the monotonic clock, in nanoseconds."""
    name = _host_name("gethostbyname_ex", hostname)
    sys.audit("socket.gethostbyname", hostname)
    return _entry(until, _gethostbyname_ex, name)


def gethostbyaddr(host, /):
    return gethostbyaddr_until(NEVER, host)


def gethostbyaddr_until(until: int, host):
    """``gethostbyaddr`` that raises ``TimeoutError`` at a moment of the monotonic clock, in nanoseconds."""
    name = _host_name("gethostbyaddr", host)
    sys.audit("socket.gethostbyaddr", host)
    return _entry(until, _gethostbyaddr, name)


def _host_name(function: str, name) -> bytes:
    if isinstance(name, str):
        encoded = str.encode(name, "idna")
    elif isinstance(name, (bytes, bytearray)):
        encoded = content(name)
    else:
        return delegate(function, name)
    if b"\0" in encoded:
        return delegate(function, name)
    return encoded


def _entry(until: int, ask, name: bytes) -> tuple:
    """``(name, aliases, addresses)``"""
    found = _OUT()
    check(looking_up(until, ask, name, until, ctypes.addressof(found)))
    try:
        entry = _HostEntry.from_address(found.value)
        return os.fsdecode(entry.name), _texts(entry.aliases), _texts(entry.addresses)
    finally:
        _hostent_free(found)


def _texts(pointers) -> list[str]:
    found = []
    for pointer in pointers:
        if pointer is None:
            break
        found.append(pointer.decode())
    return found


def gethostname():
    sys.audit("socket.gethostname")
    text = zeros(_LONGEST_HOST)
    return os.fsdecode(text[: check(_gethostname(text, len(text)))])


def sethostname(name, /):
    encoded = name if isinstance(name, bytes) else file_name(name)
    sys.audit("socket.sethostname", encoded)
    # Not every system has this function.
    check(_library.quick("tabi_sethostname", _TEXT)(encoded))
