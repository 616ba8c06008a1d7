"""Write the generated parts of the documentation, or with ``--check`` only compare them."""

import sys

from tools.docs import ROOT
from tools.docs.pages import fresh, stale_pages


def main(arguments: list[str]) -> int:
    """Write, or compare; 1 if a comparison finds anything stale."""
    stale = stale_pages()
    for page in stale:
        if "--check" not in arguments:
            page.write_text(fresh(page.read_text("utf-8")), "utf-8")
        print(f"{'stale' if '--check' in arguments else 'written'}: {page.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
