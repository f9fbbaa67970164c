# Installs the library for C programs on Linux: make && sudo make install. The rest of the project is cargo's.

PREFIX ?= /usr/local
DESTDIR ?=
LIBRARY ?= target/release

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SONAME := libtabi.so.$(firstword $(subst ., ,$(VERSION)))
ROOT = $(DESTDIR)$(PREFIX)

.PHONY: all install uninstall
all:
	cargo build --release

install:
	install -d "$(ROOT)/include" "$(ROOT)/lib/pkgconfig"
	install -m 644 include/tabi.h "$(ROOT)/include/tabi.h"
	install -m 644 $(LIBRARY)/libtabi.a "$(ROOT)/lib/libtabi.a"
	install -m 755 $(LIBRARY)/libtabi.so "$(ROOT)/lib/libtabi.so.$(VERSION)"
	ln -sf libtabi.so.$(VERSION) "$(ROOT)/lib/$(SONAME)"
	ln -sf $(SONAME) "$(ROOT)/lib/libtabi.so"
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@VERSION@|$(VERSION)|' tabi.pc.in > "$(ROOT)/lib/pkgconfig/tabi.pc"

uninstall:
	rm -f "$(ROOT)/include/tabi.h" "$(ROOT)/lib/libtabi.a" "$(ROOT)/lib/libtabi.so" \
	      "$(ROOT)/lib/$(SONAME)" "$(ROOT)/lib/libtabi.so.$(VERSION)" "$(ROOT)/lib/pkgconfig/tabi.pc"
