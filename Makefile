# Each target is a plain go command, run in every module of the repository.
# The tools are pinned in tools.mod, so that go.mod lists only what users get.

BENCH ?= .
COUNT ?= 6
FUZZTIME ?=
BASE ?= $(shell git describe --tags --abbrev=0 --match 'v*')

# The root module comes first. Without git, as in a source archive, find does.
MODULES := $(sort $(patsubst %/,%,$(dir $(shell \
	git ls-files -- go.mod '*/go.mod' 2>/dev/null || find . -name go.mod | sed 's|^\./||'))))

STAGES := race lint examples smoke cross

tool = go tool -modfile='$(CURDIR)/tools.mod'

# each runs the command $1 in the modules $2.
each = @set -e; for dir in $2; do echo "[$$dir] $1"; (cd "$$dir" && $1); done

# silent runs the command $1 in every module. It fails if the command fails or
# prints a line, because gofmt, deadcode and others report and exit with 0.
# Standard error is left alone: that is where go says what it downloads.
silent = @for dir in $(MODULES); do \
	out=$$(cd "$$dir" && $1) && test -z "$$out" || \
	{ printf '[%s] %s\n%s\n' "$$dir" "$1" "$$out"; exit 1; }; done

.PHONY: help check test race lint fmt examples fuzz smoke cross bench api
.DEFAULT_GOAL := help

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

check: ## run all that CI runs, with the time of each stage
	@set -e; for stage in $(STAGES); do \
		start=$$(date +%s); $(MAKE) --no-print-directory $$stage; \
		echo "stage $$stage: ok, $$(($$(date +%s) - start)) s"; done

test: ## run the tests
	$(call each,go test ./...,$(MODULES))

# The comparisons with peers are left out: they test the peers, and take as long as
# the rest.
race: ## run the tests under the race detector, shuffled, on 1 and 4 procs
	$(call each,go test -race -shuffle=on -cpu=1$(comma)4 ./...,$(filter-out bench,$(MODULES)))

lint: ## run every static check; prints nothing when all is well
	$(call silent,gofmt -l .)
	$(call silent,go mod tidy -diff)
	$(call silent,go vet ./...)
	$(call silent,go fix -diff ./...)
	$(call silent,$(tool) staticcheck ./...)
	$(call silent,$(tool) deadcode -test ./...)
	@$(tool) actionlint -shellcheck= -pyflakes=

fmt: ## format the code and modernise it
	$(call each,gofmt -w .,.)
	$(call each,go fix ./...,$(MODULES))

examples: ## run the example programs and compare their output
	$(call each,go test ./examples/...,.)
	$(call each,go test ./...,$(filter examples/%,$(MODULES)))

fuzz: ## run the fuzz seeds; with FUZZTIME=1m fuzz each target for that long
ifeq ($(FUZZTIME),)
	$(call each,go test -run='^Fuzz' ./...,$(MODULES))
else
	@set -e; for dir in $(MODULES); do cd '$(CURDIR)'/$$dir; for pkg in $$(go list ./...); do \
		targets=$$(go test -list='^Fuzz' $$pkg); \
		for target in $$(echo "$$targets" | grep '^Fuzz'); do \
			go test -run='^$$' -fuzz="^$$target\$$" -fuzztime=$(FUZZTIME) $$pkg; done; done; done
endif

smoke: ## run every benchmark once, and the fuzz seeds, so that the comparisons keep working
	$(call each,go test -run='^Fuzz' -bench=. -benchtime=1x ./...,$(MODULES))

# Of the root module alone: the adapters have no code for one platform, and what
# they adapt is large to compile. Some virtual machines run no program for 386, and
# qemu runs none of Go's: there arm stands in, whose int has 32 bits too, without
# the tests that start a program of their own, which qemu does not run.
cross: ## run the tests on 32 bits, those with assembly as arm64 and without, those with vectors; vet for macOS on arm64 and Windows
	@set -e; if GOARCH=386 go test -run='^$$' ./internal/backoff >/dev/null 2>&1; then \
		set -x; GOARCH=386 go test ./...; \
	else \
		set -x; GOOS=linux GOARCH=arm go test -exec qemu-arm -skip '^(TestRunFails|TestPanicInOnErrorCrashes)$$' \
			./buffer ./cache/... ./errors ./fetch/... ./internal/... ./num ./validate/... ./workerpool/...; \
	fi
	GOOS=linux GOARCH=arm64 go test -exec qemu-aarch64 ./errors
	go test -tags purego ./errors
	go test -gcflags=all='-N -l' -run 'Place|Frames' ./errors
	GOEXPERIMENT=simd go test ./num
	GOOS=darwin GOARCH=arm64 go vet ./...
	GOOS=windows GOARCH=amd64 go vet ./...

# The runs are interleaved: each repeats all benchmarks once, so that a minute
# in which the machine was busy hits every library alike.
bench: ## compare with the peers; BENCH=regexp, COUNT=n, CPU=1,2 and BENCHTIME=1s choose what and how
	@cd bench && go test -c -o bench.test . && : >bench.out && for run in $$(seq $(COUNT)); do \
		./bench.test -test.run='^$$' -test.bench='$(BENCH)' $(if $(CPU),-test.cpu=$(CPU)) $(if $(BENCHTIME),-test.benchtime=$(BENCHTIME)) \
		>>bench.out || { cat bench.out; exit 1; }; done
	@echo "# make bench BENCH='$(BENCH)' COUNT=$(COUNT)$(if $(CPU), CPU=$(CPU))$(if $(BENCHTIME), BENCHTIME=$(BENCHTIME))"
	@echo "# $$(go env GOVERSION), $$(getconf _NPROCESSORS_ONLN) processors, $$(sed -n 's/^cpu: //p' bench/bench.out | head -n 1)"
	@cd bench && go list -m -f '{{if not (or .Main .Indirect .Replace)}}# {{.Path}} {{.Version}}{{end}}' all | grep .
	@$(tool) benchstat -col /impl -table .name bench/bench.out

api: ## list incompatible changes of the API since BASE, the last tag by default
	@set -e; old=$$(mktemp -d); trap 'rm -rf "$$old"' EXIT; \
	git archive '$(BASE)' | tar -x -C "$$old"; \
	(cd "$$old" && go tool -modfile='$(CURDIR)/tools.mod' apidiff -m -w base.api github.com/goplinth/plinth); \
	out=$$($(tool) apidiff -m -incompatible "$$old/base.api" github.com/goplinth/plinth); \
	test -z "$$out" || { echo "$$out"; exit 1; }

comma := ,
