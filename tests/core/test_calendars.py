"""Countries, zones and working days (A18)."""

from datetime import UTC, date, datetime, timedelta
from importlib.resources import files

import pytest

from orderfsm.calendars import (
    check_country,
    check_timezone,
    end_of_day,
    is_working_day,
    local_date,
    principal_timezone,
    working_day_after,
)
from orderfsm.errors import InvalidInput
from orderfsm.zones import PRINCIPAL_ZONES


def zones_by_country() -> dict[str, set[str]]:
    """The tz database's own list, read here once more and differently."""
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and line[0] != "#"]
    return {country: {row[2] for row in rows if row[0] == country} for country in {row[0] for row in rows}}


ZONES = zones_by_country()
COUNTRIES = [
    line.split("\t")[0]
    for line in (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text("utf-8").splitlines()
    if line and line[0] != "#"
]


# --- zones -----------------------------------------------------------------------------------------------


def test_every_principal_zone_is_a_zone_of_its_country() -> None:
    """What the generator wrote agrees with the tz database that is installed."""
    strangers = {country: zone for country, zone in PRINCIPAL_ZONES.items() if zone not in ZONES.get(country, ())}
    assert {} == strangers


def test_every_country_with_several_zones_has_a_principal_one() -> None:
    """No country is left to chance."""
    several = {country for country, zones in ZONES.items() if len(zones) > 1}
    assert several == set(PRINCIPAL_ZONES)


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_a_zone_that_exists(country: str) -> None:
    """An order from anywhere gets a calendar date."""
    assert check_timezone(principal_timezone(check_country(country)))


@pytest.mark.parametrize(
    ("country", "zone"),
    [
        ("BR", "America/Sao_Paulo"),
        ("CN", "Asia/Shanghai"),
        ("DE", "Europe/Berlin"),
        ("JP", "Asia/Tokyo"),
        ("US", "America/New_York"),
        ("BV", "UTC"),
    ],
)
def test_the_principal_zone_is_where_most_people_live(country: str, zone: str) -> None:
    """Also where a country has one zone, or nobody lives there (Bouvet Island)."""
    assert zone == principal_timezone(country)


@pytest.mark.parametrize("country", ["", "de", "XX", "DEU", "Germany"])
def test_unknown_countries_are_invalid(country: str) -> None:
    """Only ISO 3166 codes of two letters are countries."""
    with pytest.raises(InvalidInput, match="ISO 3166"):
        check_country(country)


@pytest.mark.parametrize("name", ["", "Berlin", "Europe/Atlantis", "../etc/passwd", "Europe/Berlin\0"])
def test_unknown_zones_are_invalid(name: str) -> None:
    """Nothing that is no IANA zone gets through, and no file is opened for it."""
    with pytest.raises(InvalidInput, match="IANA"):
        check_timezone(name)


# --- working days ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        # China works some weekends around its long holidays, and these shift every year
        ("CN", date(2025, 1, 26), True),
        ("CN", date(2025, 1, 28), False),
        ("CN", date(2025, 9, 28), True),
        ("CN", date(2025, 10, 8), False),
        ("CN", date(2025, 10, 11), True),
        ("CN", date(2026, 1, 4), True),
        ("CN", date(2026, 2, 14), True),
        ("CN", date(2026, 2, 20), False),
        ("CN", date(2026, 2, 28), True),
        ("CN", date(2026, 3, 7), False),
        # Brazil: Good Friday and Tiradentes
        ("BR", date(2026, 4, 3), False),
        ("BR", date(2026, 4, 21), False),
        ("BR", date(2026, 4, 22), True),
        # Saudi Arabia rests on Friday and Saturday
        ("SA", date(2026, 3, 6), False),
        ("SA", date(2026, 3, 7), False),
        ("SA", date(2026, 3, 8), True),
        # Germany
        ("DE", date(2026, 5, 1), False),
        ("DE", date(2026, 5, 4), True),
        # a country that no calendar knows: Monday to Friday
        ("XX", date(2026, 12, 25), True),
        ("XX", date(2026, 12, 26), False),
        ("XX", date(2026, 12, 27), False),
        ("XX", date(2026, 12, 28), True),
    ],
)
def test_a18_working_days_are_those_of_the_country(country: str, day: date, works: bool) -> None:
    """Weekends, public holidays and shifted weekends differ from country to country."""
    assert works == is_working_day(day, country)


@pytest.mark.parametrize(
    ("country", "created", "first", "third"),
    [
        ("DE", date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 5)),  # a plain Monday
        ("DE", date(2026, 3, 6), date(2026, 3, 9), date(2026, 3, 11)),  # a Friday
        ("DE", date(2026, 3, 7), date(2026, 3, 9), date(2026, 3, 11)),  # a Saturday is day 0 as well
        ("DE", date(2026, 4, 2), date(2026, 4, 7), date(2026, 4, 9)),  # Good Friday and Easter Monday
        ("CN", date(2026, 2, 13), date(2026, 2, 14), date(2026, 2, 25)),  # the Spring Festival
        ("CN", date(2025, 9, 30), date(2025, 10, 9), date(2025, 10, 11)),  # the third is a working Saturday
        ("BR", date(2026, 4, 20), date(2026, 4, 22), date(2026, 4, 24)),  # over Tiradentes
        ("SA", date(2026, 3, 5), date(2026, 3, 8), date(2026, 3, 10)),  # a Thursday
        ("XX", date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 29)),
    ],
)
def test_a18_the_window_is_the_first_to_the_third_working_day(
    country: str, created: date, first: date, third: date
) -> None:
    """The day on which the refund is created is day 0."""
    assert (first, third) == (working_day_after(created, 1, country), working_day_after(created, 3, country))


def test_zero_working_days_after_a_day_is_that_day() -> None:
    """A policy may promise the same day, even a holiday."""
    assert date(2026, 3, 8) == working_day_after(date(2026, 3, 8), 0, "DE")


# --- days and instants -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "zone", "day"),
    [
        (datetime(2026, 3, 2, 15, 0, tzinfo=UTC), "Asia/Tokyo", date(2026, 3, 3)),
        (datetime(2026, 3, 2, 2, 59, tzinfo=UTC), "America/Sao_Paulo", date(2026, 3, 1)),
        (datetime(2026, 3, 2, 3, 0, tzinfo=UTC), "America/Sao_Paulo", date(2026, 3, 2)),
    ],
)
def test_the_date_is_that_of_the_zone(moment: datetime, zone: str, day: date) -> None:
    """The same instant has different dates in different places."""
    assert day == local_date(moment, zone)


@pytest.mark.parametrize(
    ("day", "zone", "hours", "end"),
    [
        (date(2026, 3, 28), "Europe/Berlin", 24, datetime(2026, 3, 28, 23, tzinfo=UTC)),
        (date(2026, 3, 29), "Europe/Berlin", 23, datetime(2026, 3, 29, 22, tzinfo=UTC)),  # clocks go forward
        (date(2026, 10, 25), "Europe/Berlin", 25, datetime(2026, 10, 25, 23, tzinfo=UTC)),  # and back
        (date(2026, 3, 8), "America/New_York", 23, datetime(2026, 3, 9, 4, tzinfo=UTC)),
    ],
)
def test_a_day_ends_at_its_own_midnight(day: date, zone: str, hours: int, end: datetime) -> None:
    """Also on days of 23 and 25 hours: the promise is broken when the date is over, not after 24 hours."""
    before = end_of_day(day - timedelta(days=1), zone)
    assert (end, timedelta(hours=hours)) == (end_of_day(day, zone), end_of_day(day, zone) - before)
