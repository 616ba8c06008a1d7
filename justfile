# The manual: what one does with this repository. `just` alone lists it.

python := ".venv/bin/python"

_list:
    @just --list --unsorted

# Make .venv with everything that development needs.
setup:
    python3 -m venv .venv
    {{ python }} -m pip install --quiet --editable '.[dev]'

# What continuous integration runs, from a clean clone of HEAD: commit first.
check:
    .ci/run

# All tests, or those that the arguments name.
test *arguments:
    {{ python }} -m pytest -n auto --dist loadfile {{ arguments }}

# The tests but for those that take a minute.
quick:
    {{ python }} -m pytest -n auto --dist loadfile -m 'not slow'

# The large scopes of the proof, every mutant, then the property tests for as long as it takes.
nightly:
    {{ python }} -m tests.proof.figures nightly 2
    {{ python }} -m pytest -m nightly
    {{ python }} -m pytest -n auto --dist loadfile --hypothesis-profile=nightly tests/properties

# Explore every preset and every switch alone, in the scopes of the test suite.
prove *arguments:
    .venv/bin/orderfsm prove --policy every --jobs 2 {{ arguments }}

# What is too large for a night, before a release.
release:
    {{ python }} -m tests.proof.figures release 2

# Write the figures of the proof anew; read the difference before it is committed.
figures:
    {{ python }} -m tests.proof.figures

# Break the definition in every way, and write anew how much was noticed; read the difference before it is committed.
mutants *arguments:
    {{ python }} -m tests.proof.mutation_figures {{ arguments }}

# Which lines and branches no test reaches.
cover:
    {{ python }} -m coverage erase
    {{ python }} -m coverage run -m pytest
    {{ python }} -m coverage combine
    {{ python }} -m coverage report

# Begins anew each time, for mutmut keeps its verdicts when only tests change.
# Change guards, deadlines and amounts in one place at a time, and count by module what no test notices.
mutmut *arguments:
    rm -rf mutants
    mkdir mutants
    echo '*' > mutants/.gitignore
    .venv/bin/mutmut run {{ arguments }}
    .venv/bin/mutmut results --all true | sed -E 's/^ *orderfsm\.([a-z]+)\..*: /\1: /' | sort | uniq -c

# Style, types and floors, on the working tree.
lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/mypy
    .venv/bin/basedpyright --pythonpath {{ python }}
    .venv/bin/lint-imports --no-logo

# Put everything into the form that `lint` wants.
format:
    .venv/bin/ruff check --fix .
    .venv/bin/ruff format .

# Write the generated parts of the documentation anew.
docs:
    {{ python }} -m tools.docs

# Bring the Python of the playground, once; needs npm.
pyodide:
    npm ci --prefix docs/playground

# Build the site into build/site, offline; needs `setup` and `pyodide` once.
site:
    {{ python }} -m sphinx --fail-on-warning --keep-going --builder html docs build/site

# Write the state × input matrix anew; read the difference before it is committed.
matrix:
    {{ python }} -m tests.matrix

# Write the principal time zones anew, when tzdata moves a country.
zones:
    {{ python }} tools/principal_zones.py

# Replay the example log.
example *arguments:
    .venv/bin/orderfsm replay docs/examples/every-chapter.jsonl {{ arguments }}

# Compare speeds and sizes with what there is without orderfsm.
bench *arguments:
    {{ python }} -m tests.benchmarks.ratios {{ arguments }}

# Compare the order book with the eventsourcing library and a bare loop, and ask a million orders.
bench-books *arguments:
    {{ python }} -m tests.benchmarks.books {{ arguments }}

# Wheel and source archive.
build:
    {{ python }} -m build
