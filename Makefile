# Installs the library for C programs on Linux: make && sudo make install. The rest of the project is cargo's.
# `make install-windows` fills a PREFIX for mingw's compilers instead. The LIBRARY there has tabi.dll, libtabi.dll.a and
# libtabi.a.
#
# PREFIX      where it is installed
# LIBDIR      the folder of the libraries, such as /usr/lib/x86_64-linux-gnu
# INCLUDEDIR  the folder of the header
# MANDIR      the folder of the manual pages, which python3 makes of the header
# DESTDIR     a folder that stands before all of these while files are copied, for packages
# LIBRARY     the folder that has libtabi.so and libtabi.a
#
# `make install-descriptions` installs what `cargo cinstall` of cargo-c does not know: the files for CMake, tabi-static.pc
# and the manual pages.
#
# It wants binutils for the target (CC, OBJCOPY, AR), because packaging/archive makes the installed libtabi.a.

PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
DESTDIR ?=
export CC OBJCOPY AR
LIBRARY ?= target/release

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
MAJOR := $(firstword $(subst ., ,$(VERSION)))
SONAME := libtabi.so.$(MAJOR)
LIB = $(DESTDIR)$(LIBDIR)

# The files for pkg-config and CMake, each made of a template in packaging/.
DESCRIPTIONS := pkgconfig/tabi.pc pkgconfig/tabi-static.pc cmake/tabi/tabi-config.cmake cmake/tabi/tabi-config-version.cmake
FILL = sed -e 's|@PREFIX@|$(call written,$(PREFIX))|' -e 's|@VERSION@|$(VERSION)|' -e 's|@MAJOR@|$(MAJOR)|' -e 's|@SONAME@|$(SONAME)|' \
	-e 's|@LIBDIR@|$(call below_prefix,$(LIBDIR))|' -e 's|@INCLUDEDIR@|$(call below_prefix,$(INCLUDEDIR))|' \
	-e 's|@INCLUDE_FROM_LIB@|'"$$(realpath -m --relative-to="$(LIBDIR)" "$(INCLUDEDIR)")"'|'

# Folders in the files for pkg-config. Those below PREFIX follow it when it is moved (pkg-config --define-prefix). A space in
# a name has a backslash there, and is a question mark here, because make would take the name for two.
space := $(subst ,, )
one_word = $(subst $(space),?,$(1))
written = $(subst ?,\\$(space),$(call one_word,$(1)))
below_prefix = $(call written,$(patsubst $(call one_word,$(PREFIX))/%,$${prefix}/%,$(call one_word,$(1))))

.PHONY: all install install-descriptions install-windows uninstall
all:
	cargo build --release

install: install-descriptions
	install -d "$(DESTDIR)$(INCLUDEDIR)"
	install -m 644 include/tabi.h "$(DESTDIR)$(INCLUDEDIR)/tabi.h"
	packaging/archive "$(LIBRARY)/libtabi.a" "$(LIB)/libtabi.a"
	chmod 644 "$(LIB)/libtabi.a"
	install -m 755 "$(LIBRARY)/libtabi.so" "$(LIB)/libtabi.so.$(VERSION)"
	ln -sf libtabi.so.$(VERSION) "$(LIB)/$(SONAME)"
	ln -sf $(SONAME) "$(LIB)/libtabi.so"

install-descriptions:
	install -d "$(LIB)/pkgconfig" "$(LIB)/cmake/tabi"
	set -e; for file in $(DESCRIPTIONS); do \
		$(FILL) "packaging/$${file##*/}.in" > "$(LIB)/$$file"; chmod 644 "$(LIB)/$$file"; done
	@if command -v python3 >/dev/null; then python3 -B docs/header/man_pages.py "$(DESTDIR)$(MANDIR)"; \
	else echo "python3 is missing: the manual pages are not installed"; fi

install-windows:
	install -d "$(DESTDIR)$(INCLUDEDIR)" "$(DESTDIR)$(PREFIX)/bin" "$(LIB)/pkgconfig" "$(LIB)/cmake/tabi"
	install -m 644 include/tabi.h "$(DESTDIR)$(INCLUDEDIR)/tabi.h"
	install -m 755 "$(LIBRARY)/tabi.dll" "$(DESTDIR)$(PREFIX)/bin/tabi.dll"
	install -m 644 "$(LIBRARY)/libtabi.dll.a" "$(LIBRARY)/libtabi.a" "$(LIB)"
	set -e; for file in $(DESCRIPTIONS); do template="packaging/windows/$${file##*/}.in"; \
		[ -f "$$template" ] || template="packaging/$${file##*/}.in"; \
		$(FILL) "$$template" > "$(LIB)/$$file"; chmod 644 "$(LIB)/$$file"; done

uninstall:
	rm -f "$(DESTDIR)$(INCLUDEDIR)/tabi.h" "$(LIB)/libtabi.a" "$(LIB)/libtabi.so" "$(LIB)/$(SONAME)" \
	      "$(LIB)/libtabi.so.$(VERSION)" $(DESCRIPTIONS:%="$(LIB)/%") \
	      "$(DESTDIR)$(MANDIR)"/man3/tabi.3 "$(DESTDIR)$(MANDIR)"/man3/tabi_*.3
	-rmdir "$(LIB)/cmake/tabi" 2>/dev/null
