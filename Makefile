# Builds, tries and tests Gantry. `make setup` needs root and Debian 12; everything else needs what it
# installs, and Swift 6.

CONFIGURATION ?= release
# Where a build is put together as it would be installed.
PREFIX := $(CURDIR)/.build/gantry
export GANTRY := $(PREFIX)/bin/gantry

# lld, since it packs relocations and folds equal functions, and nobody looks up symbols in a program:
# the daemon takes 2.4 MiB less than after gold (docs/performance.md).
RELEASE_FLAGS := --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --icf=safe \
	-Xlinker -z -Xlinker pack-relative-relocs -Xlinker --exclude-libs=ALL -Xlinker --no-export-dynamic
# A release needs nothing of the Swift toolchain; `make build CONFIGURATION=debug` is for development.
SWIFT_BUILD := swift build -c $(CONFIGURATION) $(if $(filter release,$(CONFIGURATION)),$(RELEASE_FLAGS))
# The monitor is one a pod: without shared libraries it needs a tenth of the private memory.
STATIC_BUILD := swift build -c release --scratch-path .build-static --static-swift-stdlib \
	-Xswiftc -static-executable
CFLAGS ?= -O2 -Wall -Wextra -Werror

.PHONY: run build packages failing setup test unit matrix matrix-sample extremes extremes-sample lint fuzzer conformance conformance-uml bench check format sanitize fuzz soak

# The main job: a real pod through the CRI socket, its output read back.
run: setup build
	conformance/demo

setup:
	packaging/setup
	conformance/setup

# For `gantry --version`.
build: export GANTRY_COMMIT := $(shell git describe --always --dirty --abbrev=12 --exclude='*' 2>/dev/null || echo unknown)
build:
	$(SWIFT_BUILD) --product gantry
	$(SWIFT_BUILD) --product gantry-images
	$(STATIC_BUILD) --product gantry-monitor
	install -D -s $$($(SWIFT_BUILD) --show-bin-path)/gantry $(PREFIX)/bin/gantry
	install -D -s $$($(SWIFT_BUILD) --show-bin-path)/gantry-images $(PREFIX)/libexec/gantry/gantry-images
	install -D -s .build-static/release/gantry-monitor $(PREFIX)/libexec/gantry/gantry-monitor
	for name in gantry-pause gantry-exec gantry-path; do \
		$(CC) $(CFLAGS) -static -s -o $(PREFIX)/libexec/gantry/$$name Sources/$$name/main.c || exit; \
	done

# A Debian package and a tarball (docs/releases.md).
PACKAGES := $(CURDIR)/.build/packages
packages: build
	rm -rf $(PACKAGES)
	packaging/package $(PREFIX) $(PACKAGES)
	lintian --fail-on error,warning --allow-root $(PACKAGES)/*.deb

# All tests there are. Those of the rooms run under both sanitizers, so not once more without.
test: setup check sanitize fuzz build matrix-sample extremes-sample conformance

# One at a time: tests write programs and run them, which fails with "text file busy" while another
# test's child, not yet past its exec, still holds the file.
unit:
	swift test --no-parallel

# What each fuzz target gets; hours, by hand.
FUZZ_SECONDS ?= 2
# One build serves the tests under AddressSanitizer, the matrix, and the fuzz targets, which want its
# coverage. Lines are all that a report needs of debug information.
LINES := -Xswiftc -gline-tables-only -Xcc -gline-tables-only
ASAN := --sanitize=address --scratch-path .build-asan $(LINES) \
	-Xswiftc -sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table
TSAN := --sanitize=thread --scratch-path .build-tsan $(LINES)
# Where ThreadSanitizer writes, so that the last lines of a failed run are what it found.
RACES := $(CURDIR)/.build-tsan/races
FUZZER = $(firstword $(wildcard $(dir $(realpath $(shell which swift)))../lib/clang/*/lib/linux/libclang_rt.fuzzer_no_main-$(shell uname -m).a))

