"""Addresses of the rarer families: netlink, packet, CAN, TIPC, vsock, QIPCRTR, ALG, Bluetooth.

The library packs and unpacks them; here are Python's tuples and Python's words for what is wrong with them.
"""

from __future__ import annotations

import ctypes
import operator
import os

from .._errors import check
from .._genuine import module as builtin
from .._library import INT_MAX, INT_MIN
from .._system import WINDOWS
from . import bluetooth
from .buffers import zeros
from .sockaddr import contiguous_bytes, family_of, file_name, function, pack, unpack, unsigned

_IFNAMSIZ = 16
_U8, _U16, _U32, _U64 = ctypes.c_uint8, ctypes.c_uint16, ctypes.c_uint32, ctypes.c_uint64
_INT, _TEXT, _OUT, _SIZE = ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_size_t



def _short(value) -> int:
    number = operator.index(value)
    if not 0 <= number <= 0xFFFF:
        raise OverflowError("Python int too large to convert to C unsigned short")
    return number


def _tuple(address, method: str, family: str, least: int, most: int, form: str) -> tuple:
    if not isinstance(address, tuple):
        raise TypeError(f"{method}(): {family} address must be tuple, not {type(address).__name__}")
    if not least <= len(address) <= most:
        raise TypeError(f"{family} address must be {form}")
    return address


def _pair(address, family: str) -> tuple:
    """Two unsigned numbers, with the words that Python has for the newer families."""
    if not isinstance(address, tuple):
        raise TypeError(f"getsockaddrarg: {family} address must be tuple, not {type(address).__name__}")
    if len(address) != 2:
        raise TypeError(f"getsockaddrarg() takes exactly 2 arguments ({len(address)} given)")
    return unsigned(address[0]), unsigned(address[1])


def _text(value, family: str, form: str) -> bytes:
    """A C string: UTF-8, without NUL bytes."""
    if not isinstance(value, str):
        raise TypeError(f"{family} address must be {form}")
    encoded = str.encode(value)
    if b"\0" in encoded:
        raise ValueError("embedded null character")
    return encoded


def _interface_index(sock, name: bytes) -> int:
    index = _U32()
    check(function("tabi_interface_index", _OUT, _TEXT, _OUT)(sock._tabi_handle, name, ctypes.addressof(index)))
    return index.value


def _interface_name(sock, index: int) -> str:
    if sock is None or sock._tabi_fd == -1:
        return ""
    name = zeros(_IFNAMSIZ)
    ask = function("tabi_interface_name", _OUT, _U32, _TEXT, _SIZE, result=ctypes.c_ssize_t)
    return os.fsdecode(name[: check(ask(sock._tabi_handle, index, name, len(name)))])


def _encode_netlink(sock, address, method: str) -> bytes:
    pid, groups = _tuple(address, method, "AF_NETLINK", 2, 2, "a pair (pid, groups)")
    return pack("netlink", (_U32, _U32), unsigned(pid), unsigned(groups))


def _decode_netlink(sock, raw: bytes, proto: int):
    return unpack("netlink", raw, _U32, _U32)


def _encode_vsock(sock, address, method: str) -> bytes:
    return pack("vsock", (_U32, _U32), *_pair(address, "AF_VSOCK"))


def _decode_vsock(sock, raw: bytes, proto: int):
    return unpack("vsock", raw, _U32, _U32)


def _encode_qipcrtr(sock, address, method: str) -> bytes:
    return pack("qipcrtr", (_U32, _U32), *_pair(address, "AF_QIPCRTR"))


def _decode_qipcrtr(sock, raw: bytes, proto: int):
    return unpack("qipcrtr", raw, _U32, _U32)


def _encode_tipc(sock, address, method: str) -> bytes:
    form = "a tuple (addr_type, v1, v2, v3[, scope])"
    parts = list(map(unsigned, _tuple(address, method, "AF_TIPC", 4, 5, form)))
    if parts[0] not in (builtin.TIPC_ADDR_NAMESEQ, builtin.TIPC_ADDR_NAME, builtin.TIPC_ADDR_ID):
        raise TypeError("Invalid address type")
    scope = parts[4] if len(parts) == 5 else builtin.TIPC_CLUSTER_SCOPE
    # The system has a signed byte for the scope.
    return pack("tipc", (_U32, _U32, _U32, _U32, _INT), *parts[:4], ctypes.c_int8(scope).value)


def _decode_tipc(sock, raw: bytes, proto: int):
    return unpack("tipc", raw, _U32, _U32, _U32, _U32, _INT)


def _encode_alg(sock, address, method: str) -> bytes:
    form = "a tuple (type, name[, feat[, mask]])"
    kind, name, *rest = _tuple(address, method, "AF_ALG", 2, 4, form)
    kind, name = _text(kind, "AF_ALG", form), _text(name, "AF_ALG", form)
    feat, mask = (*map(_short, rest), 0, 0)[:2]
    if len(kind) >= 14:
        raise ValueError("AF_ALG type too long.")
    if len(name) >= 64:
        raise ValueError("AF_ALG name too long.")
    return pack("alg", (_TEXT, _TEXT, _U32, _U32), kind, name, feat, mask)


def _decode_alg(sock, raw: bytes, proto: int):
    kind, name, feat, mask = zeros(15), zeros(65), _U32(), _U32()
    ask = function("tabi_addr_alg", _TEXT, _TEXT, _SIZE, _TEXT, _SIZE, _OUT, _OUT)
    outputs = kind, len(kind), name, len(name), ctypes.addressof(feat), ctypes.addressof(mask)
    check(ask(raw, *outputs))
    return kind.partition(b"\0")[0].decode(), name.partition(b"\0")[0].decode(), feat.value, mask.value


