"""The site, as it is built and as a browser shows it."""

NO_BROWSER = "no Chromium: the site was not looked at"
