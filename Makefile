# A thin front for CMake's presets. `make help` lists the targets.
JOBS ?= 2
PRESET ?= release
PREFIX ?= /usr/local
MAKEFLAGS += --no-print-directory

all: build

build:
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) -j$(JOBS)

run: build
	@build/$(PRESET)/linnet classify --model examples/digits/digits_int8.tflite --image examples/digits/seven.bmp

install: build
	cmake --install build/$(PRESET) --prefix $(PREFIX)

# Runs COUNT changed models under the sanitizers; SEED draws others.
COUNT ?= 20000
SEED ?= 1
fuzz:
	@$(MAKE) build PRESET=asan
	build/asan/fuzz_models --count $(COUNT) --seed $(SEED) --jobs $(JOBS)
	build/asan/fuzz_weight_cache --count $(COUNT) --seed $(SEED)

# Measures against other runtimes, interleaved; installs them and makes the models first. Two hours the first time.
bench: build
	bench/install.sh
	build/bench/tensorflow/bin/python bench/make_models.py
	build/bench/runtimes/bin/python bench/run.py
	if grep -q avx512f /proc/cpuinfo; then build/bench/runtimes/bin/python bench/hide_avx512.py && \
	  build/bench/runtimes/bin/python bench/run.py --avx2 --out build/bench/results-avx2.json; fi
	build/bench/runtimes/bin/python bench/report.py

lint:
	@scripts/lint.sh

test-deps:
	@scripts/install_test_deps.sh

test-quick: test-deps
	@python3 tests/run.py quick

test:
	@scripts/install_test_deps.sh full
	@python3 tests/run.py full

clean:
	rm -rf build

help:
	@echo "make [PRESET=release|debug|asan|tsan|size|aarch64|armhf]   build into build/PRESET"
	@echo "make fuzz COUNT=n SEED=s     run changed models under the sanitizers"
	@echo "make bench                measures against other runtimes: docs/benchmark.md"
	@echo "make lint                 format, clang-tidy, cppcheck"
	@echo "make test-quick           installs what the tests need, builds, runs the quick tier"
	@echo "make test                 all tests: sanitizers, emulated ARM, fuzzing"
	@echo "make run                  builds, then classifies a picture of a digit"
	@echo "make install PREFIX=DIR   install library, headers, command"

.PHONY: all build run install bench fuzz lint test test-quick test-deps clean help
