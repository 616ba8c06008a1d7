"""Policies as TOML: every number and switch under its own name, with its clause beside it.

Durations are written as ``24h``, ``90m``, ``30d`` or ``12h30m``, shares as ``1/2``, amounts as ``"4.90"``.
A file may leave out what it does not change. Whatever it says that is no policy is `InvalidPolicy`, which
names the key.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

from attrs import Attribute, fields

from orderfsm.errors import InvalidPolicy
from orderfsm.policy import Policy, ReturnSchedule

PRESETS: Mapping[str, Callable[[], Policy]] = {
    "combined": Policy,
    "declaration": Policy.declaration,
    "marketplace": Policy.marketplace,
}
"""The policies that have a name (policy 5.1)."""

_DURATION = re.compile(
    r"(?=.)(?:(?P<days>\d{1,9})d)?(?:(?P<hours>\d{1,9})h)?(?:(?P<minutes>\d{1,9})m)?"
    r"(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)s)?",
    re.ASCII,
)
_DURATION_EXPECTED = "a duration such as 24h, 90m, 30d or 12h30m"
_SHARE = re.compile(r"\d{1,40}(?:/\d{1,40}|\.\d{1,40})?", re.ASCII)
_SHARE_EXPECTED = 'a share from "0" to "1", such as "1/2" or "0.5"'
_AMOUNT_EXPECTED = 'a decimal amount as a string, such as "4.90"'


def load_policy(name_or_path: str) -> Policy:
    """The preset of this name, or the policy in the file at this path.

    Raises:
        InvalidPolicy: there is neither, or the file is wrong; it names the key.
    """
    preset = PRESETS.get(name_or_path)
    if preset is not None:
        return preset()
    path = Path(name_or_path)
    if not path.exists():
        raise InvalidPolicy("policy", f"{', '.join(PRESETS)} or a TOML file that exists", name_or_path)
    return read_policy(path)


def read_policy(source: str | Path) -> Policy:
    """Read a policy from TOML: its text, or the path of its file.

    Raises:
        InvalidPolicy: the key that it names is unknown, of the wrong type or out of range.
    """
    name = str(source) if isinstance(source, Path) else "policy"
    try:
        text = source.read_text("utf-8") if isinstance(source, Path) else source
        document = tomllib.loads(text)
    except OSError as fault:
        raise InvalidPolicy(name, "a TOML file that can be read", fault.strerror) from None
    except (ValueError, RecursionError) as fault:  # no UTF-8, or no TOML
        raise InvalidPolicy(name, "TOML", str(fault)) from None
    return cast(Policy, _table(Policy, document, ""))


# --- reading ---------------------------------------------------------------------------------------------


def _table(kind: type[Any], table: Mapping[str, object], prefix: str) -> Any:
    """Read one TOML table as the attrs class whose fields are its keys."""
    known: dict[str, Attribute[Any]] = {each.name: each for each in fields(kind)}
    values: dict[str, object] = {}
    for key, value in table.items():
        if key not in known:
            raise InvalidPolicy(prefix + key, f"one of {', '.join(known)}", value)
        values[key] = _value(known[key], value, prefix + key)
    try:
        return kind(**values)
    except InvalidPolicy as fault:
        if not prefix or fault.key.startswith(prefix):
            raise
        raise InvalidPolicy(prefix + fault.key, fault.expected, values.get(fault.key)) from None


def _value(field: "Attribute[Any]", value: object, key: str) -> object:
    """Read one TOML value; whether it is in range, the policy itself says."""
    match field.default:
        case timedelta():
            return _duration(value, key)
        case Fraction():
            return _share(value, key)
        case frozenset():
            if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
                raise InvalidPolicy(key, "a list of texts", value)
            return frozenset(cast(list[str], value))
        case _:
            pass
    if field.type is ReturnSchedule:
        return _table(ReturnSchedule, _checked_table(value, key), f"{key}.")
    if field.name == "return_shipping":
        amounts = _checked_table(value, key)
        for currency, amount in amounts.items():
            if not isinstance(amount, str):
                raise InvalidPolicy(f"{key}.{currency}", _AMOUNT_EXPECTED, amount)
        return amounts
    return value


def _checked_table(value: object, key: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise InvalidPolicy(key, f"a table, [{key}]", value)
    return value


def _duration(value: object, key: str) -> timedelta:
    parts = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise InvalidPolicy(key, _DURATION_EXPECTED, value)
    whole, _, fraction = (parts["seconds"] or "0").partition(".")
    try:
        return timedelta(
            days=int(parts["days"] or 0),
            hours=int(parts["hours"] or 0),
            minutes=int(parts["minutes"] or 0),
            seconds=int(whole),
            microseconds=int(f"{fraction:0<6}"),
        )
    except OverflowError:
        raise InvalidPolicy(key, _DURATION_EXPECTED, value) from None


def _share(value: object, key: str) -> Fraction:
    if not isinstance(value, str) or _SHARE.fullmatch(value) is None:
        raise InvalidPolicy(key, _SHARE_EXPECTED, value)
    try:
        return Fraction(value)
    except ZeroDivisionError:
        raise InvalidPolicy(key, _SHARE_EXPECTED, value) from None


# --- writing ---------------------------------------------------------------------------------------------


def write_policy(policy: Policy) -> str:
    """Write a policy as TOML, each value with its clause and meaning. Reading it gives the policy again."""
    plain = [each for each in fields(Policy) if each.name not in ("return_shipping", "returns")]
    blocks = [_entry(each, getattr(policy, each.name)) for each in plain]
    shipping = fields(Policy).return_shipping
    amounts = {currency: f"{amount:f}" for currency, amount in policy.return_shipping.items()}
    blocks.append(f"{_comment(shipping)}\n[return_shipping]\n{_toml(amounts)}".rstrip("\n"))
    blocks.append(f"{_comment(fields(Policy).returns)}\n[returns]")
    blocks += [_entry(each, getattr(policy.returns, each.name)) for each in fields(ReturnSchedule)]
    return "\n\n".join(blocks) + "\n"


def _comment(field: "Attribute[Any]") -> str:
    return f"# {field.metadata['clause']}: {field.metadata['meaning']}"


def _entry(field: "Attribute[Any]", value: object) -> str:
    return f"{_comment(field)}\n{_toml({field.name: _written(value)})}".rstrip("\n")


def _written(value: object) -> object:
    match value:
        case timedelta():
            return written_duration(value)
        case Fraction():
            return str(value)
        case frozenset():
            return sorted(cast(frozenset[str], value))
        case _:
            return value


def _toml(table: Mapping[str, object]) -> str:
    import tomli_w  # read on use: most who read a policy never write one

    return tomli_w.dumps(table)


def written_duration(duration: timedelta) -> str:
    """A duration as the file writes it: ``24h``, ``30d``, ``12h30m``. A single day is 24 hours."""
    minutes, seconds = divmod(duration.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = duration.days
    if days == 1 or (days and hours):
        days, hours = 0, hours + 24 * days
    fraction = f".{duration.microseconds:06d}".rstrip("0") if duration.microseconds else ""
    parts = ((str(days), "d"), (str(hours), "h"), (str(minutes), "m"), (f"{seconds}{fraction}", "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count != "0") or "0s"
