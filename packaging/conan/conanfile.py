"""``conan create packaging/conan`` in the source of tabi builds it with cargo, and makes a package of it."""

import os
import re

from conan import ConanFile
from conan.errors import ConanInvalidConfiguration
from conan.tools.files import copy, load, rm, rmdir


class Tabi(ConanFile):
    name = "tabi"
    description = "Python's socket and socketserver modules for C"
    license = "MIT OR Apache-2.0"
    package_type = "library"
    settings = "os", "arch"
    options = {"shared": [True, False]}
    default_options = {"shared": False}

    @property
    def _root(self):
        return os.path.join(self.recipe_folder, "..", "..")

    def set_version(self):
        self.version = re.search(r'^version = "(.*)"', load(self, os.path.join(self._root, "Cargo.toml")), re.M)[1]

    def export_sources(self):
        for pattern in ("Cargo.*", "build.rs", "cbindgen.toml", "Makefile", "LICENSE-*"):
            copy(self, pattern, self._root, self.export_sources_folder, keep_path=False)
        for folder in ("src", "capi", "include", "packaging", "benches", "docs/header", "docs/programs", "examples", "tests/helpers"):
            copy(self, "*", os.path.join(self._root, folder), os.path.join(self.export_sources_folder, folder))

    def validate(self):
        if self.settings.os != "Linux":
            raise ConanInvalidConfiguration("make install of tabi knows Linux only")

    def build(self):
        self.run("cargo build --release --locked --package tabi-capi --target-dir target", cwd=self.source_folder)

    def package(self):
        self.run(f'make install PREFIX=/ DESTDIR="{self.package_folder}"', cwd=self.source_folder)
        # Programs ask for -ltabi: only the kind of library that was chosen is there. Conan describes it by itself.
        rm(self, "libtabi.a" if self.options.shared else "libtabi.so*", os.path.join(self.package_folder, "lib"))
        for described in ("pkgconfig", "cmake"):
            rmdir(self, os.path.join(self.package_folder, "lib", described))
        copy(self, "LICENSE-*", self.source_folder, os.path.join(self.package_folder, "licenses"))

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "tabi")
        self.cpp_info.set_property("cmake_target_name", "tabi::tabi" if self.options.shared else "tabi::static")
        self.cpp_info.set_property("pkg_config_name", "tabi")
        self.cpp_info.libs = ["tabi"]
        if not self.options.shared:
            self.cpp_info.system_libs = ["pthread", "dl", "m"]
            self.cpp_info.exelinkflags = self.cpp_info.sharedlinkflags = ["-Wl,--gc-sections"]