# The tests of the rooms under AddressSanitizer and ThreadSanitizer (docs/reliability.md); and, since the
# first of these builds has left an index, what `make lint` looks at.
sanitize: export ASAN_OPTIONS := detect_leaks=0
sanitize: export TSAN_OPTIONS := suppressions=$(CURDIR)/Tests/thread-sanitizer.txt:log_path=$(RACES)/report
sanitize: export SWIFT_BACKTRACE := enable=no
sanitize:
	GANTRY_FUZZER=$(FUZZER) swift test $(ASAN) --no-parallel
	rm -rf $(RACES) && mkdir -p $(RACES)
	swift test $(TSAN) --no-parallel || { head -n 60 $(RACES)/*; exit 1; }
	Tests/Lint/outside $$(swift build $(ASAN) --show-bin-path)/index/store

# Expanded when a recipe runs: where the build for AddressSanitizer has put it.
FUZZ = $$(swift build $(ASAN) --show-bin-path)/fuzz
fuzzer:
	GANTRY_FUZZER=$(FUZZER) swift build $(ASAN) --product fuzz

fuzz: fuzzer
	Tests/Fuzz/run $(FUZZ) .build-asan/corpora $(FUZZ_SECONDS)

# The daemon with failpoints in it, which a debug build has, under AddressSanitizer's eyes.
FAILING := $(CURDIR)/.build/gantry-failing
failing:
	GANTRY_FUZZER=$(FUZZER) swift build $(ASAN) --product gantry
	install -D $$(swift build $(ASAN) --show-bin-path)/gantry $(FAILING)/bin/gantry
	install -D -t $(FAILING)/libexec/gantry $(PREFIX)/libexec/gantry/*

# Every step of every operation, cut short in every way: see docs/reliability.md. It wants `make build`.
MATRIX := ASAN_OPTIONS=detect_leaks=0 GANTRY=$(FAILING)/bin/gantry conformance/matrix
matrix: failing
	$(MATRIX)
	GANTRY_ROOT=disk $(MATRIX)

# Some of it, others with each day's commits.
matrix-sample: failing
	$(MATRIX) --sample 16 --seed $$(git log -1 --format=%cd --date=format:%j || echo 0)
	GANTRY_ROOT=disk $(MATRIX) --sample 8 --seed $$(git log -1 --format=%cd --date=format:%j || echo 0)

# Every field of every request, and every document that a fuzz target reads, set to each extreme
# (docs/reliability.md). It wants `make build`.
extremes: fuzzer
	ASAN_OPTIONS=detect_leaks=0 $(FUZZ) extremes
	conformance/extremes

# Some of it, others with each day's commits.
extremes-sample:
	conformance/extremes --sample 400 --seed $$(git log -1 --format=%cd --date=format:%j || echo 0)

# 200 pods for ten minutes, and everything else beside them.
soak: build
	bench/soak

# The suite here, what is about images with layers indexed as well, and a sample of it on nodes with a
# kernel of their own: user-mode Linux, or a virtual machine where that does not boot.
conformance: packages
	swift build --product index-layers
	conformance/run --parts 4
	GANTRY_ROOT=disk conformance/run --parts 4 -m layers --handler crun
	conformance/run --parts 2 --first-start -m promise
	conformance/run --node uml -m sample
	conformance/run --node uml-systemd -m sample tests/node/test_systemd.py

# All that the nodes with a kernel of their own can do: cgroup v2 alone, AppArmor, SELinux, systemd as
# init, and the package on it, alone since it brings the daemon. It takes an hour and a half.
conformance-uml: packages
	conformance/run --node uml
	conformance/run --node uml-systemd tests/node/test_systemd.py tests/pods/test_spine.py tests/containers/test_resources.py
	conformance/run --node vm-systemd tests/node/test_package.py
	conformance/run --node uml-selinux tests/security/test_selinux.py

# Gantry beside Debian's containerd and the bare parts, an hour long; `make bench BENCH=--quick` takes minutes.
bench: setup build
	bench/setup
	bench/run $(BENCH)

# Foundation would bring its ICU and 12 MiB along: FoundationEssentials has what the rooms need.
check:
	! grep -rnE '^(internal |public |@[a-zA-Z]+ )*import Foundation$$' Sources
	swift-format lint --strict --recursive Package.swift Sources Tests
	Proto/generate --check
	Tests/Lint/resumed

# Arithmetic, conversions and cuts of text in the rooms that read from outside, by the index of a debug
# build; what is allowed is in Tests/Lint/allowed.txt.
lint:
	swift build --build-tests
	Tests/Lint/outside .build/debug/index/store

format:
	swift-format format --in-place --recursive Package.swift Sources Tests
