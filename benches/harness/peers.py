"""The programs that are compared: how each is built and started, and what it needs.

A peer whose library is not installed is left out and named; nothing else stops.
"""

import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

from . import BUILD, PEERS, ROOT

RUST = BUILD / "rust" / "release"
LIBRARY = ROOT / "target" / "release"
C_FLAGS = ["-O2", "-Wall", "-Wextra", "-std=gnu11", "-pthread"]
# The libraries that `rustc --print native-static-libs` prints for libtabi.a on Linux.
STATIC_LIBRARIES = ["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]
TABI = ["-I", str(ROOT / "include")]


class Missing(Exception):
    """Something a peer needs is not installed; the text names it."""


@dataclass
class Peer:
    name: str  # in results and on the command line
    label: str  # in tables and plots
    command: list
    build: object = None  # a function that raises Missing, or None
    environment: dict = field(default_factory=dict)
    ours: bool = False
    #: Whether a child of the process does the work.
    in_child: bool = False

    def start(self, *arguments, cpus=None, **options):
        command = [str(part) for part in [*self.command, *arguments]]
        return subprocess.Popen(
            command, env={**os.environ, **self.environment}, text=True, preexec_fn=pin(cpus), **options
        )


def pin(cpus):
    return (lambda: os.sched_setaffinity(0, cpus)) if cpus else None


def run(command, **options):
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, **options)
    if done.returncode != 0:
        raise SystemExit(f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


def packaged(*modules, package):
    """The flags that pkg-config has for a library."""
    done = subprocess.run(["pkg-config", "--cflags", "--libs", *modules], text=True, capture_output=True)
    if done.returncode != 0:
        raise Missing(package)
    return done.stdout.split()


def compiled(output, source, *flags, package=None, compiler="cc", options=C_FLAGS):
    """A builder that compiles one C or C++ file."""

    def build():
        if not shutil.which(compiler):
            raise Missing(compiler)
        extra = flags[0]() if flags and callable(flags[0]) else list(flags)
        BUILD.mkdir(parents=True, exist_ok=True)
        command = [compiler, *options, "-o", BUILD / output, PEERS / source, *extra]
        done = subprocess.run([str(part) for part in command], text=True, capture_output=True)
        if done.returncode != 0:
            if package:
                raise Missing(package)
            raise SystemExit(f"{shlex.join(map(str, command))}\n{done.stderr}")

    return build


def build_rust():
    """Builds the Rust peers. They have a workspace of their own, so that their crates are not dependencies of tabi."""
    if not shutil.which("cargo"):
        raise Missing("cargo")
    manifest = PEERS / "rust" / "Cargo.toml"
    run(["cargo", "build", "--release", "--quiet", "--manifest-path", manifest, "--target-dir", BUILD / "rust"])


def build_library():
    if not shutil.which("cargo"):
        raise Missing("cargo")
    run(["cargo", "build", "--release", "--quiet"], cwd=ROOT)


def with_library(build):
    def both():
        build_library()
        build()

    return both


def has_gevent(python):
    return python and subprocess.run([python, "-c", "import gevent"], capture_output=True).returncode == 0


def gevent_python():
    candidates = sys.executable, shutil.which("python3"), "/usr/bin/python3"
    return next(filter(has_gevent, candidates), None)


def need_gevent():
    if not gevent_python():
        raise Missing("python3-gevent")


def need_python_face():
    build_library()
    command = [sys.executable, "-c", "import tabi; tabi.install(); import socketserver"]
    done = subprocess.run(command, env={**os.environ, **PYTHON_FACE}, capture_output=True)
    if done.returncode != 0:
        raise Missing("tabi for Python")


def python_speed():
    """Loads the module that times single Python calls on the built-in module and on tabi."""
    spec = importlib.util.spec_from_file_location("speed", ROOT / "python" / "benchmarks" / "speed.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


PYTHON_FACE = {
    "PYTHONPATH": str(ROOT / "python"),
    "TABI_LIBRARY": str(LIBRARY / "libtabi.so"),
    "PRIMITIVES_MODULE": "tabi",
}


def c_style(style):
    return compiled(f"primitives-{style.lower()}", "primitives/raw.c", f"-DSTYLE={style}")


def raw(name, label, style):
    return Peer(name, label, [BUILD / f"primitives-{style.lower()}"], c_style(style))


def static_tabi(output, source):
    return with_library(compiled(output, source, *TABI, str(LIBRARY / "libtabi.a"), *STATIC_LIBRARIES))


CPP_FLAGS = ["-O2", "-Wall", "-Wextra", "-pthread"]
#: sockpp is in no Debian: benches/README.md says how it is built.
SOCKPP = {"package": "sockpp", "compiler": "c++", "options": [*CPP_FLAGS, "-std=c++20"]}
ASIO = {"package": "libboost-dev", "compiler": "c++", "options": [*CPP_FLAGS, "-std=c++17"]}

SCRIPT = PEERS / "primitives" / "primitives.py"
PRIMITIVES = [
    raw("raw", "raw C", "RAW"),
    raw("raw-again", "raw C, a second time (noise)", "RAW"),
    raw("guard", "raw C with an in-flight count", "GUARD"),
    raw("poll", "C, poll before each call", "POLL"),
    raw("try", "C, try first, then poll", "TRY"),
    raw("rcvtimeo", "C, SO_RCVTIMEO", "RCVTIMEO"),
    Peer(
        "asio",
        "Boost.Asio, blocking",
        [BUILD / "primitives-asio"],
        compiled("primitives-asio", "primitives/asio.cpp", **ASIO),
    ),
    Peer(
        "sockpp",
        "sockpp",
        [BUILD / "primitives-sockpp"],
        compiled("primitives-sockpp", "primitives/sockpp.cpp", "-lsockpp", **SOCKPP),
    ),
    Peer("std", "Rust std", [RUST / "std"], build_rust),
    Peer("socket2", "Rust socket2", [RUST / "socket2"], build_rust),
    Peer("cpython", "CPython", [sys.executable, SCRIPT]),
    Peer("tabi-c", "tabi in C", [BUILD / "primitives-tabi"], static_tabi("primitives-tabi", "primitives/tabi.c"), ours=True),
    Peer("tabi-rust", "tabi in Rust", [RUST / "tabi"], build_rust, ours=True),
    Peer("tabi-python", "tabi in Python", [sys.executable, SCRIPT], need_python_face, PYTHON_FACE, ours=True),
]


def c_server(name, *flags, package=None, compiler="cc", options=C_FLAGS):
    source = f"servers/{name}.{'cpp' if compiler == 'c++' else 'c'}"
    return compiled(f"server-{name}", source, *flags, package=package, compiler=compiler, options=options)


SERVERS = [
    Peer("c_threads", "raw C, a thread each", [BUILD / "server-c_threads"], c_server("c_threads")),
    Peer("c_threads-again", "the same, a second time (noise)", [BUILD / "server-c_threads"]),
    Peer("c_kept_threads", "raw C, kept threads", [BUILD / "server-c_kept_threads"], c_server("c_kept_threads")),
    Peer("c_epoll", "raw C, epoll", [BUILD / "server-c_epoll"], c_server("c_epoll")),
    Peer(
        "c_epoll_threads", "raw C, one epoll, 16 threads", [BUILD / "server-c_epoll_threads"], c_server("c_epoll_threads")
    ),
    Peer(
        "glib",
        "GLib GThreadedSocketService",
        [BUILD / "server-glib"],
        c_server("glib", lambda: packaged("gio-2.0", package="libglib2.0-dev"), package="libglib2.0-dev"),
    ),
    Peer(
        "poco",
        "POCO TCPServer",
        [BUILD / "server-poco"],
        c_server(
            "poco", "-lPocoNet", "-lPocoFoundation", package="libpoco-dev", compiler="c++", options=["-O2", "-Wall"]
        ),
    ),
    Peer(
        "libuv",
        "libuv",
        [BUILD / "server-libuv"],
        c_server("libuv", lambda: packaged("libuv", package="libuv1-dev"), package="libuv1-dev"),
    ),
    Peer("asio", "Boost.Asio, one thread", [BUILD / "server-asio"], c_server("asio", **ASIO)),
    Peer("sockpp", "sockpp, a thread each", [BUILD / "server-sockpp"], c_server("sockpp", "-lsockpp", **SOCKPP)),
    Peer("std-threads", "Rust std, a thread each", [RUST / "std-threads"], build_rust),
    Peer("tokio", "tokio", [RUST / "tokio"], build_rust),
    Peer("cpython", "CPython ThreadingTCPServer", [sys.executable, PEERS / "servers" / "threading_server.py"]),
    Peer("gevent", "gevent StreamServer", [gevent_python(), PEERS / "servers" / "gevent_server.py"], need_gevent),
    Peer("tabi-c", "tabi in C", [BUILD / "server-tabi"], static_tabi("server-tabi", "servers/tabi.c"), ours=True),
    Peer(
        "tabi-park",
        "tabi in C, parking, 16 threads",
        [BUILD / "server-tabi_park"],
        static_tabi("server-tabi_park", "servers/tabi_park.c"),
        ours=True,
    ),
    Peer("tabi-rust", "tabi in Rust", [RUST / "tabi-threads"], build_rust, ours=True),
    Peer(
        "tabi-python",
        "tabi in Python",
        [sys.executable, PEERS / "servers" / "threading_server.py", "tabi"],
        need_python_face,
        PYTHON_FACE,
        ours=True,
    ),
]


WEB = PEERS / "web"
#: The Python of an environment of its own, which has what pip brings.
WEB_PYTHON = BUILD / "web-python" / "bin" / "python3"


def installed(*programs, package):
    """A builder for a server that comes with the system."""

    def build():
        if not all(shutil.which(program) for program in programs):
            raise Missing(package)

    return build


def need_web_python():
    if WEB_PYTHON.exists():
        return
    run([sys.executable, "-m", "venv", WEB_PYTHON.parents[1]])
    done = subprocess.run([WEB_PYTHON, "-m", "pip", "install", "--quiet", "cheroot", "gunicorn"], capture_output=True)
    if done.returncode != 0:
        shutil.rmtree(WEB_PYTHON.parents[1])
        raise Missing("cheroot and gunicorn, by pip")


def launched(name, python=sys.executable):
    return [python, WEB / "launch.py", name, BUILD / f"web-{name}"]


def http_on_tabi(name, label, *settings):
    command = [sys.executable, WEB / "http_server.py", "tabi", *map(str, settings)]
    return Peer(name, label, command, need_python_face, PYTHON_FACE, ours=True)


#: Web servers for many clients that stay connected and seldom ask.
CROWD = [
    Peer("http-cpython", "CPython ThreadingHTTPServer", [sys.executable, WEB / "http_server.py"]),
    Peer("http-gunicorn", "gunicorn gthread", launched("gunicorn", WEB_PYTHON), need_web_python, in_child=True),
    Peer("http-cheroot", "cheroot", [WEB_PYTHON, WEB / "cheroot_server.py"], need_web_python),
    http_on_tabi("http-tabi-python", "the same http.server on tabi, parking"),
    http_on_tabi("http-tabi-python-2", "the same with 2 threads", 2),
    http_on_tabi("http-tabi-python-interval", "the same with a switch interval of 0.1 ms", 16, 0.0001),
    Peer("http-apache", "Apache, event", launched("apache"), installed("apache2", package="apache2-bin"), in_child=True),
    Peer("http-nginx", "nginx", launched("nginx"), installed("nginx", package="nginx-light")),
    Peer("http-tabi-c", "tabi in C, parking", [BUILD / "web-tabi"], static_tabi("web-tabi", "web/tabi.c"), ours=True),
]


def build(peers):
    """Builds the peers; returns those that can run, and what is missing by name."""
    able, missing, built = [], {}, set()
    for peer in peers:
        try:
            if peer.build and peer.build not in built:
                peer.build()
                built.add(peer.build)
            able.append(peer)
        except Missing as what:
            missing[peer.name] = str(what)
            print(f"skipped: {peer.label}: {what} is not installed", flush=True)
    return able, missing


build_load = compiled("load", "load.c")
# The other end of the ping-pong of the counts. Its answers come late, so that none is there when the receive begins.
LATE = Peer("c_late", "raw C, late", [BUILD / "server-c_late"], c_server("c_late"))
