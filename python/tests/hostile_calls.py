"""Calls that nobody should make, and how each of them ends: one line a call.

The program runs on whatever ``import socket`` gives it; ``test_hostile.py`` runs it on the built-in
module and on tabi and compares the two.
"""

from __future__ import annotations

import array
import gc
import os
import pickle
import signal
import socket
import sys
import threading
import time
import weakref

from programs import thread_sleeps


class Raises:
    """Says that it stands for a number, and then fails."""

    def __index__(self):
        raise KeyError("no number")

    def __repr__(self):
        return "Raises()"


class Five:
    def __index__(self):
        return 5

    def __repr__(self):
        return "Five()"


class Liar(array.array):
    """Says that it is a bytearray, and longer than it is."""

    __class__ = bytearray

    def __len__(self):
        return 1 << 20


class LongBytes(bytes):
    """Says that it is longer than it is, and that it has other bytes."""

    def __len__(self):
        return 1 << 40

    def __bytes__(self):
        return b"others"


class LongArray(bytearray):
    def __len__(self):
        return 1 << 40


class Pair(tuple):
    """Says that it is a pair, whatever it holds."""

    def __len__(self):
        return 2

    def __getitem__(self, number):
        return "x"

    def __iter__(self):
        return iter(())


class Text(str):
    """Says that it is another text, and equal to every other."""

    def encode(self, *given):
        return b"another"

    def __str__(self):
        return "another"

    def __eq__(self, other):
        return True

    __hash__ = str.__hash__


class Equal(int):
    """Says that it is equal to everything, and another number."""

    def __eq__(self, other):
        return True

    def __index__(self):
        return 7

    __hash__ = int.__hash__


class Unfinished(socket.socket):
    def __init__(self):
        pass


def released() -> memoryview:
    view = memoryview(bytearray(4))
    view.release()
    return view


VALUES = {
    "None": lambda: None,
    "'x'": lambda: "x",
    "b''": lambda: b"",
    "-1": lambda: -1,
    "2**31": lambda: 2**31,
    "2**62": lambda: 2**62,
    "2**63": lambda: 2**63,
    "-2**70": lambda: -(2**70),
    "1.5": lambda: 1.5,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "object()": object,
    "[]": list,
    "()": tuple,
    "('a',)": lambda: ("a",),
    "('127.0.0.1', 'x')": lambda: ("127.0.0.1", "x"),
    "('127.0.0.1', 70000)": lambda: ("127.0.0.1", 70000),
    "('a\\0b', 1)": lambda: ("a\0b", 1),
    "a long path": lambda: "/" + "x" * 300,
    "Raises()": Raises,
    "Five()": Five,
    "a read-only view": lambda: memoryview(b"abcd"),
    "every second byte": lambda: memoryview(bytearray(8))[::2],
    "a released view": released,
    "a liar": lambda: Liar("b", bytes(4)),
    "bytes that lie": lambda: LongBytes(b"abcd"),
    "a bytearray that lies": lambda: LongArray(b"abcd"),
    "a tuple that lies": lambda: Pair((1, 1, b"")),
    "a text that lies": lambda: Text("abcd"),
    "a number that lies": lambda: Equal(0),
    "1e-12": lambda: 1e-12,
}

