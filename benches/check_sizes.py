#!/usr/bin/env python3
"""Checks how large the library is: `python3 benches/check_sizes.py`. With `--table` it prints the table of docs/guides/static.md.

The library is built and installed, and programs are linked with it as docs/guides/static.md says. Sizes are in bytes. The limits
leave room for other compilers (TOLERANCE); a size far below its limit means that the limit should go down.
Exits with 1 when a size is above its limit.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENT = ROOT / "c-examples" / "hello_client.c"
TOLERANCE = 0.03

# What is measured, and how large it was when the limit was set.
LIBRARY, ARCHIVE, CLIENT_WITHOUT_NAMES, WHOLE_CLIENT = (
    "libtabi.so, stripped",
    "libtabi.a, installed",
    "hello_client.c, -Os -s, with tabi-static",
    "hello_client.c, -Os -s -static",
)
EXPECTED = {LIBRARY: 806_072, ARCHIVE: 2_023_440, CLIENT_WITHOUT_NAMES: 195_144, WHOLE_CLIENT: 1_051_728}


def run(*command, **more):
    return subprocess.run([str(part) for part in command], check=True, text=True, cwd=ROOT, **more)


def sizes(place):
    """Builds and installs the library below `place`, and yields the name and the size of each thing."""
    run("cargo", "build", "--release", "--quiet", "--package", "tabi-capi")
    run("make", "--silent", "install", f"DESTDIR={place}", "PREFIX=/usr", stdout=subprocess.DEVNULL)
    lib = place / "usr" / "lib"
    run("strip", lib / "libtabi.so")
    yield LIBRARY, (lib / "libtabi.so").stat().st_size
    yield ARCHIVE, (lib / "libtabi.a").stat().st_size
    found = {**os.environ, "PKG_CONFIG_PATH": str(lib / "pkgconfig"), "PKG_CONFIG_SYSROOT_DIR": str(place)}
    flags = run("pkg-config", "--cflags", "--libs", "tabi-static", capture_output=True, env=found).stdout.split()
    # pkg-config puts the place before folders, but not before the archive.
    flags = [flag.replace("/usr/lib/libtabi.a", f"{lib}/libtabi.a", 1) if flag.startswith("/usr") else flag for flag in flags]
    program = place / "hello_client"
    for name, more in (CLIENT_WITHOUT_NAMES, []), (WHOLE_CLIENT, ["-static"]):
        # glibc warns of a static program that looks names up.
        run("cc", "-Os", "-s", *more, CLIENT, "-o", program, *flags, stderr=subprocess.DEVNULL)
        yield name, program.stat().st_size


def main():
    table = sys.argv[1:] == ["--table"]
    for tool in "cargo", "make", "cc", "strip", "objcopy", "pkg-config":
        if not shutil.which(tool):
            if os.environ.get("CI") == "true":
                raise SystemExit(f"FAIL: {tool} is not installed")
            print(f"skipped: {tool} is not installed")
            return
    if table:
        print("| what | bytes |\n|---|---:|")
    good = True
    with tempfile.TemporaryDirectory() as place:
        for name, found in sizes(Path(place)):
            limit = int(EXPECTED[name] * (1 + TOLERANCE))
            good &= found <= limit
            if table:
                print(f"| {name} | {found:,} |", flush=True)
                continue
            print(f"{'ok  ' if found <= limit else 'FAIL'} {name}: {found:,} bytes, limit {limit:,}", flush=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
