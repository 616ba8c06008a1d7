"""The documentation: what is generated of it, and the extensions that build its site.

    .venv/bin/python -m tools.docs            # write the generated parts of the pages anew
    .venv/bin/python -m tools.docs --check    # fail if anything is stale

A page marks such a part with ``<!-- generated: NAME -->`` and ``<!-- end generated -->``.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The repository."""