#: The arguments around the hostile one.
CALLS = {
    "recv": lambda s, v: s.recv(v),
    "recv flags": lambda s, v: s.recv(4, v),
    "recv_into": lambda s, v: s.recv_into(v),
    "recv_into nbytes": lambda s, v: s.recv_into(bytearray(8), v),
    "recv_into flags": lambda s, v: s.recv_into(bytearray(8), 0, v),
    "recvfrom": lambda s, v: s.recvfrom(v),
    "recvfrom_into": lambda s, v: s.recvfrom_into(v),
    "recvfrom_into nbytes": lambda s, v: s.recvfrom_into(bytearray(8), v),
    "recvmsg": lambda s, v: s.recvmsg(v),
    "recvmsg ancbufsize": lambda s, v: s.recvmsg(4, v),
    "recvmsg_into": lambda s, v: s.recvmsg_into(v),
    "recvmsg_into buffer": lambda s, v: s.recvmsg_into([v]),
    "send": lambda s, v: s.send(v),
    "send flags": lambda s, v: s.send(b"x", v),
    "sendall": lambda s, v: s.sendall(v),
    "sendto": lambda s, v: s.sendto(b"x", v),
    "sendto data": lambda s, v: s.sendto(v, "/nowhere"),
    "sendmsg": lambda s, v: s.sendmsg(v),
    "sendmsg buffer": lambda s, v: s.sendmsg([v]),
    "sendmsg ancdata": lambda s, v: s.sendmsg([b"x"], v),
    "sendmsg ancdata item": lambda s, v: s.sendmsg([b"x"], [v]),
    "sendmsg control data": lambda s, v: s.sendmsg([b"x"], [(1, 99, v)]),
    "bind": lambda s, v: s.bind(v),
    "connect": lambda s, v: s.connect(v),
    "connect_ex": lambda s, v: s.connect_ex(v),
    "listen": lambda s, v: s.listen(v),
    "shutdown": lambda s, v: s.shutdown(v),
    "settimeout": lambda s, v: s.settimeout(v),
    "setblocking": lambda s, v: s.setblocking(v),
    "getsockopt": lambda s, v: s.getsockopt(socket.SOL_SOCKET, v),
    "getsockopt buflen": lambda s, v: s.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE, v),
    "setsockopt": lambda s, v: s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, v),
    "setsockopt None": lambda s, v: s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, None, v),
    "setsockopt four": lambda s, v: s.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, v, v),
    "sendmsg_afalg": lambda s, v: s.sendmsg_afalg(v, op=v),
    "getservbyport": lambda s, v: socket.getservbyport(v, "tcp", v),
    "getnameinfo": lambda s, v: socket.getnameinfo([], v),
    "socket family": lambda s, v: socket.socket(v),
    "socket fileno": lambda s, v: socket.socket(fileno=v),
}


def outcome(call) -> str:
    """How a call ended: the kind of its error, and the errno, or the kind of its result."""
    try:
        result = call()
    except BaseException as error:
        number = getattr(error, "errno", None)
        return type(error).__name__ + (f" {number}" if number else "")
    if isinstance(result, socket.socket):
        result.close()
    return f"returned {type(result).__name__}"


def sockets():
    """A connected, a closed and an unfinished socket; none of them blocks."""
    one, other = socket.socketpair()
    one.setblocking(False)
    yield "connected", one
    one.close()
    other.close()
    one, other = socket.socketpair()
    one.close()
    yield "closed", one
    other.close()
    yield "unfinished", Unfinished()


def wrong_values() -> None:
    for name, call in CALLS.items():
        for text, value in VALUES.items():
            for state, sock in sockets():
                if name == "socket fileno" and text in ("2**31", "2**62"):
                    # The built-in class cuts these down to the number of some other descriptor.
                    continue
                found = outcome(lambda: call(sock, value()))
                print(f"{name}({text}) on a {state} socket: {found}, then {sock.gettimeout()}")


def resized_during_the_call() -> str:
    """Another thread resizes the buffer that a blocked call writes to."""
    one, other = socket.socketpair()
    with one, other:
        target = bytearray(64)
        received = []
        thread = threading.Thread(target=lambda: received.append(one.recv_into(target)))
        thread.start()
        found = ""
        while not found and thread.is_alive():
            found = outcome(lambda: target.extend(bytes(1 << 16)))
            if found.startswith("returned"):
                # The call has not begun yet. It may begin before the next line.
                found = outcome(lambda: target.__delitem__(slice(64, None)))
                found = "" if found.startswith("returned") else found
        other.send(b"abc")
        thread.join()
        return f"{found}, then {received}, {bytes(target[:3])!r}"


def dropped_during_the_call() -> str:
    """The last other reference goes while a thread is inside a call."""
    one, other = socket.socketpair()
    received = []
    inside = threading.Event()

    def receive(holder: list) -> None:
        sock = holder.pop()
        inside.set()
        received.append(sock.recv(10))
        sock.close()

    thread = threading.Thread(target=receive, args=([one],))
    thread.start()
    inside.wait()
    del one
    gc.collect()
    other.send(b"still here")
    thread.join()
    other.close()
    return repr(received)


