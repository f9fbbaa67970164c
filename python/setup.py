"""Puts the shared library into the wheel: build it first with `cargo build --release`."""

import os
import shutil
import sys

from setuptools import setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_py import build_py

HERE = os.path.dirname(os.path.abspath(__file__))
NAME = "libtabi.dylib" if sys.platform == "darwin" else "libtabi.so"


def library() -> str:
    """The library to carry: what TABI_LIBRARY names, else the release build of this checkout."""
    path = os.environ.get("TABI_LIBRARY") or os.path.join(os.path.dirname(HERE), "target", "release", NAME)
    if not os.path.isabs(path):
        sys.exit(f"TABI_LIBRARY must be an absolute path, got {path!r}")
    if not os.path.isfile(path):
        sys.exit(f"{path} is missing: run `cargo build --release`, or name the library in TABI_LIBRARY")
    return path


class Build(build_py):
    def run(self):
        super().run()
        shutil.copy2(library(), os.path.join(self.build_lib, "tabi", NAME))


class Wheel(bdist_wheel):
    """One wheel for every Python of a platform: nothing in it depends on the interpreter."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


setup(cmdclass={"build_py": Build, "bdist_wheel": Wheel})