def _encode_packet(sock, address, method: str) -> bytes:
    form = "a tuple of two to five elements"
    interface, number, *rest = _tuple(address, method, "AF_PACKET", 2, 5, form)
    interface = _text(interface, "AF_PACKET", form)
    pkttype, hatype, haddr = (*rest, *(builtin.PACKET_HOST, 0, b"")[len(rest) :])
    number, pkttype, hatype = map(operator.index, (number, pkttype, hatype))
    if not all(INT_MIN <= given <= INT_MAX for given in (number, pkttype, hatype)):
        raise OverflowError(f"{method}(): address argument out of range")
    index = _interface_index(sock, interface[: _IFNAMSIZ - 1])
    haddr = contiguous_bytes(haddr)
    if len(haddr) > 8:
        raise ValueError("Hardware address must be 8 bytes or less")
    if not 0 <= number <= 0xFFFF:
        raise OverflowError(f"{method}(): proto must be 0-65535.")
    types = _U32, _INT, _U8, _U16, _TEXT, _SIZE
    return pack("packet", types, index, number, pkttype & 0xFF, hatype & 0xFFFF, haddr, len(haddr))


def _decode_packet(sock, raw: bytes, proto: int):
    index, number, pkttype, hatype, haddr = _U32(), _U16(), _U8(), _U16(), zeros(32)
    types = _TEXT, _OUT, _OUT, _OUT, _OUT, _TEXT, _SIZE
    outputs = map(ctypes.addressof, (index, number, pkttype, hatype))
    ask = function("tabi_addr_packet", *types, result=ctypes.c_ssize_t)
    size = check(ask(raw, *outputs, haddr, len(haddr)))
    return _interface_name(sock, index.value), number.value, pkttype.value, hatype.value, haddr[:size]


def _encode_can(sock, address, method: str) -> bytes:
    if sock._tabi_proto == getattr(builtin, "CAN_ISOTP", None):
        interface, *rest = _tuple(address, method, "AF_CAN", 3, 3, "a tuple (interface, rx_id, tx_id)")
        name, types, values = "can_isotp", (_U32, _U32), list(map(unsigned, rest))
    elif sock._tabi_proto == getattr(builtin, "CAN_J1939", None):
        form = "a tuple (interface, name, pgn, addr)"
        interface, node, pgn, addr = _tuple(address, method, "AF_CAN", 4, 4, form)
        name, types = "can_j1939", (_U64, _U32, _U8)
        values = [unsigned(node, 64), unsigned(pgn), unsigned(addr, 8)]
    elif sock._tabi_proto in (builtin.CAN_RAW, builtin.CAN_BCM):
        (interface,) = _tuple(address, method, "AF_CAN", 1, 1, "a tuple (interface, )")
        name, types, values = "can", (), []
    else:
        raise OSError(f"{method}(): unsupported CAN protocol")
    interface = file_name(interface)
    if b"\0" in interface:
        raise ValueError("embedded null byte")
    if len(interface) >= _IFNAMSIZ:
        raise OSError("AF_CAN interface name too long")
    index = _interface_index(sock, interface) if interface else 0
    return pack(name, (_U32, *types), index, *values)


def _decode_can(sock, raw: bytes, proto: int):
    if proto == getattr(builtin, "CAN_ISOTP", None):
        index, *rest = unpack("can_isotp", raw, _U32, _U32, _U32)
    elif proto == getattr(builtin, "CAN_J1939", None):
        index, *rest = unpack("can_j1939", raw, _U32, _U64, _U32, _U8)
    else:
        index, *rest = unpack("can", raw, _U32)
    return (_interface_name(sock, index), *rest)


_CODECS = {
    getattr(builtin, name): codec
    for name, codec in {
        "AF_NETLINK": (_encode_netlink, _decode_netlink),
        "AF_VSOCK": (_encode_vsock, _decode_vsock),
        "AF_QIPCRTR": (_encode_qipcrtr, _decode_qipcrtr),
        "AF_TIPC": (_encode_tipc, _decode_tipc),
        "AF_ALG": (_encode_alg, _decode_alg),
        "AF_PACKET": (_encode_packet, _decode_packet),
        "AF_CAN": (_encode_can, _decode_can),
        "AF_BLUETOOTH": (bluetooth.encode, bluetooth.decode),
    }.items()
    # On Windows the library has no addresses of Bluetooth, whose form is another one there.
    if hasattr(builtin, name) and (name != "AF_BLUETOOTH" or not WINDOWS)
}


def encode(sock, address, method: str) -> bytes:
    """The library's form of an address for a socket of one of these families."""
    codec = _CODECS.get(sock._tabi_family)
    if codec is None:
        raise OSError(f"{method}(): bad family")
    if isinstance(address, tuple):
        # The items that it holds, not what the methods of a subclass say.
        address = tuple.__getitem__(address, slice(None))
    return codec[0](sock, address, method)


def decode(raw: bytes, proto: int, sock):
    """Python's form of an address: of an unknown family, the family's number and the bytes.

    ``sock`` names interfaces, in its own network namespace; without one they have no name.
    """
    family = family_of(raw)
    codec = _CODECS.get(family)
    if codec is None:
        return family, raw[2:16]
    return codec[1](sock, raw, proto)
