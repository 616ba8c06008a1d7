"""The site, as it is built and as a browser shows it."""

NO_BROWSER = "no Chromium: the site was not looked at"
NO_PYODIDE = "no Pyodide, say npm ci --prefix docs/playground: the playground was not played"

PHONE, DESKTOP = (390, 844), (1280, 900)
"""The windows in which the site is looked at, in pixels."""
