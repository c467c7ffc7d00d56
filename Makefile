# Commands for contributors. Everything runs in .venv, which is created on first use.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WEB := tart/web
# npm's packages, as tart/web/package-lock.json locks them: what the web page is built of, esbuild,
# TypeScript's compiler, which checks the page and the JavaScript client, and axe.
NPM := $(VENV)/web

# A test starts hundreds of processes, and each would compile every module for itself.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: native generate demo test soak fuzz mutants dist deb dist-test dist-tools container-test check lint types contracts format bench \
	bench-quick bench-web lock clean screens tools web web-check

demo: $(READY) native  ## the whole system with a simulated network, until Ctrl-C
	@$(BIN)/tart demo

test: $(READY) tools native  ## all tests, with coverage; PYTEST_ARGS selects tests, without coverage
	@# Paths of Unix sockets are limited to 108 bytes: a short base directory.
ifdef PYTEST_ARGS
	@base=$$(mktemp -d) && trap 'rm -rf "$$base"' EXIT && \
		$(BIN)/python -m pytest -n 4 --dist loadfile --basetemp "$$base/t" $(PYTEST_ARGS)
else
	@# Each worker would compile the modules that all of them import at once.
	@$(BIN)/python -m compileall -q -j 2 tart
	@base=$$(mktemp -d) && trap 'rm -rf "$$base"' EXIT && \
		$(BIN)/python -m pytest -n 4 --dist loadfile --basetemp "$$base/t" \
			--cov --cov-report term:skip-covered --retry --max-suite-reruns 5
endif

soak: $(READY) native  ## fault injection under load, long fuzzing, property tests with many examples; hours
	@base=$$(mktemp -d) && trap 'rm -rf "$$base"' EXIT && FUZZ_SECONDS=$${FUZZ_SECONDS:-600} \
		EXAMPLES=$${EXAMPLES:-500} $(BIN)/python -m pytest -m "soak or fuzz or hypothesis" --basetemp "$$base/t" $(PYTEST_ARGS)

fuzz: $(READY) native  ## fuzz tests, FUZZ_SECONDS (60) each
	@base=$$(mktemp -d) && trap 'rm -rf "$$base"' EXIT && FUZZ_SECONDS=$${FUZZ_SECONDS:-60} \
		$(BIN)/python -m pytest -m fuzz --basetemp "$$base/t" $(PYTEST_ARGS)

mutants: $(READY)  ## mutation tests of the pure core: lists mutants that no test detects; an hour
	$(BIN)/python -m pip install --quiet --editable '.[mutants]'
	$(BIN)/mutmut run
	$(BIN)/mutmut export-cicd-stats
	@cat mutants/mutmut-cicd-stats.json

native: $(READY)  ## compile the native kernel, if it is not up to date; without a compiler the Python kernel runs
	@$(BIN)/python -m tart.native.build

dist: $(READY)  ## dist/tart, a single executable file, wheels and source archive; needs a C compiler
	$(BIN)/python systemd/pack/pack.py

deb: dist  ## the Debian package, made of dist/tart
	$(BIN)/python systemd/pack/deb.py

dist-test: deb dist-tools  ## test dist/tart, the Debian package, the wheels and the image on bare systems; as root
	$(BIN)/python -m pytest -m dist $(PYTEST_ARGS)

container-test: $(READY) dist-tools  ## build and run the image of systemd/container; as root
	$(BIN)/python -m pytest -m dist tests/packages/test_container.py

# Programs for the tests of what is delivered. As root they are installed from Debian.
dist-tools:
	@test "$$(id -u)" != 0 || ! command -v apt-get >/dev/null \
		|| apt-get install --quiet --quiet --yes --no-install-recommends \
		buildah crun lintian mmdebstrap podman tmux >/dev/null

# Side by side: mypy is one process, and tests wait for others.
check:  ## lint, types, contracts, tests: what CI runs
	@$(MAKE) --no-print-directory --jobs 2 $(READY) tools
	@$(MAKE) --no-print-directory lint contracts
	@$(MAKE) --no-print-directory --jobs 2 types test

