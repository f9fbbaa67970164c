"""What depends on details of the interpreter: each has another way, and this takes it."""

from __future__ import annotations

import textwrap
import unittest

from programs import python


class Programs(unittest.TestCase):
    def prints(self, program: str, expected: str, *arguments: str) -> None:
        result = python(textwrap.dedent(program), *arguments)
        self.assertEqual((0, expected, ""), (result.returncode, result.stdout, result.stderr))


class End(Programs):
    def test_the_end_of_the_interpreter_closes_a_socket_before_it_frees_its_handle(self):
        # The socket is younger than its handle and in a cycle with it. A garbage collector that had both would begin
        # with the handle.
        self.prints(
            """
            import os
            from tabi import _socket
            from tabi._socket import handle, lifecycle

            apart = {"write": os.write}
            exec(
                "def noting(text, function):\\n"
                "    return lambda *given: (write(1, text), function(*given))[1]",
                apart,
            )
            freeing, closing = handle.Handle.__del__, lifecycle.Lifecycle.__del__
            for function, name, text in ((freeing, "free", b"freed\\n"), (closing, "close", b"closed, ")):
                names = function.__code__.co_varnames[1 : function.__code__.co_argcount]
                values = dict(zip(names, function.__defaults__))
                values[name] = apart["noting"](text, values[name])
                function.__defaults__ = tuple(values.values())

            early, late = _socket.socket(), _socket.socket.__new__(_socket.socket)
            for name in lifecycle.Lifecycle.__slots__:
                setattr(late, name, getattr(early, name))
            early._tabi_fd, early._tabi_handle = -1, None

            class Cycle:
                pass

            cycle = Cycle()
            cycle.cycle, cycle.handle, cycle.socket = cycle, late._tabi_handle, late
            del early, late
            """,
            "closed, freed\n",
        )

    def test_a_socket_whose_text_cannot_be_made_is_closed_all_the_same(self):
        self.prints(
            """
            import os, warnings
            from tabi import _socket

            class Silent(_socket.socket):
                def __repr__(self):
                    raise LookupError

            warnings.simplefilter("error")
            one, other = _socket.socketpair()
            silent = Silent(fileno=one.detach())
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                del silent
            print(str(warned[0].message).startswith("unclosed <socket object, fd="), other.recv(1))
            other.close()
            """,
            "True b''\n",
        )


if __name__ == "__main__":
    unittest.main()
