"""connect_check HOST PORT SECONDS: tries to connect, and prints the error number and its name."""

import errno
import socket
import sys

if len(sys.argv) != 4:
    sys.exit("usage: connect_check HOST PORT SECONDS")
try:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sk:
        sk.settimeout(float(sys.argv[3]))
        code = sk.connect_ex((sys.argv[1], int(sys.argv[2])))
except (OSError, OverflowError) as error:
    sys.exit(f"connect_check: {error}")
if code:
    print(code, errno.errorcode[code])
    sys.exit(1)
print("0 connected")
