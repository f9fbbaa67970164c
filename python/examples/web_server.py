"""web_server FOLDER [PORT]: serves the files of the folder over HTTP/1.0, for GET and HEAD."""

import functools
import http.server
import sys


class Quiet(http.server.SimpleHTTPRequestHandler):
    timeout = 10

    def log_message(self, *arguments):
        pass


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 9011
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print("listening on {}:{}".format(*server.server_address), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    try:
        main()
    except (OSError, OverflowError) as error:
        sys.exit(f"web_server: {error}")
    except KeyboardInterrupt:
        pass
