"""time_server [PORT]: answers every datagram with the time of RFC 868, the seconds since 1900 in four bytes."""

import socketserver
import struct
import sys
import time

UNIX_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


class Clock(socketserver.DatagramRequestHandler):
    def handle(self):
        # The four bytes of the protocol start again at 0 in 2036.
        self.wfile.write(struct.pack("!I", (int(time.time()) + UNIX_EPOCH) % 2**32))


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 9012
    with socketserver.UDPServer(("127.0.0.1", port), Clock) as server:
        print("listening on {}:{}".format(*server.server_address), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"time_server: {error}")
    except KeyboardInterrupt:
        pass
