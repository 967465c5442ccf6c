# What a careful person would run, and what CI runs, in the same words.

STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
MODULES     = . lab lab/bench examples cmd otel prometheus
GOVULNCHECK = golang.org/x/vuln/cmd/govulncheck@v1.9.0
GOTESTSUM   = gotest.tools/gotestsum@v1.13.0
COUNTS      = echo $$((TESTS_TOTAL - TESTS_FAILED - TESTS_SKIPPED)) passed, $$((TESTS_FAILED + TESTS_ERRORS)) failed, $$TESTS_SKIPPED skipped
APIDIFF     = golang.org/x/exp/cmd/apidiff@v0.0.0-20261113113407-e3970619a1a4
FUZZTIME   ?= 20s
MINUTES    ?= 5

.PHONY: check scan fips tidy api test test-az live compat fuzz soak bench simulate quickstart

# Formatting, vet, static analysis, tidy modules; the root also without go.work.
check:
	@unformatted=$$(gofmt -l .); [ -z "$$unformatted" ] || { echo "not gofmt-ed: $$unformatted"; exit 1; }
	GOWORK=off go build ./... && GOWORK=off go vet ./...
	go test -count=1 ./cmd/internal/release -run /tidy
	for m in $(MODULES); do (cd $$m && go vet ./... && go run $(STATICCHECK) ./...) || exit 1; done
	go vet -tags live ./lab/internal/livecheck

# Known vulnerabilities in what the modules call. Wants the database at vuln.go.dev.
scan:
	for m in $(MODULES); do (cd $$m && go run $(GOVULNCHECK) ./...) || exit 1; done

# The root module's tests in FIPS mode: see SECURITY.md.
fips:
	GOWORK=off GODEBUG=fips140=on go test -count=1 ./...

# go mod tidy for all modules. The go command alone cannot: they require versions of
# each other that are not published yet.
tidy:
	go test -count=1 ./cmd/internal/release -run /tidy -update

# The exported API of the root module against that of the last version. An incompatible
# change is an error, unless the changelog has a line that begins with "- Incompatible:".
api:
	@last=$$(git describe --tags --abbrev=0 --match 'v*' 2>/dev/null) || { echo 'no version is tagged yet: nothing to compare with'; exit 0; }; \
	dir=$$(mktemp -d); trap 'git worktree remove --force $$dir/last; rm -rf $$dir' EXIT; \
	git worktree add -q --detach $$dir/last $$last && \
	(cd $$dir/last && GOWORK=off go run $(APIDIFF) -m -w $$dir/api github.com/azuredb/passwordless 2>$$dir/errors || { cat $$dir/errors; exit 1; }) && \
	GOWORK=off go run $(APIDIFF) -m $$dir/api github.com/azuredb/passwordless >$$dir/changes 2>$$dir/errors || { cat $$dir/errors; exit 1; }; \
	echo "changes since $$last:" && cat $$dir/changes && \
	{ ! grep -q '^Incompatible' $$dir/changes || grep -q '^- Incompatible:' CHANGELOG.md; }

# All tests, with the race detector where there is a C compiler. Installs PostgreSQL
# and MariaDB where they are missing and can be installed (apt-get, as root); see
# lab/install.sh. The module whose tests take longest comes first, and three packages
# run at once, for some of the tests wait; a busy machine has 20 minutes for a package.
# -w leaves out what only a debugger reads. No package is left out of the race
# detector: the linker may choose such a package's copy of a generic function of
# package sync for the whole program, and then false races are reported. The last
# line has the counts.
test:
	@go version
	@sh lab/install.sh
	@echo 'Next: a line for each package as it ends. The first time, compiling takes minutes before that.'
	@race=; [ "$$(go env CGO_ENABLED)" = 0 ] || race=-race; \
	set -x; go run $(GOTESTSUM) --format pkgname-and-test-fails --format-hide-empty-pkg --post-run-command 'sh -c "$(COUNTS)"' -- \
		-count=1 $$race -ldflags=-w -p 3 -shuffle=on -timeout 20m ./lab/... ./lab/bench/internal/... ./... ./examples/... ./cmd/... ./otel/... ./prometheus/...

# The login through the real Azure CLI, which is large: apt-get, as root, installs it
# where it is missing. Without a network but loopback, where unshare can do that.
test-az:
	@sh lab/install.sh
	@command -v az >/dev/null || { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends azure-cli; }
	cd lab && go test -tags az -c -o /dev/null ./e2e
	cd lab && run='go test -tags az -count=1 -run TestAz$$ ./e2e'; \
	if unshare -n true 2>/dev/null; then unshare -n sh -c "ip link set lo up && $$run"; else $$run; fi

# Checks the servers that PASSWORDLESS_LIVE_POSTGRES, _MYSQL and _SQLSERVER name, and prints a
# report: docs/live.md. TestLiveCheck of lab/e2e does the same with the lab's.
live:
	@cd lab/internal/livecheck && go test -tags live -count=1 -run '^TestLive$$'

# The tests of other projects through this library, and docs/compatibility.md. As root,
# for their tests run where only loopback is. Compiling them all takes a while.
compat:
	@sh lab/install.sh
	go run ./lab/internal/compat

# Every fuzz target for FUZZTIME each (20s).
fuzz:
	for m in $(MODULES); do (cd $$m && for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz'); do \
			go test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$pkg || exit 1; \
		done; \
	done) || exit 1; done

# Workers under faults for MINUTES (5), with the race detector; SOAK='-seed 7' repeats a plan. See docs/soak.md.
soak:
	@sh lab/install.sh
	cd lab && go run -race ./soak -minutes $(MINUTES) -json ../soak.json $(SOAK)

# Measures the library beside its peers in ten minutes or so, and writes BENCHMARKS.md, docs/benchmarks.json and
# docs/benchmarks.svg. BENCH='-run opening' measures one group and keeps the other figures, BENCH=-short tries all quickly
# and writes nothing, BENCH=-write only writes the documents. A genuine MySQL is fetched, and not installed, into MYSQL where apt-get is;
# the user nobody must be able to read it.
MYSQL ?= /var/cache/passwordless-mysql
bench:
	@sh lab/install.sh
	@genuine=; if command -v apt-get >/dev/null && sh lab/mysql-genuine.sh $(MYSQL); then genuine="-mysql $(MYSQL)"; fi; \
	set -x; go run ./lab/bench $$genuine $(BENCH)

# The table and the chart of docs/fleet.md, in about ten minutes.
simulate:
	go test -count=1 -timeout 3h -v -run TestFleetFigures ./token -update

# The main job, end to end, on this machine alone.
quickstart:
	go run ./examples/quickstart
	go run ./examples/quickstart/mysql
	go run ./examples/quickstart/sqlserver
