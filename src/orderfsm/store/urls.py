"""Database URLs: which store, and how to speak of it without its password."""

from pathlib import Path
from urllib.parse import unquote

from attrs import frozen

from orderfsm.errors import InvalidUrl, shown

EXPECTED = "sqlite:///FILE, postgresql://USER@HOST/DATABASE, or memory://"
_HIDDEN = "***"
_SQLITE = "sqlite:///"
_MEMORY = "memory://"
_POSTGRES = ("postgresql", "postgres")


@frozen(repr=False, str=False)
class Url:
    """Where a store is. Shown anywhere, it has no password."""

    text: str

    @property
    def scheme(self) -> str:
        """``sqlite``, ``postgresql`` or ``memory``."""
        scheme = self.text.partition(":")[0]
        return "postgresql" if scheme in _POSTGRES else scheme

    @property
    def path(self) -> Path:
        """The file of an SQLite URL: relative after three slashes, absolute after four."""
        return Path(self.text.removeprefix(_SQLITE))

    def __str__(self) -> str:
        return self.without_password(self.text)

    def __repr__(self) -> str:
        return f"Url({str(self)!r})"

    def without_password(self, text: str) -> str:
        """A text with every password of this URL blotted out, as it is written there and as it is meant."""
        for secret in sorted(self._secrets(), key=len, reverse=True):
            text = text.replace(secret, _HIDDEN)
        return text

    def _secrets(self) -> set[str]:
        """What stands between ``user:`` and the last ``@``, and after ``password=``."""
        if self.scheme != "postgresql":
            return set()
        _, _, rest = self.text.partition("://")
        place, _, query = rest.partition("?")
        found = {place.rpartition("@")[0].partition(":")[2]}
        for part in query.split("&"):
            name, _, value = part.partition("=")
            if "password" in unquote(name).lower():
                found.add(value)
        found |= {unquote(secret) for secret in found}
        return {secret for secret in found if secret}


def read_url(text: str) -> Url:
    """Check a database URL.

    Raises:
        InvalidUrl: it names no store; the message shows it without its password.
    """
    url = Url(text)
    known = text == _MEMORY or (text.startswith(_SQLITE) and text != _SQLITE) or _names_postgres(text)
    if not known:
        raise InvalidUrl(f"database URL: expected {EXPECTED}, got {_sketch(text)}")
    return url


def _sketch(text: str) -> str:
    """As much of a text as certainly holds no password."""
    scheme, separator, _ = text.partition("://")
    if separator:
        return f"{shown(f'{scheme}{separator}')} and more"
    return "something else" if "@" in text or "=" in text else shown(text)


def _names_postgres(text: str) -> bool:
    return text.startswith(tuple(f"{scheme}://" for scheme in _POSTGRES))
