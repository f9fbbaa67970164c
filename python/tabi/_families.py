"""Addresses of the rarer families: netlink, packet, CAN, TIPC, vsock, QIPCRTR, ALG."""

from __future__ import annotations

import ctypes
import operator
import os
import struct
import sys

from ._buffers import Buffer
from ._genuine import module as builtin

_IFNAMSIZ = 16


def contiguous_bytes(source) -> bytes:
    """The bytes of a buffer; raises Python's ``TypeError`` for what has none, ``BufferError`` where they have gaps."""
    if isinstance(source, bytes):
        return source
    try:
        with Buffer(source) as buffer:
            return ctypes.string_at(buffer.at(), buffer.size) if buffer.size else b""
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not '{type(source).__name__}'") from None


def unsigned(value) -> int:
    """An unsigned 32-bit number as C code takes it: the lowest bits of any integer."""
    return operator.index(value) & 0xFFFFFFFF


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


def _interface_index(name: bytes) -> int:
    return builtin.if_nametoindex(name) if name else 0


def _interface_name(index: int) -> str:
    try:
        return builtin.if_indextoname(index) if index else ""
    except OSError:
        return ""


def _text(value) -> bytes:
    """A C string: UTF-8, without NUL bytes."""
    if not isinstance(value, str):
        raise TypeError(f"argument must be str, not {type(value).__name__}")
    encoded = value.encode()
    if b"\0" in encoded:
        raise ValueError("embedded null character")
    return encoded


def _encode_netlink(address, proto: int, method: str) -> bytes:
    pid, groups = _tuple(address, method, "AF_NETLINK", 2, 2, "a pair (pid, groups)")
    return struct.pack("=HHII", builtin.AF_NETLINK, 0, unsigned(pid), unsigned(groups))


def _decode_netlink(raw: bytes, proto: int):
    return struct.unpack_from("=II", raw, 4)


def _encode_vsock(address, proto: int, method: str) -> bytes:
    if not isinstance(address, tuple):
        raise TypeError(f"getsockaddrarg: AF_VSOCK address must be tuple, not {type(address).__name__}")
    cid, port = _tuple(address, method, "AF_VSOCK", 2, 2, "a pair (cid, port)")
    return struct.pack("=HHII4x", builtin.AF_VSOCK, 0, unsigned(port), unsigned(cid))


def _decode_vsock(raw: bytes, proto: int):
    port, cid = struct.unpack_from("=II", raw, 4)
    return cid, port


def _encode_qipcrtr(address, proto: int, method: str) -> bytes:
    if not isinstance(address, tuple):
        raise TypeError(f"getsockaddrarg: AF_QIPCRTR address must be tuple, not {type(address).__name__}")
    node, port = _tuple(address, method, "AF_QIPCRTR", 2, 2, "a pair (node, port)")
    return struct.pack("=HHII", builtin.AF_QIPCRTR, 0, unsigned(node), unsigned(port))


def _decode_qipcrtr(raw: bytes, proto: int):
    return struct.unpack_from("=II", raw, 4)


def _encode_tipc(address, proto: int, method: str) -> bytes:
    form = "a tuple (addr_type, v1, v2, v3[, scope])"
    kind, v1, v2, v3, *rest = _tuple(address, method, "AF_TIPC", 4, 5, form)
    scope = unsigned(rest[0]) if rest else builtin.TIPC_CLUSTER_SCOPE
    kind = unsigned(kind)
    parts = {
        builtin.TIPC_ADDR_NAMESEQ: (v1, v2, v3),
        builtin.TIPC_ADDR_NAME: (v1, v2, 0),
        builtin.TIPC_ADDR_ID: (v2, v1, 0),
    }.get(kind)
    if parts is None:
        raise TypeError("Invalid address type")
    # `struct tipc_portid` has the reference first.
    return struct.pack("=HBbIII", builtin.AF_TIPC, kind, scope & 0x7F, *map(unsigned, parts))


def _decode_tipc(raw: bytes, proto: int):
    kind, scope, v1, v2, v3 = struct.unpack_from("=BbIII", raw, 2)
    if kind == builtin.TIPC_ADDR_NAMESEQ:
        return kind, v1, v2, v3, scope
    if kind == builtin.TIPC_ADDR_NAME:
        return kind, v1, v2, v2, scope
    if kind == builtin.TIPC_ADDR_ID:
        return kind, v2, v1, 0, scope
    raise ValueError("Invalid address type")


