"""An interpreter that is otherwise in everything that the package looks at: with this folder in ``PYTHONPATH``, every Python
that starts has it.
"""

from changing import change

change("tabi._socket.native", '"PyCFunction_NewEx"', '"PyCFunction_NewOne"')
change("tabi._socket.buffers", "_HEADER = object.__basicsize__", "_HEADER = object.__basicsize__ + 4096")
