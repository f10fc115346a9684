"""The constructs and the runtime as a project's own source, for who wants nothing of ours."""

from __future__ import annotations

import re
from importlib.metadata import distribution, requires
from pathlib import Path

from hinagata.errors import HinagataError
from hinagata.generator.files import Files

_DISTRIBUTION = "hinagata"
_PACKAGES = ("patterns", "pattern_runtime")
# What a CDK app needs, whose constructs these are (`pyproject.toml`).
_EXTRA = 'extra == "cdk"'
# Code, and the mark that it is typed; the cards are this house's catalogue.
_SUFFIXES = (".py", ".typed")


def own_files() -> Files:
    """Returns `patterns/` and `pattern_runtime/` as they are, each with the licence it is under.

    A project that has them synthesizes and tests its handlers where this package is not installed.
    The failure modes are then not checked at synthesis, which is said; `hinagata check` does it.

    Raises:
        HinagataError: The licence was not installed with this package.
    """
    # Beside this package, in a checkout and where a wheel was installed.
    root = Path(__file__).parents[2]
    files = {
        path.relative_to(root).as_posix(): path.read_bytes()
        for package in _PACKAGES
        for path in sorted((root / package).rglob("*"))
        if path.suffix in _SUFFIXES
    }
    licence = distribution(_DISTRIBUTION).read_text("licenses/LICENSE")
    if licence is None:
        raise HinagataError("hinagata is installed here without its licence; install it anew")
    return {**files, **{f"{package}/LICENSE": licence.encode() for package in _PACKAGES}}


def own_requirements() -> list[str]:
    """Returns what `own_files` import of others, as requirements, by name.

    Example:
        >>> [requirement for requirement in own_requirements() if "constructs" in requirement]
        ['constructs>=10.8,<11']
    """
    needed = (line.partition(";") for line in requires(_DISTRIBUTION) or [])
    return sorted(
        _lower_bound_first(requirement.strip())
        for requirement, _, marker in needed
        if marker.replace("'", '"').strip() == _EXTRA
    )


def _lower_bound_first(requirement: str) -> str:
    """As people write it: metadata has the bounds by their signs."""
    name, bounds = re.split(r"(?=[<>=!~])", requirement, maxsplit=1)
    return name + ",".join(sorted(bounds.split(","), key=lambda bound: bound.startswith("<")))