lint: $(READY)  ## ruff: rules and format
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)  ## mypy
	$(BIN)/mypy

contracts: $(READY)  ## import contracts
	$(BIN)/lint-imports

format: $(READY)  ## apply ruff's fixes and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY) native  ## the main benchmarks and their targets, about ten minutes; BENCH_ARGS: see loadtest/README.md
	$(BIN)/python -m loadtest.bench line full growth idle hostile $(BENCH_ARGS)

bench-quick: $(READY) native  ## a short benchmark, under a minute
	$(BIN)/python -m loadtest.bench quick $(BENCH_ARGS)

bench-web: $(READY) tools  ## the web page with 1,023 nodes, three minutes; BENCH_ARGS="--seconds 600" for its heap
	$(BIN)/python -m loadtest.web $(BENCH_ARGS)

# Programs that tests run and that PyPI does not have. As root they are installed from Debian.
tools:
	@for program in cc:gcc+libc6-dev node:nodejs chromium-headless-shell:chromium-headless-shell promtool:prometheus nginx:nginx-light caddy:caddy \
		prometheus-alertmanager:prometheus-alertmanager zsh:zsh fish:fish mandoc:mandoc tmux:tmux; do \
		command -v "$${program%:*}" >/dev/null || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null \
		&& apt-get install --quiet --quiet --yes --no-install-recommends \
		$$(echo "$${program#*:}" | tr + ' ') >/dev/null; } \
		|| echo "without $${program%:*} tests are skipped or take longer (Debian: apt-get install $$(echo "$${program#*:}" | tr + ' '))"; \
	done
	@$(MAKE) --no-print-directory --silent $(NPM)/.ready >/dev/null 2>&1 \
		|| echo "without npm the build of the web page, its accessibility and the types of the JavaScript" \
		"client are not checked (Debian: apt-get install npm)"

web: $(NPM)/.ready  ## build the web page, tart/web/static, from tart/web/app; needs Node and npm
	@node $(WEB)/build.mjs

screens: $(READY) tools  ## write the pictures of the documentation, docs/screens
	$(BIN)/python -m tests.web.screens docs/screens --docs

web-check: $(NPM)/.ready  ## check the types of the web page's sources
	@node $(NPM)/node_modules/typescript/bin/tsc -p $(WEB)/tsconfig.json

# No package's own scripts run, but esbuild's, which puts its program in place.
$(NPM)/.ready: $(WEB)/package.json $(WEB)/package-lock.json
	@command -v npm >/dev/null || { echo "make web needs npm (Debian: apt-get install npm)" >&2; false; }
	rm -rf $(NPM) && mkdir -p $(NPM)
	cp $^ $(NPM)/
	npm ci --silent --ignore-scripts --no-audit --no-fund --prefix $(NPM)
	node $(NPM)/node_modules/esbuild/install.js
	ln -sfn $(abspath $(NPM))/node_modules $(WEB)/node_modules
	@touch $@

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tart needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --no-compile --constraint requirements.lock --editable '.[dev]'
	@# pip compiles on one core; files for other Pythons do not compile.
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null 2>&1 || true
	@touch $@

generate: $(READY)  ## write everything that derives from declarations: clients, references, config.toml
	$(BIN)/python -m tart.gateway.codegen.client
	$(BIN)/python -m tart.gateway.codegen.javascript
	$(BIN)/python -m tart.gateway.codegen.sql_docs
	$(BIN)/python -m tart.gateway.codegen.figure_pages
	$(BIN)/python -m tart.client.generate_events
	$(BIN)/tart config default > config.toml
	$(BIN)/tart alerts prometheus --builtin > systemd/prometheus/tart-rules.yml
	$(BIN)/ruff format .

lock:  ## update requirements.lock to the newest versions that pyproject.toml allows
	rm -rf $(VENV)/lock
	$(PYTHON) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip install --quiet '.[dev]'
	$(VENV)/lock/bin/python -m pip freeze --exclude tart > requirements.lock
	rm -rf $(VENV)/lock

clean:
	rm -rf $(VENV) $(WEB)/node_modules mutants .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
