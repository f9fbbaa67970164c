"""The socket object: how it begins and ends, and what it is."""

from __future__ import annotations

import ctypes
import operator
import sys
import warnings
from typing import Optional

from .. import _library
from .._errors import check, exception
from .._genuine import module as builtin
from .._library import INT_MAX
from .._system import DESCRIPTORS_IN_PYTHON, LONGEST_TIMEOUT, NO_DESCRIPTOR, WINDOWS, Descriptor, os_error
from . import arguments, native, windows
from . import handle as handles
from .arguments import c_ints, object_to, require_socket

_socket = _library.quick("tabi_socket")
_socket_from_fd = _library.quick("tabi_socket_from_fd")
_socketpair = _library.quick("tabi_socketpair")
_fileno = _library.quick("tabi_fileno", result=Descriptor)
_family = _library.quick("tabi_family")
_type = _library.quick("tabi_type")
_proto = _library.quick("tabi_proto")
_detach = _library.function("tabi_detach", result=Descriptor)
_settimeout = _library.quick("tabi_settimeout", ctypes.c_void_p, ctypes.c_double)

_SOCK_NONBLOCK = getattr(builtin, "SOCK_NONBLOCK", 0)
_FLAGS_OF_TYPE = _SOCK_NONBLOCK | getattr(builtin, "SOCK_CLOEXEC", 0)
_NO_TIMEOUT = float("inf")

# The last address of a socket that has had none. No caller can pass this object.
_NO_ADDRESS = object(), None

class Lifecycle:
    """Creation, closing, and the attributes that do not change in between."""

    # With this prefix subclasses may use the same names as with the built-in type. The timeout is what gettimeout()
    # returns. The sibling is OpenSSL's view of this socket (see `tabi._install.tls`). Patience says whether the next
    # receiving call tries or waits. The last address is the one that was passed last, with the form in which the
    # library takes it (see `transfer`, which has both). The handle is for calls through ctypes,
    # and the capsule for those of `native`: each keeps the library's socket, and both change together.
    __slots__ = (
        "_tabi_fd",
        "_tabi_family",
        "_tabi_type",
        "_tabi_proto",
        "_tabi_timeout",
        "_tabi_handle",
        "_tabi_capsule",
        "_tabi_sibling",
        "_tabi_patience",
        "_tabi_last_address",
    )

    def __new__(cls, *args, **kwargs):
        self = object.__new__(cls)
        self._tabi_fd = -1
        self._tabi_family = self._tabi_type = self._tabi_proto = self._tabi_patience = 0
        self._tabi_timeout = self._tabi_capsule = self._tabi_sibling = None
        self._tabi_handle = handles.NOTHING
        self._tabi_last_address = _NO_ADDRESS
        return self

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        require_socket(self, "__init__")
        given = family, type, proto
        family, type, proto = c_ints("__init__", family, type, proto)
        sys.audit("socket.__new__", self, family, type, proto)
        pointer = handles.New()
        fd = None
        if fileno is None:
            family = builtin.AF_INET if family == -1 else family
            type = builtin.SOCK_STREAM if type == -1 else type
            proto = 0 if proto == -1 else proto
            check(_socket(family, type, proto, ctypes.byref(pointer)))
        else:
            if WINDOWS and isinstance(fileno, bytes):
                _own(self, windows.from_shared(fileno), -1, -1, -1)
                return
            if WINDOWS:
                # As in the built-in module, which cannot ask this system for it.
                proto = 0
            # Not a truth value, for example, which is an integer too.
            fd = int.__index__(_descriptor(fileno, given))
            if fd == self._tabi_fd:
                # The object has this descriptor already. Giving up what it had before would close it.
                _begin(self, self._tabi_handle, family, type, proto, fd)
                check(_settimeout(self._tabi_handle, _limit(self._tabi_timeout)))
                return
            check(_socket_from_fd(fd, family, type, proto, ctypes.byref(pointer)))
        _own(self, pointer, family, type, proto, fd)

    def __repr__(self) -> str:
        fd, family, kind, proto = self._tabi_fd, self._tabi_family, self._tabi_type, self._tabi_proto
        return f"<socket object, fd={fd}, family={family}, type={kind}, proto={proto}>"

    # The defaults keep what is needed: when the interpreter ends, the module's names may be gone already.
    def __del__(
        self,
        warn=warnings.warn,
        kind=ResourceWarning,
        plain_text=__repr__,
        close=native.close,
        forget=handles.forget,
        closed=handles.CLOSED,
    ):
        # What a signal's handler has raised may have left nothing of the object.
        fd = getattr(self, "_tabi_fd", -1)
        if fd == -1:
            return
        try:
            try:
                text = repr(self)
            except Exception:
                # The method of a subclass may miss names, too.
                text = plain_text(self)
            warn(f"unclosed {text}", kind, stacklevel=2, source=self)
        finally:
            handle, capsule = self._tabi_handle, self._tabi_capsule
            self._tabi_fd, self._tabi_handle, self._tabi_capsule = -1, closed, None
            if self._tabi_sibling is not None:
                self._tabi_sibling.detach()
            forget(handle, fd)
            # The error is ignored, as in the built-in module.
            close(capsule)

    def __reduce__(self):
        kind = type(self)
        # The built-in class is known by its full name.
        name = "_socket.socket" if kind.__module__ == "_socket" else kind.__name__
        raise TypeError(f"cannot pickle {name!r} object")

    def close(self):
        try:
            capsule = self._tabi_capsule
        except AttributeError:
            return require_socket(self, "close")
        if self._tabi_fd != -1:
            _give_up(self)
            code = native.close(capsule)
            if code < 0:
                raise exception(code)

    def detach(self):
        require_socket(self, "detach")
        if self._tabi_fd == -1:
            return -1
        return check(_detach(_give_up(self)))

    def fileno(self):
        try:
            return self._tabi_fd
        except AttributeError:
            return require_socket(self, "fileno")

    family = property(operator.attrgetter("_tabi_family"), doc="the socket family")
    type = property(operator.attrgetter("_tabi_type"), doc="the socket type")
    proto = property(operator.attrgetter("_tabi_proto"), doc="the socket protocol")
    timeout = property(operator.attrgetter("_tabi_timeout"), doc="the socket timeout")

    def gettimeout(self):
        try:
            return self._tabi_timeout
        except AttributeError:
            return require_socket(self, "gettimeout")

    def getblocking(self):
        require_socket(self, "getblocking")
        return self._tabi_timeout != 0.0

    def settimeout(self, timeout, /):
        require_socket(self, "settimeout")
        timeout = parse_timeout(timeout)
        # As in the built-in module, also of a socket that has no descriptor.
        self._tabi_timeout = timeout
        check(_settimeout(self._tabi_handle, _limit(timeout)))
        if self._tabi_sibling is not None:
            self._tabi_sibling.settimeout(timeout)

    def setblocking(self, flag, /):
        require_socket(self, "setblocking")
        if type(flag) is bool:
            timeout = None if flag else 0.0
        else:
            timeout = arguments.blocking(flag)
        # The built-in method does not call the `settimeout` of a subclass either.
        Lifecycle.settimeout(self, timeout)


