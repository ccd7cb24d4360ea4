# `make chat` opens the chat, `make test` runs every check; both install into .venv first, and again only after a change.
# `make bench` measures speed against what is promised, DATA=FILE.json on questions of your own; `make bench-peers` beside others.
# PIP_INDEX adds a package index: make chat PIP_INDEX=https://download.pytorch.org/whl/cpu takes PyTorch's CPU builds.
PYTHON ?= python3
PIP_INDEX ?=
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt $(if $(PIP_INDEX),--extra-index-url $(PIP_INDEX))

.PHONY: chat test bench bench-peers clean

chat: .venv/installed
	$(BIN)/article-qa chat

test: .venv/installed-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest

bench: .venv/installed
	$(BIN)/python tests/bench/speed.py $(DATA)

bench-peers: .venv/installed
	$(BIN)/python tests/bench/peers.py $(DATA) --readme

.venv/bin/pip:
	$(PYTHON) -m venv .venv

.venv/installed: .venv/bin/pip pyproject.toml constraints.txt
	$(PIP) -e .
	@touch $@

.venv/installed-test: .venv/installed
	$(PIP) -e '.[test]'
	@touch $@

clean:
	rm -rf .venv .bench build dist *.egg-info
