# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
BIN = .venv/bin

.PHONY: demo test test-vllm lint bench clean

demo: .venv/.base
	$(BIN)/fabrica run recipes/demo.yaml --out demo-corpus
	$(BIN)/fabrica verify demo-corpus
	@echo
	@echo "The report:  $(CURDIR)/demo-corpus/report/index.html"
	@echo "Try next:    $(BIN)/fabrica query demo-corpus \"SELECT reason, count(*) FROM drops GROUP BY 1\""
	@echo "             $(BIN)/fabrica run recipes/demo.yaml --out demo-corpus --set select.non_commercial=drop"
	@echo "             $(BIN)/fabrica run recipes/demo-labelled.yaml    (labels, boxes, masks, volumes to text)"
	@echo "Your own:    README.md, \"Your own articles\""

# Each file of tests stays in one process; -n 0 runs all in one.
test: .venv/.dev lint
	$(BIN)/python -m pytest -n 2 --dist loadfile

# The language model's parts against a real small vLLM, in an environment of its own (3.5 GB).
test-vllm: .venv/.dev
	$(PYTHON) tests/vllm/environment.py .venv-vllm
	FABRICA_VLLM=$(CURDIR)/.venv-vllm $(BIN)/python -m pytest tests/vllm -v

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: .venv/.dev
	$(BIN)/python -m benchmarks.extract

clean:
	rm -rf .venv .venv-vllm demo-corpus build *.egg-info

.venv/bin/python:
	$(PYTHON) -m venv .venv

.venv/.base: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

.venv/.dev: .venv/bin/python pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@ .venv/.base
