"""The PROXY protocol, versions 1 and 2: the header with which a proxy tells a server on whose behalf it connects.

``ThreadingMixIn.proxy_protocol`` of ``tabi.socketserver`` makes a server read such headers. ``send_proxy_header`` sends
one::

    proxy.send_proxy_header(sock, ("192.0.2.1", 56324), ("192.0.2.7", 443), tlvs=[(proxy.UNIQUE_ID, b"request 7")])
"""

from __future__ import annotations

import ctypes
from typing import Iterable, NamedTuple, Optional

from . import _library
from ._errors import check
from ._socket import address as _address
from ._socket.sockaddr import blank as _blank, pack as _pack

__all__ = [
    "ALPN",
    "AUTHORITY",
    "CRC32C",
    "NETNS",
    "NOOP",
    "ProxyHeader",
    "SSL",
    "SSL_CIPHER",
    "SSL_CN",
    "SSL_KEY_ALG",
    "SSL_SIG_ALG",
    "SSL_VERSION",
    "UNIQUE_ID",
    "Ssl",
    "read_proxy_header",
    "send_proxy_header",
]

#: The types of the values (TLVs) that a header of version 2 carries.
ALPN, AUTHORITY, CRC32C, NOOP, UNIQUE_ID = range(1, 6)
SSL, SSL_VERSION, SSL_CN, SSL_CIPHER, SSL_SIG_ALG, SSL_KEY_ALG = range(0x20, 0x26)
NETNS = 0x30

_LONGEST = 16 + 0xFFFF

_pointer, _bytes, _size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
_by_reference = ctypes.POINTER
_new = _library.quick("tabi_proxy_header_new", ctypes.c_int, _bytes, _bytes, _by_reference(_pointer))
_add_tlv = _library.quick("tabi_proxy_header_add_tlv", _pointer, ctypes.c_int, _bytes, _size)
_write = _library.quick("tabi_proxy_header_write", _pointer, _pointer, _size, result=ctypes.c_ssize_t)
_read = _library.quick(
    "tabi_proxy_header_read", ctypes.c_int, _bytes, _size, _by_reference(_pointer), result=ctypes.c_ssize_t
)
_free = _library.quick("tabi_proxy_header_free", _pointer, result=None)
_version = _library.quick("tabi_proxy_header_version", _pointer)
_is_local = _library.quick("tabi_proxy_header_is_local", _pointer)
_source = _library.quick("tabi_proxy_header_source", _pointer, _bytes)
_destination = _library.quick("tabi_proxy_header_destination", _pointer, _bytes)
_tlv_at = _library.quick(
    "tabi_proxy_header_tlv_at",
    _pointer,
    _size,
    _by_reference(ctypes.c_int),
    _by_reference(_size),
    result=_pointer,
)


class Ssl(NamedTuple):
    """What a proxy knows of the client's TLS."""

    #: Bits: 1 for a client that uses TLS, 2 for one that has shown a certificate on this connection, 4 for one that has
    #: shown it in this session.
    client: int
    #: 0 if the client has shown a certificate that the proxy has verified.
    verify: int
    #: The types (``SSL_VERSION`` and so on) and values of the rest.
    tlvs: tuple[tuple[int, bytes], ...]


class ProxyHeader(NamedTuple):
    """A header of the PROXY protocol."""

    #: 1 or 2.
    version: int
    #: Whether the proxy has connected for itself, for example for a health check.
    is_local: bool
    #: The address of the client, as ``getpeername`` would give it; None if the header does not say it.
    source: object
    #: The address to which the client has connected; None if the header does not say it.
    destination: object
    #: The types and values of what else the proxy tells.
    tlvs: tuple[tuple[int, bytes], ...] = ()

    def tlv(self, tlv_type: int) -> Optional[bytes]:
        """The first value of this type; None if there is none."""
        return next((value for its_type, value in self.tlvs if its_type == tlv_type), None)

    @property
    def unique_id(self) -> Optional[bytes]:
        """What identifies the connection in the logs of the proxy."""
        return self.tlv(UNIQUE_ID)

    @property
    def alpn(self) -> Optional[bytes]:
        """The protocol that client and proxy have agreed on, such as ``b"h2"``."""
        return self.tlv(ALPN)

    @property
    def authority(self) -> Optional[str]:
        """The host name that the client has asked for, such as the SNI of TLS. Bytes that are not UTF-8 are escaped."""
        name = self.tlv(AUTHORITY)
        return None if name is None else name.decode("utf-8", "backslashreplace")

    @property
    def ssl(self) -> Optional[Ssl]:
        """What the proxy knows of the client's TLS."""
        value = self.tlv(SSL)
        if value is None:
            return None
        return Ssl(value[0], int.from_bytes(value[1:5], "big"), tuple(_split(value[5:])))


def send_proxy_header(sock, source=None, destination=None, *, version: int = 2, tlvs: Iterable = ()) -> None:
    """Sends a header over a stream that was just connected: it must be the first thing that is sent, also before TLS.

    ``source`` is the address of the client, and ``destination`` the address to which it has connected, as Python writes
    them; hosts are not looked up. Without them the header says that the connection is the proxy's own (version 2), or
    nothing (version 1). ``tlvs`` are pairs of a type and bytes, for version 2. The value of ``CRC32C`` is computed.

    Raises ``TypeError`` for addresses that the version cannot carry, ``socket.gaierror`` for a host that is a name,
    ``ValueError`` for other arguments that cannot be, and what ``sock.sendall`` raises.
    """
    header = _pointer()
    check(_new(version, _encoded(source), _encoded(destination), header))
    try:
        for tlv_type, value in tlvs:
            value = bytes(value)
            check(_add_tlv(header, tlv_type, value, len(value)))
        written = ctypes.create_string_buffer(_LONGEST)
        size = check(_write(header, written, _LONGEST))
    finally:
        _free(header)
    sock.sendall(written.raw[:size])


def read_proxy_header(data: bytes, *, version: int = 0) -> Optional[tuple[ProxyHeader, int]]:
    """Reads a header from the first bytes of a connection; returns it, and how many of the bytes it has.

    Returns None when more bytes are needed. ``version`` is the one that is allowed; 0 is both. Raises ``ValueError`` for
    bytes that cannot become a valid header. Servers of ``tabi.socketserver`` read headers by themselves.
    """
    header = _pointer()
    size = check(_read(version, data, len(data), header))
    if not header:
        return None
    try:
        return header_at(header), size
    finally:
        _free(header)


def header_at(header: ctypes.c_void_p) -> ProxyHeader:
    """A header of the library as a Python object."""
    source, destination = _blank(), _blank()
    check(_source(header, source))
    check(_destination(header, destination))
    addresses = _address.decode(source, 0), _address.decode(destination, 0)
    return ProxyHeader(_version(header), bool(_is_local(header)), *addresses, tuple(_tlvs(header)))


def _tlvs(header: ctypes.c_void_p):
    tlv_type, size = ctypes.c_int(), _size()
    index = 0
    while True:
        value = _tlv_at(header, index, tlv_type, size)
        if value is None:
            return
        yield tlv_type.value, ctypes.string_at(value, size.value)
        index += 1


def _split(tlvs: bytes):
    while tlvs:
        size = 3 + int.from_bytes(tlvs[1:3], "big")
        yield tlvs[0], tlvs[3:size]
        tlvs = tlvs[size:]


def _encoded(address) -> Optional[bytes]:
    if address is None:
        return None
    if isinstance(address, (str, bytes)):
        return _address._encode_unix(address)
    host, port, *_ = address
    return _pack("numeric", (_bytes, ctypes.c_int), host.encode(), port)