def _descriptor(fileno, given: tuple) -> int:
    if hasattr(type(fileno), "__index__"):
        # Before Python 3.10, `operator.index` returns a subclass of `int` as it is.
        fd = int.__index__(operator.index(fileno))
    else:
        fd = None if isinstance(fileno, float) else arguments.by_int_method(fileno)
        if fd is None:
            return object_to("__init__", *given, fileno)
    if not -DESCRIPTORS_IN_PYTHON <= fd < DESCRIPTORS_IN_PYTHON:
        object_to("__init__", *given, fd)
    if fd == -1 or fd < 0 and not WINDOWS:
        raise ValueError("negative file descriptor")
    if not 0 <= fd <= INT_MAX:
        raise os_error(NO_DESCRIPTOR)
    return fd


def _own(self, pointer: handles.New, family: int, kind: int, proto: int, fd: Optional[int] = None) -> None:
    """Gives a new handle to this object, which gives up what it had before. The system knows the values that are -1, and
    the library a descriptor that is None.
    """
    if self._tabi_fd != -1:
        _give_up(self)
    _begin(self, handles.adopt(pointer), family, kind, proto, fd)


def _begin(self, handle, family: int, kind: int, proto: int, fd: Optional[int]) -> None:
    """Sets everything to what a socket begins with."""
    self._tabi_handle, self._tabi_capsule = handle, handle._obj.capsule
    self._tabi_last_address = _NO_ADDRESS
    self._tabi_family = _family(handle) if family == -1 else family
    self._tabi_type = _type(handle) if kind == -1 else kind & ~_FLAGS_OF_TYPE
    self._tabi_proto = _proto(handle) if proto == -1 else proto
    self._tabi_timeout = 0.0 if kind > 0 and kind & _SOCK_NONBLOCK else _default_timeout
    if _default_timeout is not None:
        check(_settimeout(handle, self._tabi_timeout))
    self._tabi_fd = fd = _fileno(handle) if fd is None else fd
    handles.register(handle, fd)


def _give_up(self):
    """The object has no descriptor and no handle any more. Returns the handle, which still has the descriptor."""
    handle, fd = self._tabi_handle, self._tabi_fd
    # First of all: if a signal's handler raises now, nothing keeps a handle that no object has any more.
    handles.forget(handle, fd)
    self._tabi_fd, self._tabi_handle, self._tabi_capsule = -1, handles.CLOSED, None
    sibling, self._tabi_sibling = self._tabi_sibling, None
    if sibling is not None:
        sibling.detach()
    return handle


def _limit(timeout) -> float:
    """A timeout as the library takes it."""
    return _NO_TIMEOUT if timeout is None else timeout


def parse_timeout(timeout):
    """Seconds rounded up to nanoseconds, or ``None``; Python's errors for everything else."""
    if timeout is None:
        return None
    is_plain = type(timeout) is float or type(timeout) is int
    if not is_plain or not 0 <= timeout <= LONGEST_TIMEOUT:
        return arguments.timeout(timeout)
    if type(timeout) is int:
        return float(timeout)
    nanoseconds = timeout * 1e9
    whole = int(nanoseconds)
    return (whole if whole == nanoseconds else whole + 1) / 1e9


#: The default timeout of this interpreter. The library has one for the whole process, of which others may be a part.
_default_timeout = None


def getdefaulttimeout():
    return _default_timeout


def setdefaulttimeout(timeout, /):
    global _default_timeout
    _default_timeout = parse_timeout(timeout)


def pair(cls, family, type, proto) -> tuple:
    """Two connected objects of a class."""
    pointers = handles.New(), handles.New()
    check(_socketpair(family, type, proto, *map(ctypes.byref, pointers)))
    sockets = cls.__new__(cls), cls.__new__(cls)
    for each, pointer in zip(sockets, pointers):
        _own(each, pointer, family, type, proto)
    return sockets