def a_handler_that_raises() -> str:
    one, other = socket.socketpair()

    def handler(number, frame):
        raise LookupError("from the handler")

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with one, other:
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            return outcome(lambda: one.recv(10))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def a_handler_that_closes() -> str:
    one, other = socket.socketpair()
    one.settimeout(5)
    before = signal.signal(signal.SIGALRM, lambda number, frame: one.close())
    try:
        with one, other:
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            return outcome(lambda: one.recv(10))
    finally:
        signal.signal(signal.SIGALRM, before)


def an_index_that_closes() -> str:
    one, other = socket.socketpair()

    class Closes:
        def __index__(self):
            one.close()
            return 5

    with one, other:
        return outcome(lambda: one.recv(Closes()))


def begun_twice() -> str:
    sock = socket.socket()
    fd = sock.fileno()
    sock.__init__()
    found = sock.fileno() >= 0
    sock.close()
    os.path.exists(str(fd))
    return repr(found)


def ended_twice() -> str:
    sock = socket.socket()
    sock.__del__()
    sock.__del__()
    return f"{sock.fileno()} {outcome(sock.close)} {outcome(lambda: sock.recv(1))}"


def referred_to_weakly() -> str:
    sock = socket.socket()
    reference = weakref.ref(sock)
    sock.close()
    del sock
    gc.collect()
    return repr(reference())


def in_a_cycle() -> str:
    one, other = socket.socketpair()
    other.close()

    class Holder:
        pass

    holder = Holder()
    holder.self, holder.sock = holder, one
    reference = weakref.ref(one)
    del holder, one
    gc.collect()
    return repr(reference())


def forked() -> str:
    one, other = socket.socketpair()
    with one, other:
        child = os.fork()
        if child == 0:
            one.close()
            other.sendall(b"from the child")
            os._exit(0)
        os.waitpid(child, 0)
        return repr(one.recv(100))


def forked_during_a_call() -> str:
    """A thread is inside a call while the process forks. The child closes its own descriptor of the socket."""
    one, other = socket.socketpair()
    fd = one.fileno()
    received = []
    thread = threading.Thread(target=lambda: received.append(one.recv(100)))
    thread.start()
    while not thread_sleeps(thread):
        time.sleep(0.001)
    child = os.fork()
    if child == 0:
        one.close()
        found = outcome(lambda: os.fstat(fd))
        os._exit(0 if found == "OSError 9" else 1)
    status = os.waitpid(child, 0)[1]
    other.send(b"still here")
    thread.join()
    one.close()
    other.close()
    return f"{status} {received}"


SCENES = {
    "resized during the call": resized_during_the_call,
    "dropped during the call": dropped_during_the_call,
    "a handler that raises": a_handler_that_raises,
    "a handler that closes": a_handler_that_closes,
    "an index that closes": an_index_that_closes,
    "begun twice": begun_twice,
    "ended twice": ended_twice,
    "pickled": lambda: outcome(lambda: pickle.dumps(socket.socket())),
    "referred to weakly": referred_to_weakly,
    "in a cycle": in_a_cycle,
    "forked": forked,
    # An emulator does not say how many threads a process has.
    **({} if os.environ.get("TABI_EMULATED") else {"forked during a call": forked_during_a_call}),
    "an attribute that is read-only": lambda: outcome(lambda: setattr(Unfinished(), "proto", 1)),
}


def main() -> None:
    # The descriptor that `Five` names is nobody's socket, however many descriptors the program has begun with.
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 5)
    wrong_values()
    for name, scene in SCENES.items():
        print(f"{name}: {scene()}", flush=True)
    # Threads that are inside a call when the interpreter ends.
    for _ in range(4):
        one, other = socket.socketpair()
        threading.Thread(target=lambda: one.recv(1) or other, daemon=True).start()
    print("the end", flush=True)


if __name__ == "__main__":
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore", ResourceWarning)
    main()
