"""Database URLs: which store, and how to speak of it without its password.

A password is only as secret as the fault that quotes it, and libpq quotes what it cannot read: the rest of a URL
after a `/` that stands in a password, for instance. So a URL is refused here unless it can be read in one way only,
and what is refused is not quoted.
"""

import re
from pathlib import Path
from urllib.parse import unquote

from attrs import frozen

from orderfsm.errors import InvalidUrl, shown

EXPECTED = "sqlite:///FILE, postgresql://USER@HOST/DATABASE, or memory://"
_HIDDEN = "***"
_SQLITE = "sqlite:///"
_MEMORY = "memory://"
_SECRET = "password"  # in the name of a parameter: password, sslpassword

_HOST = r"(?:\[[0-9A-Fa-f:.%]*\]|[^\[\]:,/?@]*)(?::[0-9]*)?"
_POSTGRES = re.compile(
    r"(?P<scheme>postgres(?:ql)?://)"
    r"(?:(?P<user>[^:/?@]*)(?::(?P<password>[^/@]*))?@)?"
    rf"(?P<hosts>{_HOST}(?:,{_HOST})*)"
    r"(?P<database>/[^?@]*)?"
    r"(?:\?(?P<query>[\w%]+=[^=&@]*(?:&[\w%]+=[^=&@]*)*))?"
)
_PERCENT = re.compile(r"%(?!(?!00)[0-9A-Fa-f]{2})")
_PLAIN = re.compile(r"[\w.+/\\-]*")
_AFTER_SCHEME = re.compile(r"(?:(?<=:/)|(?<=password=)).+", re.DOTALL)  # to the end: spaces and quotes too may be part


@frozen(repr=False, str=False)
class Url:
    """Where a store is, as `read_url` has found it to be. Shown anywhere, it has no password.

    Attributes:
        text: the URL itself, with its password: not to be shown.
    """

    text: str

    @property
    def scheme(self) -> str:
        """``sqlite``, ``postgresql`` or ``memory``."""
        scheme = self.text.partition(":")[0]
        return "postgresql" if scheme == "postgres" else scheme

    @property
    def path(self) -> Path:
        """The file of an SQLite URL: relative after three slashes, absolute after four."""
        return Path(self.text.removeprefix(_SQLITE))

    def __str__(self) -> str:
        parts = _parts(self.text)
        if parts is None:
            return self.text if self.text.startswith((_SQLITE, _MEMORY)) else _HIDDEN
        user = parts["user"] or ""
        password = f":{_HIDDEN if parts['password'] else ''}" if parts["password"] is not None else ""
        place = "" if parts["user"] is None else f"{user}{password}@"
        query = "" if parts["query"] is None else f"?{'&'.join(map(_shown_parameter, parts['query'].split('&')))}"
        return f"{parts['scheme']}{place}{parts['hosts']}{parts['database'] or ''}{query}"

    def __repr__(self) -> str:
        return f"Url({str(self)!r})"

    def without_password(self, text: str) -> str:
        """What somebody else says, with every password of this URL blotted out.

        A password that is, say, the user's name as well is left: a blot there would give it away.
        """
        public = str(self)
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text if secret in public else text.replace(secret, _HIDDEN)
        return text

    def _secrets(self) -> set[str]:
        """Every password, as it is written in the URL and as it is meant."""
        parts = _parts(self.text)
        if parts is None:
            return set()
        given = [part.partition("=") for part in (parts["query"] or "").split("&")]
        found = {parts["password"] or "", *(value for name, _, value in given if _SECRET in unquote(name).lower())}
        return {secret for each in found for secret in (each, unquote(each)) if secret}


def _parts(text: str) -> dict[str, str | None] | None:
    """The parts of a PostgreSQL URL; None where it is none, or could be read in two ways."""
    found = None if _PERCENT.search(text) else _POSTGRES.fullmatch(text)
    return None if found is None else found.groupdict()


def _shown_parameter(parameter: str) -> str:
    name, equals, _ = parameter.partition("=")
    return f"{name}{equals}{_HIDDEN}" if _SECRET in unquote(name).lower() else parameter


def read_url(text: str) -> Url:
    """Check a database URL.

    Raises:
        InvalidUrl: it names no store; the message shows it without what may be a password.
    """
    if text == _MEMORY or (text.startswith(_SQLITE) and text != _SQLITE) or _parts(text) is not None:
        return Url(text)
    scheme, found, _ = text.partition("://")
    if found and scheme in ("postgresql", "postgres"):
        said = (
            "one of PostgreSQL that can be read in several ways, or in none: "
            "a user, password or value has @ : / ? # % & = written as %40 %3A %2F %3F %23 %25 %26 %3D"
        )
    elif found:
        said = f"one that begins with {shown(scheme + found)}" if _PLAIN.fullmatch(scheme) else "something else"
    else:
        said = shown(text) if _PLAIN.fullmatch(text) else "something else"
    raise InvalidUrl(f"database URL: expected {EXPECTED}, got {said}")


def without_urls(text: str) -> str:
    """A text up to the first URL in it, however wrongly that is written, for a password may be in what follows."""
    return _AFTER_SCHEME.sub(_HIDDEN, text)
