"""Puts the shared library into the wheel, and the source of the library into the source distribution.

cargo builds the library, unless TABI_LIBRARY names one, or `cargo build --release` has made it in the checkout.
"""

import os
import shutil
import subprocess
import sys

from setuptools import Distribution, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = {"darwin": "libtabi.dylib", "win32": "tabi.dll"}.get(sys.platform, "libtabi.so")

#: Where a source distribution has the source of the library.
SOURCE = os.path.join(HERE, "library")

#: What cargo reads to build the library: its source, and one target of every member of the workspace.
NEEDED = """Cargo.toml Cargo.lock build.rs cbindgen.toml LICENSE-APACHE LICENSE-MIT src capi include benches/micro.rs
docs/rust.md docs/programs/Cargo.toml docs/programs/src examples/tls tests/helpers""".split()


def library() -> str:
    """The library to carry: what TABI_LIBRARY names, else the release build of the source, which cargo makes."""
    path = os.environ.get("TABI_LIBRARY")
    if path and not os.path.isabs(path):
        sys.exit(f"TABI_LIBRARY must be an absolute path, got {path!r}")
    path = path or built()
    if not os.path.isfile(path):
        sys.exit(f"{path} is missing: name the library in TABI_LIBRARY")
    return path


def built() -> str:
    """The library of this source distribution, or of the checkout, where it may have been built before."""
    distributed = os.path.isdir(SOURCE)
    root = SOURCE if distributed else os.path.dirname(HERE)
    path = os.path.join(root, "target", "release", NAME)
    if os.path.isfile(path) and not distributed or not os.path.isfile(os.path.join(root, "Cargo.toml")):
        return path
    command = ["cargo", "build", "--release", "--locked", "--package", "tabi-capi", "--target-dir", "target"]
    try:
        subprocess.run(command, cwd=root, check=True)
    except FileNotFoundError:
        sys.exit("cargo is missing: tabi has no wheel for this system, and is built with Rust 1.85 or newer")
    except subprocess.CalledProcessError as error:
        sys.exit(f"cargo ended with {error.returncode}, and has said why above; tabi is built with Rust 1.85 or newer")
    return path


class Binary(Distribution):
    """The package is for one platform, although it has no extension module."""

    def has_ext_modules(self):
        return True


class Build(build_py):
    def run(self):
        path = library()
        # Modules that an earlier build has left here would go into the package.
        shutil.rmtree(os.path.join(self.build_lib, "tabi"), ignore_errors=True)
        super().run()
        # A wheel for Windows is made on another system, too.
        name = "tabi.dll" if path.endswith(".dll") else NAME
        shutil.copy2(path, os.path.join(self.build_lib, "tabi", name))


class Wheel(bdist_wheel):
    """One wheel for every Python of a platform: nothing in it depends on the interpreter."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class Source(sdist):
    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        root = SOURCE if os.path.isdir(SOURCE) else os.path.dirname(HERE)
        for name in NEEDED:
            to = os.path.join(base_dir, "library", name)
            os.makedirs(os.path.dirname(to), exist_ok=True)
            if os.path.isdir(os.path.join(root, name)):
                shutil.copytree(os.path.join(root, name), to, dirs_exist_ok=True)
            else:
                shutil.copy2(os.path.join(root, name), to)
        for name in "LICENSE-APACHE", "LICENSE-MIT":
            # In the checkout these are links to files outside of this folder.
            to = os.path.join(base_dir, name)
            if os.path.lexists(to):
                os.unlink(to)
            shutil.copy2(os.path.join(root, name), to)


setup(distclass=Binary, cmdclass={"build_py": Build, "bdist_wheel": Wheel, "sdist": Source})
