"""The API reference: what autodoc finds, named, typed and explained as our docstrings mean it."""
