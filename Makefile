# The few commands of the house; meson does the work. CC, PREFIX, DESTDIR, SANITIZE, FUZZ_SECONDS may be given.
PREFIX ?= /usr/local
MESON  := meson setup --prefix $(PREFIX) $(if $(filter true,$(CI)),--werror)
# make test SANITIZE=1 runs the suite only under the sanitizers; CI=true (.ci/run) runs everything there is.
SUITES := $(if $(SANITIZE),build-asan,$(if $(filter true,$(CI)),build build-asan build-fuzz,build))

help:
	@echo 'make run      build, then run the service and send two messages through it (inkan serve --demo)'
	@echo 'make test     build, run every test and check; SANITIZE=1: under address and undefined sanitizers'
	@echo 'make build    build/inkan, build/libinkan.so            make deps     packages needed to build'
	@echo 'make check    rooms, symbols, style, headers            make format   let clang-format mend the layout'
	@echo 'make fuzz     each fuzz target for FUZZ_SECONDS (60)    make bench    speed, with peers beside it'
	@echo 'make install  PREFIX=/usr/local DESTDIR=                make clean    removes every build folder'

run: deps build
	build/inkan serve --demo

deps deps-test:
	@scripts/deps $@

build build-asan build-fuzz: %: %/build.ninja
	ninja -C $@

build/build.ninja:
	$(MESON) build
build-asan/build.ninja:
	$(MESON) build-asan -Doptimization=1 -Db_sanitize=address,undefined -Db_coverage=true
build-fuzz/build.ninja:
	CC=clang $(MESON) build-fuzz -Doptimization=1 -Db_sanitize=address,undefined -Db_lundef=false -Dfuzzing=true

test: deps-test $(SUITES)
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),5) tests/run.py $(SUITES)

fuzz: deps-test build-fuzz
	@FUZZ_SECONDS=$(or $(FUZZ_SECONDS),60) tests/run.py build-fuzz

bench: deps-test build
	ninja -C build bench

check: deps-test build
	@scripts/check.py build

format: deps-test
	@scripts/check.py --format

install: build
	meson configure build -Dprefix=$(PREFIX)
	DESTDIR=$(DESTDIR) meson install -C build

clean:
	rm -rf build build-asan build-fuzz

.PHONY: help run deps deps-test build build-asan build-fuzz test fuzz bench check format install clean
.NOTPARALLEL:
