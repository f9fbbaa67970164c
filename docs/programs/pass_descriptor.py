"""pass_descriptor FILE: opens a file and passes the descriptor to a child process, which prints the file."""

import os
import socket
import sys

parent, child = socket.socketpair()
if os.fork() == 0:
    parent.close()
    name, descriptors, _flags, _address = socket.recv_fds(child, 1000, 1)
    with open(descriptors[0]) as file:
        print(f"the child has got {name.decode()}:\n{file.read()}", end="")
else:
    child.close()
    with open(sys.argv[1]) as file:
        socket.send_fds(parent, [sys.argv[1].encode()], [file.fileno()])
    os.wait()
