# SPDX-License-Identifier: BSD-3-Clause
# The front door. Everything here is one line that calls meson or a script; `make help` lists it.

MAKEFLAGS += --no-print-directory
BUILD ?= build
PREFIX ?= /usr/local
MESON_SETUP = meson setup --prefix=$(PREFIX)
export MACSECD_BUILD = $(abspath $(BUILD))

.DEFAULT_GOAL := help
.NOTPARALLEL: # the set-up comes before the build, also under -j
.PHONY: help demo demo-stop test test-unit test-asan test-tsan test-fuzz test-system \
	test-interop test-package bench lint build install deb deps hugepages clean

help: ## this list
	@echo "macsecd: what you can make"
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' Makefile | expand -t 18

demo: deps-demo hugepages build ## two appliances, one encrypted link, real traffic (KEEP=1: leave it running)
	@/usr/bin/python3 tests/demo/demo.py $(if $(KEEP),--keep)

demo-stop: ## end a demo that was left running
	@/usr/bin/python3 tests/demo/demo.py --stop

test: deps hugepages build ## everything that needs no special hardware; last line "N passed, N failed"
	@/usr/bin/python3 tests/run.py

test-unit: deps build ## unit tests, simulations and hot-path purity
	@/usr/bin/python3 tests/run.py meson

test-asan: deps ## the same under AddressSanitizer, UBSan and LeakSanitizer
	@/usr/bin/python3 tests/run.py asan

test-tsan: deps ## races under ThreadSanitizer
	@/usr/bin/python3 tests/run.py tsan

test-fuzz: deps ## every fuzzer for FUZZ_SECONDS (30)
	@/usr/bin/python3 tests/run.py fuzz

test-system: deps hugepages build ## appliances in network namespaces
	@/usr/bin/python3 tests/run.py system

test-interop: deps hugepages build ## against Linux MACsec and wpa_supplicant in QEMU
	@/usr/bin/python3 tests/run.py interop

test-package: deps ## build the Debian package, install it into a root of its own, and remove it
	@docker/deps.sh build package
	@/usr/bin/python3 tests/run.py package

bench: deps build ## measure this machine
	@ninja -C $(BUILD) bench

lint: deps ## style, layout and documents
	@/usr/bin/python3 tests/lint/lint.py

build: $(BUILD)/build.ninja ## compile into build/
	@echo "build: compiling into $(BUILD)/"
	@ninja -C $(BUILD) --quiet

$(BUILD)/build.ninja:
	@docker/deps.sh build run
	@echo "build: setting up $(BUILD)/"
	@$(MESON_SETUP) $(BUILD) >$(BUILD)-setup.log 2>&1 || { cat $(BUILD)-setup.log; exit 1; }
	@rm -f $(BUILD)-setup.log

install: build ## into PREFIX (/usr/local)
	@echo "install: into $(PREFIX)"
	@meson configure $(BUILD) --prefix=$(PREFIX)
	@meson install -C $(BUILD) --no-rebuild

deb: ## the Debian package, into build/deb/
	@docker/deps.sh build package
	@docker/deb.sh $(BUILD)

deps: ## install the Debian packages that are missing (root; otherwise says what to run)
	@docker/deps.sh

deps-demo:
	@docker/deps.sh build run demo

hugepages: ## reserve hugepages when possible
	@docker/hugepages.sh

clean: ## remove what was built
	@echo "clean: removing build*/"
	@rm -rf build build-*
