# A thin front for CMake's presets. `make help` lists the targets.
JOBS ?= 2
PRESET ?= release
PREFIX ?= /usr/local

all: build

build:
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS)

install: build
	cmake --install build/$(PRESET) --prefix $(PREFIX)

clean:
	rm -rf build

help:
	@echo "make [PRESET=release|debug|asan|tsan|size|aarch64|armhf]   build into build/PRESET"
	@echo "make install PREFIX=DIR   install library, headers, command"

.PHONY: all build install clean help