def _encode_alg(address, proto: int, method: str) -> bytes:
    kind, name, *rest = _tuple(address, method, "AF_ALG", 2, 4, "a tuple (type, name[, feat[, mask]])")
    feat, mask = (list(map(_short, rest)) + [0, 0])[:2]
    kind, name = _text(kind), _text(name)
    if len(kind) >= 14:
        raise ValueError("AF_ALG type too long.")
    if len(name) >= 64:
        raise ValueError("AF_ALG name too long.")
    return struct.pack("=H14sII64s", builtin.AF_ALG, kind, feat, mask, name)


def _decode_alg(raw: bytes, proto: int):
    kind, feat, mask, name = struct.unpack_from("=14sII64s", raw.ljust(88, b"\0"), 2)
    return kind.partition(b"\0")[0].decode(), name.partition(b"\0")[0].decode(), feat, mask


def _encode_packet(address, proto: int, method: str) -> bytes:
    interface, number, *rest = _tuple(address, method, "AF_PACKET", 2, 5, "a tuple of two to five elements")
    interface, number = _text(interface), operator.index(number)
    pkttype, hatype, haddr = (rest + [builtin.PACKET_HOST, 0, b""][len(rest) :])[:3]
    index = _interface_index(interface[: _IFNAMSIZ - 1])
    haddr = contiguous_bytes(haddr)
    if len(haddr) > 8:
        raise ValueError("Hardware address must be 8 bytes or less")
    if not 0 <= number <= 0xFFFF:
        raise OverflowError(f"{method}(): proto must be 0-65535.")
    return struct.pack(
        "=H2siHBB8s",
        builtin.AF_PACKET,
        number.to_bytes(2, "big"),
        index,
        operator.index(hatype) & 0xFFFF,
        operator.index(pkttype) & 0xFF,
        len(haddr),
        haddr,
    )


def _decode_packet(raw: bytes, proto: int):
    number, index, hatype, pkttype, halen, haddr = struct.unpack_from("=2siHBB8s", raw.ljust(20, b"\0"), 2)
    return _interface_name(index), int.from_bytes(number, "big"), pkttype, hatype, haddr[:halen]


def _encode_can(address, proto: int, method: str) -> bytes:
    isotp, j1939 = getattr(builtin, "CAN_ISOTP", None), getattr(builtin, "CAN_J1939", None)
    if proto == isotp:
        interface, *rest = _tuple(address, method, "AF_CAN", 3, 3, "a tuple (interface, rx_id, tx_id)")
        body = struct.pack("=II8x", *map(unsigned, rest))
    elif proto == j1939:
        interface, name, pgn, addr = _tuple(
            address, method, "AF_CAN", 4, 4, "a tuple (interface, name, pgn, addr)"
        )
        body = struct.pack("=QIB3x", operator.index(name) & (2**64 - 1), unsigned(pgn), operator.index(addr))
    elif proto in (builtin.CAN_RAW, builtin.CAN_BCM):
        (interface,) = _tuple(address, method, "AF_CAN", 1, 1, "a tuple (interface, )")
        body = bytes(16)
    else:
        raise OSError(f"{method}(): unsupported CAN protocol")
    name = os.fsencode(interface)
    if len(name) >= _IFNAMSIZ:
        raise OSError("AF_CAN interface name too long")
    return struct.pack("=HHi", builtin.AF_CAN, 0, _interface_index(name)) + body


def _decode_can(raw: bytes, proto: int):
    name = _interface_name(struct.unpack_from("=i", raw, 4)[0])
    body = raw.ljust(24, b"\0")
    if proto == getattr(builtin, "CAN_ISOTP", None):
        return (name, *struct.unpack_from("=II", body, 8))
    if proto == getattr(builtin, "CAN_J1939", None):
        return (name, *struct.unpack_from("=QIB", body, 8))
    return (name,)


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
    }.items()
    if hasattr(builtin, name)
}


def encode(family: int, proto: int, address, method: str) -> bytes:
    """The ``sockaddr`` of an address of one of these families."""
    codec = _CODECS.get(family)
    if codec is None:
        raise OSError(f"{method}(): bad family")
    return codec[0](address, proto, method)


def decode(sockaddr: bytes, proto: int):
    """Python's form of a ``sockaddr``: of an unknown family, the family's number and the bytes."""
    family = int.from_bytes(sockaddr[:2], sys.byteorder)
    codec = _CODECS.get(family)
    if codec is None:
        return family, sockaddr[2:16]
    return codec[1](sockaddr, proto)
