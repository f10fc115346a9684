"""What a project decides about the checks: thresholds, severities, what fails; each with a reason.

```toml
[check]
fail_on = "warning"                  # note, warning, error or never

[check.thresholds]
visibility_per_timeout = { value = 4, reason = "our consumers are never throttled" }

[check.severity]
FM304 = { value = "off", reason = "all our consumers start before their producers" }
```
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

from hinagata.checks.check import Severity
from hinagata.checks.collection import check_ids, expected_instead
from hinagata.checks.thresholds import Thresholds
from hinagata.errors import HinagataError
from hinagata.suggestion import suggest

FILE = "hinagata.toml"
NEVER = "never"
OFF = "off"
SEVERITIES = {str(severity): severity for severity in Severity}


class ConfigurationError(HinagataError):
    """A configuration that cannot be used as it is written."""


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What a project decides about the checks.

    Attributes:
        thresholds: The numbers that checks compare with.
        severities: Severity of each check whose own it replaces, by the check's id; None for a
            check that does not run.
        fail_on: The lowest severity whose findings make the answer no; None: none does.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    severities: Mapping[str, Severity | None] = field(default_factory=dict)
    fail_on: Severity | None = Severity.ERROR


def severity_or_never(text: str) -> Severity | None:
    """Reads what `--fail-on` and `fail_on` may say.

    Raises:
        ValueError: It is neither a severity nor "never".
    """
    if text == NEVER:
        return None
    if text not in SEVERITIES:
        raise ValueError(f"found {text}, expected {suggest(text, (*SEVERITIES, NEVER))}")
    return SEVERITIES[text]


def read_configuration(file: Path) -> Configuration:
    """Reads a configuration file.

    Raises:
        ConfigurationError: It is not there, is no TOML, or says something that is not known.
    """
    # Most runs have no configuration.
    import tomllib

    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigurationError(f"{file}: there is no such configuration file") from None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file}: the configuration cannot be read: {error}") from None
    section = _Table(file, "", document).table("check")
    section.only("fail_on", "thresholds", "severity")
    chosen: dict[str, Any] = {}
    if "fail_on" in section.values:
        chosen["fail_on"] = section.choice("fail_on", (*SEVERITIES, NEVER))
        chosen["fail_on"] = severity_or_never(chosen["fail_on"])
    return Configuration(
        thresholds=_thresholds(section.table("thresholds")),
        severities=_severities(section.table("severity")),
        **chosen,
    )


class _Table(NamedTuple):
    """A table of the document, and where it stands."""

    file: Path
    path: str
    values: Mapping[str, Any]

    def fail(self, key: str, *, found: object, expected: str) -> ConfigurationError:
        place = ".".join(part for part in (self.path, key) if part)
        return ConfigurationError(f"{self.file}: {place}: found {found}; expected {expected}")

    def only(self, *known: str) -> None:
        for key in self.values:
            if key not in known:
                raise self.fail(key, found="a name that is not known", expected=suggest(key, known))

    def table(self, key: str) -> _Table:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise self.fail(key, found=_shown(value), expected="a table")
        path = ".".join(part for part in (self.path, key) if part)
        return _Table(self.file, path, value)

    def choice(self, key: str, known: tuple[str, ...]) -> str:
        value = self.values[key]
        if not isinstance(value, str) or value not in known:
            raise self.fail(key, found=_shown(value), expected=suggest(str(value), known))
        return value

    def decided(self, key: str) -> _Table:
        """A value with the reason for it."""
        if not isinstance(self.values[key], dict):
            expected = '{ value = ..., reason = "..." }'
            raise self.fail(key, found=_shown(self.values[key]), expected=expected)
        decided = self.table(key)
        decided.only("value", "reason")
        if "value" not in decided.values:
            raise decided.fail("value", found="nothing", expected="what is decided")
        reason = decided.values.get("reason")
        if not isinstance(reason, str) or not reason.strip():
            found = "nothing" if reason is None else _shown(reason)
            raise decided.fail("reason", found=found, expected="a sentence that says why")
        return decided


def _thresholds(table: _Table) -> Thresholds:
    defaults = {each.name: each.default for each in fields(Thresholds)}
    table.only(*defaults)
    return Thresholds(
        **{key: _threshold(table.decided(key), defaults[key]) for key in table.values}
    )


def _threshold(decided: _Table, default: object) -> Any:
    value = decided.values["value"]
    if isinstance(default, bool) or isinstance(value, bool):
        right, expected = isinstance(value, bool) and isinstance(default, bool), _kind(default)
    elif isinstance(default, (int, float)):
        right = isinstance(value, (int, float)) and 0 <= value < math.inf
        expected = f"{_kind(default)}, as {default:g}"
    elif isinstance(default, (tuple, frozenset)):
        right = isinstance(value, list) and all(isinstance(item, str) for item in value)
        expected = _kind(default)
        if right:
            return type(default)(value)
    else:
        right, expected = isinstance(value, type(default)), _kind(default)
    if not right:
        raise decided.fail("value", found=_shown(value), expected=expected)
    return value


def _kind(default: object) -> str:
    if isinstance(default, bool):
        return "true or false"
    if isinstance(default, (int, float)):
        return "a number that is not negative"
    return "a list of texts" if isinstance(default, (tuple, frozenset)) else "a text"


def _severities(table: _Table) -> dict[str, Severity | None]:
    known = check_ids()
    for key in table.values:
        if key not in known:
            found = "a check that is not known"
            raise table.fail(key, found=found, expected=expected_instead(key))
    return {
        key: SEVERITIES.get(table.decided(key).choice("value", (*SEVERITIES, OFF)))
        for key in table.values
    }


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if isinstance(value, (str, list)) else str(value)
