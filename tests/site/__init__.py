"""The site, as it is built and as a browser shows it."""

NO_BROWSER = "no Chromium: the site was not looked at"
NO_PYODIDE = "no Pyodide, say npm ci --prefix docs/playground: the playground was not played"
