"""fetch SECONDS HOST:PORT...: asks several web servers at the same time. One deadline is for all of them, and Ctrl-C ends
everything at once."""

import signal
import sys
import threading

import tabi


def ask(host, port, parts):
    """Connects, asks, and collects the answer. Nothing here knows of the deadline or of Ctrl-C."""
    with tabi.create_connection((host, port)) as sk:
        sk.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while part := sk.recv(16384):
            parts.append(part)


def run(token, place, failures):
    host, _, port = place.rpartition(":")
    parts = []
    try:
        # All calls of this thread are under the token here.
        with token:
            ask(host, int(port), parts)
        print(f"{place}: {sum(map(len, parts))} bytes\n", end="", flush=True)
    except tabi.Cancelled:
        print(f"{place}: cancelled after {sum(map(len, parts))} bytes\n", end="", flush=True)
        failures.append(place)
    except OSError as error:
        print(f"{place}: {error.strerror}\n", end="", flush=True)
        failures.append(place)


def main(seconds, places):
    token = tabi.Cancel(seconds)
    # A handler of a signal may trigger a token.
    signal.signal(signal.SIGINT, lambda *_: token.cancel())
    failures = []
    threads = [threading.Thread(target=run, args=(token, place, failures)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 1 if failures else 0


if __name__ == "__main__":
    try:
        seconds, places = float(sys.argv[1]), sys.argv[2:]
        if not places or not all(place.rpartition(":")[2].isdecimal() for place in places):
            raise ValueError
    except (IndexError, ValueError):
        sys.exit("usage: fetch SECONDS HOST:PORT...")
    sys.exit(main(seconds, places))
