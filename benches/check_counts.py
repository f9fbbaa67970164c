#!/usr/bin/env python3
"""Checks what tabi costs, in counts that do not depend on how busy the machine is: `python3 benches/check_counts.py`.

Instructions are user-space instructions of the whole program for one send and one receive of 64 bytes, counted
by callgrind; they may exceed the expected number by TOLERANCE, because compilers differ. System calls are counted by
strace and are exact, but for those of a server that depend on which of its threads runs first: they have a limit of their own.
The memory of idle connections is counted in pages of the threads' stacks, and what is on the heap.
Exits with 1 when a count is above its limit. Times are never checked.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import counts, peers
from harness.primitives import TIMEOUT, echo_server
from harness.servers import idle_once

TOLERANCE = 0.10
# 50 of these are the program's own loop and the wrappers of the C library.
INSTRUCTIONS = {("unix", 0): 139, ("unix", TIMEOUT): 139}
# The program's own loop, its socket calls and, of a connection, both ends are part of these.
OTHERS = {("datagrams", "one"): 245, ("datagrams", "many"): 205, ("getaddrinfo", "1"): 1320, ("create_connection", "1"): 3180}
# While a cancel token is attached: to another socket, to this thread, to both sockets. Each call may take this many more
# than it does while there is none.
TOKENS = {"unix-beside-token": 20, "unix-thread-token": 20, "unix-socket-token": 20}
# The instructions of Python on tabi, to those of the built-in module in the same Python. A function in Python on the path of
# a message would double it.
PYTHON = 0.7
# A receive that has to wait until its timeout, and the send before it.
WAITING = 470
# socket, connect and accept, and a close of each end.
CREATE_CONNECTION_CALLS = 5
# A send and a receive; then the same where the receive has to wait.
CALLS = {("unix", 0): 2, ("unix", TIMEOUT): 2, ("pingpong", 0): 2, ("pingpong", TIMEOUT): 3}
# Of a server's connection with one message. A receive finds the message, and another one finds the end.
CONNECTION_CALLS = {"recvfrom": 2, "sendto": 1, "close": 1}
# How many of these a connection takes depends on the schedule. At most: the loop finds the connection, finds no other, and
# waits; it wakes a thread, which had waited; and one of both finds the lock between them taken.
SCHEDULED_CALLS = {"accept4": 2, "ppoll": 1, "futex": 3}
# A thread that is started takes some calls that no connection takes.
OTHER_CALLS = 0.5
# Kibibytes of an idle connection with its thread: two pages of the stack, as in raw C, and the heap. One more page is 4.
IDLE_CONNECTIONS, IDLE_KIBIBYTES = 400, 9.5
# On a busy machine, an answer may have come before the program waits for it; then the system calls are counted again.
TRIES = 3


def check(name, found, limit, unit):
    good = found <= limit
    print(f"{'ok  ' if good else 'FAIL'} {name}: {found:.2f} {unit}, limit {limit:.2f}", flush=True)
    return good


def named(pool, name):
    able, missing = peers.build([peer for peer in pool if peer.name == name])
    if missing:
        raise peers.Missing(missing[name])
    return able[0]


def checks():
    program = named(peers.PRIMITIVES, "tabi-c")
    for (case, timeout), expected in INSTRUCTIONS.items():
        found = counts.instructions(program, case, timeout)
        yield check(f"{case}, timeout {timeout} s", found, expected * (1 + TOLERANCE), "instructions")
    for (case, extra), expected in OTHERS.items():
        found = counts.instructions(program, case, 0, extra)
        yield check(f"{case} {extra}", found, expected * (1 + TOLERANCE), "instructions")
    found = sum(counts.system_calls(program, "create_connection", 0).values())
    yield check("create_connection", found, CREATE_CONNECTION_CALLS + 0.05, "system calls")
    without = counts.instructions(program, "unix", 0)
    for case, more in TOKENS.items():
        found = (counts.instructions(program, case, 0) - without) / 2
        yield check(f"{case}, each call", found, more, "instructions more")
    builtin = counts.instructions(named(peers.PRIMITIVES, "cpython"), "unix", 0)
    found = counts.instructions(named(peers.PRIMITIVES, "tabi-python"), "unix", 0)
    yield check("unix, in Python", found, builtin * PYTHON, "instructions")
    peers.LATE.build()
    with echo_server(None, peers.LATE) as port:
        for (case, timeout), expected in CALLS.items():
            # Perhaps the program waits for the first answer but not for later ones, so a small part of a call is allowed.
            limit = expected + 0.05
            for _ in range(TRIES):
                found = counts.system_calls(program, case, timeout, port if case == "pingpong" else "1")
                if sum(found.values()) <= limit:
                    break
            yield check(f"{case}, timeout {timeout} s", sum(found.values()), limit, "system calls")
        found = counts.instructions(program, "pingpong", TIMEOUT, port)
        yield check(f"pingpong, timeout {TIMEOUT} s", found, WAITING * (1 + TOLERANCE), "instructions")
    peers.build_load()
    server = named(peers.SERVERS, "tabi-c")
    found = counts.connection_calls(server)
    for call, most in [*CONNECTION_CALLS.items(), *SCHEDULED_CALLS.items()]:
        yield check(f"{call} for a connection with one message", found.pop(call, 0), most + 0.05, "system calls of the server")
    yield check("all others for a connection with one message", sum(found.values()), OTHER_CALLS, "system calls of the server")
    cpus = sorted(os.sched_getaffinity(0))
    found = idle_once(server, IDLE_CONNECTIONS, cpus)["VmRSS"]
    yield check("a connection that is idle", found, IDLE_KIBIBYTES, "KiB of the server")


def main():
    try:
        good = [*checks()]
    except peers.Missing as what:
        if os.environ.get("CI") == "true":
            raise SystemExit(f"FAIL: {what} is not installed")
        print(f"skipped: {what} is not installed")
        return
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
