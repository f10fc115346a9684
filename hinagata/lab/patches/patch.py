"""What a patch of the emulator says about itself."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Patch:
    """One change to the emulator.

    Args:
        name: by which it is left out, in kebab-case.
        promise: what the endpoint does with it, as AWS does; one sentence.
        symbols: what it replaces or calls, as `module:attribute`.
        apply: make the change; called once, before the emulator serves.
    """

    name: str
    promise: str
    symbols: tuple[str, ...]
    apply: Callable[[], None]


def emulator_module(name: str) -> Any:
    """Return a module of the emulator, open to changes: `emulator_module("services.sqs")`."""
    return import_module(f"ministack.{name}")
