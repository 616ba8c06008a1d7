"""Countries, their time zones and their working days (A18).

Public holidays, shifted working weekends and zone rules come from libraries, read on first use: importing
orderfsm must stay cheap. A computed date is stored with its refund and never computed again.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from warnings import catch_warnings, simplefilter

from orderfsm.errors import InvalidInput
from orderfsm.zones import PRINCIPAL_ZONES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

SATURDAY = 5


@lru_cache(maxsize=1)
def _zones_by_country() -> dict[str, tuple[str, ...]]:
    """Every ISO 3166 country with its zones, from the tz database's own tables."""
    from importlib.resources import files

    tables = files("tzdata") / "zoneinfo"
    zones: dict[str, list[str]] = {}
    for line in (tables / "iso3166.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            zones[line.split("\t")[0]] = []
    for line in (tables / "zone.tab").read_text("utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones[country].append(zone)
    return {country: tuple(names) for country, names in zones.items()}


@lru_cache(maxsize=512)
def check_country(country: str) -> str:
    """Check an ISO 3166 code such as ``DE``.

    Raises:
        InvalidInput: there is no such country.
    """
    if country not in _zones_by_country():
        raise InvalidInput("country", "an ISO 3166 country code such as DE", country)
    return country


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    """Every zone of the tz database; what a host calls ``localtime`` is none."""
    from importlib.resources import files

    return frozenset((files("tzdata") / "zones").read_text("utf-8").split())


@lru_cache(maxsize=512)
def check_timezone(name: str) -> str:
    """Check an IANA time zone such as ``Europe/Berlin``.

    Raises:
        InvalidInput: there is no such zone.
    """
    if name not in _zones():
        raise InvalidInput("timezone", "an IANA time zone such as Europe/Berlin", name)
    return name


@lru_cache(maxsize=512)
def _zone(name: str) -> "ZoneInfo":
    from zoneinfo import ZoneInfo

    return ZoneInfo(name)


@lru_cache(maxsize=512)
def principal_timezone(country: str) -> str:
    """The zone in which most people of a country live; UTC for the few places where nobody does."""
    if country in PRINCIPAL_ZONES:
        return PRINCIPAL_ZONES[country]
    zones = _zones_by_country()[country]
    return zones[0] if zones else "UTC"


def local_date(moment: datetime, timezone: str) -> date:
    """The date on the calendar of `timezone` at an instant."""
    return moment.astimezone(_zone(timezone)).date()


def end_of_day(day: date, timezone: str) -> datetime:
    """The instant at which `day` is over in `timezone`."""
    midnight = datetime.combine(day + timedelta(days=1), time(), _zone(timezone))
    return midnight.astimezone(UTC)


@lru_cache(maxsize=4096)
def working_day_after(day: date, count: int, country: str) -> date:
    """The `count`-th working day after `day`, which itself is day 0.

    Weekends and public holidays of the country do not count; weekends that the country works do.
    A country whose calendar is not known counts Monday to Friday.
    """
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, country)
    return day


def is_working_day(day: date, country: str) -> bool:
    """Whether `country` works on `day`."""
    calendar = _calendar(country)
    if calendar is None:
        return day.weekday() < SATURDAY
    with catch_warnings():
        simplefilter("ignore")  # that a far year is only estimated changes no answer
        return bool(calendar.is_working_day(day))  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _calendar(country: str) -> object | None:
    import holidays

    try:
        return holidays.country_holidays(country)
    except NotImplementedError:
        return None
