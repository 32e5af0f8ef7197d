# The front door. Meson does the work; this file gives it short names.
#
#   make          release build, ./build/fovea
#   make demo     index the sample pictures, search them, find duplicates
#   make test     everything: plain, sanitizers, fuzzing, older CPUs
#   make bench    how fast this machine is
#   make lint     formatting, clang-tidy, banned functions, layers
#   make install  into PREFIX (default /usr/local); DESTDIR is respected
#   make clean    remove the build folders
#
# demo, test, bench and lint install the Debian packages that are missing
# (packages.txt); the others only use what is there.

PREFIX ?= /usr/local
BENCH_FLAGS ?=

# The command with all that it needs to run.
PROGRAM = src/cli/fovea src/worker/fovea-worker src/unpacker/fovea-unpacker \
	models/fovea/near-duplicate

.PHONY: all program demo test bench lint install clean

all: build/build.ninja
	ninja -C build
	ln -f build/src/cli/fovea build/fovea
	ln -f build/src/worker/fovea-worker build/fovea-worker
	ln -f build/src/unpacker/fovea-unpacker build/fovea-unpacker
	ln -f build/src/bench/fovea-bench-engine build/fovea-bench-engine

program: build/build.ninja
	ninja -C build $(PROGRAM)
	ln -f build/src/cli/fovea build/fovea
	ln -f build/src/worker/fovea-worker build/fovea-worker
	ln -f build/src/unpacker/fovea-unpacker build/fovea-unpacker

build/build.ninja:
	meson setup build --prefix $(PREFIX)

demo:
	scripts/install_packages.sh build
	$(MAKE) --no-print-directory program
	scripts/demo.sh

test:
	scripts/install_packages.sh build test
	scripts/install_node_packages.sh
	scripts/test.sh

bench:
	scripts/install_packages.sh build bench
	$(MAKE) --no-print-directory all
	scripts/bench.sh $(BENCH_FLAGS)

lint:
	scripts/install_packages.sh build lint
	scripts/lint.sh

# A build folder keeps its prefix until another one is asked for.
install: build/build.ninja
ifeq ($(origin PREFIX),command line)
	meson configure build --prefix $(PREFIX)
endif
	$(MAKE) --no-print-directory all
	meson install -C build --no-rebuild

clean:
	rm -rf build build-asan build-tsan build-lint build-test
