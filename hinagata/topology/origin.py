"""Who made the resources of a template: construct paths, the user's lines, acknowledgements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import hinagata
from hinagata.assembly.cloud_assembly import AssemblyStack
from hinagata.topology.node import Acknowledgement, SourceLine
from hinagata.topology.template_file import lines_of_resources

_PATH = "aws:cdk:path"
_STACK_TRACE = "aws:cdk:creationStack"
_ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
_LOGICAL_ID = "aws:cdk:logicalId"
# "name (/app/stacks/shop.py:12)" from Python, "new Shop (/app/lib/shop.ts:12:5)" from Node.
_FRAME = re.compile(r"\(?(?:file://)?(?P<file>[^()\s][^()]*?):(?P<line>\d+)(?::\d+)?\)?$")
_NOT_THE_USERS = re.compile(
    r"[\\/](site-packages|dist-packages|node_modules|jsii[^\\/]*|lib[\\/]python[\d.]+)[\\/]"
    r"|^(node:|internal[\\/]|<)"
)
# This project's constructs: whoever uses them from a checkout did not write them.
_LIBRARY = Path(hinagata.__file__).parents[1] / "patterns"
_OUR_RULE = re.compile(r"^(?:hinagata::)?[EWI]?(FM\d{3})$", re.IGNORECASE)


@dataclass(eq=False, kw_only=True)
class Origin:
    """Where the resources of one template come from. Nothing is read before it is asked for.

    Attributes:
        document: The template.
        file: Its file; None if it was given as a mapping.
        stack: The assembly's entry of its stack, or of the stack that nests it.
        around: Returns the construct path that all resources of a nested stack are below, "" if
            that is not known. None: the stack is not nested.
        made_by: For resources that a macro made, the logical id of what it made them from.
    """

    document: Mapping[str, Any]
    file: Path | None = None
    stack: AssemblyStack | None = None
    around: Callable[[], str] | None = None
    made_by: Mapping[str, str] = field(default_factory=dict)

    def construct_path(self, logical_id: str) -> str:
        """Where in the construct tree a resource comes from; its logical id if unknown."""
        path = self._metadata(logical_id).get(_PATH)
        if isinstance(path, str):
            return path
        return self._construct_paths.get(logical_id, logical_id)

    def source(self, logical_id: str) -> SourceLine | None:
        """The user's line that made a resource, else its line in the template, if it has a file.

        Where no line was recorded at the resource, that of the nearest construct around it counts.
        """
        if self.stack is not None:
            for path in _upwards(self.construct_path(logical_id)):
                line = _users_line(self.stack.metadata.get(path, ()))
                if line is not None:
                    return line
        line_number = self._lines.get(self.made_by.get(logical_id, logical_id))
        if self.file is None or line_number is None:
            return None
        return SourceLine(self.file, line_number)

    def acknowledgements(self, logical_id: str) -> tuple[Acknowledgement, ...]:
        """What was acknowledged at a resource, or above it in the construct tree."""
        own = self._metadata(logical_id)
        if not (own or self._acknowledged or self._acknowledged_for_all):
            return ()
        path = self.construct_path(logical_id)
        return (
            *self._in_the_app(path),
            # A macro copies the metadata to all that it makes of a resource: it was said once.
            *_in_metadata(own, self.construct_path(self.made_by.get(logical_id, logical_id))),
            *(each._replace(path=path.partition("/")[0]) for each in self._acknowledged_for_all),
        )

    def _in_the_app(self, path: str) -> Iterator[Acknowledgement]:
        for above in _upwards(path) if self._acknowledged else ():
            yield from self._acknowledged.get(above, ())

    @cached_property
    def _acknowledged_for_all(self) -> tuple[Acknowledgement, ...]:
        """What the template's own metadata acknowledges; its path is that of the stack."""
        return tuple(_in_metadata(_mapping(self.document.get("Metadata")), ""))

    @cached_property
    def _acknowledged(self) -> Mapping[str, list[Acknowledgement]]:
        """What the app acknowledged of ours, by construct path; mostly nothing."""
        found: dict[str, list[Acknowledgement]] = {}
        for path, items in () if self.stack is None else self.stack.metadata.items():
            for item in items:
                if item.get("type") == _ACKNOWLEDGED:
                    for rule, reason in _mapping(item.get("data")).items():
                        if ours := _OUR_RULE.match(str(rule)):
                            given = Acknowledgement(ours[1].upper(), _text(reason), "cdk", path)
                            found.setdefault(path, []).append(given)
        return found

    def _metadata(self, logical_id: str) -> Mapping[str, Any]:
        resource = _mapping(_mapping(self.document.get("Resources")).get(logical_id))
        return _mapping(resource.get("Metadata"))

    @cached_property
    def _construct_paths(self) -> Mapping[str, str]:
        if self.stack is None:
            return {}
        if self.around is None:
            return self.stack.construct_paths
        # The metadata of nested stacks stands in that of their stack.
        around = self.around()
        if not around:
            return {}
        below = around + "/"
        return {
            str(item.get("data")): path
            for path, items in self.stack.metadata.items()
            if path.startswith(below)
            for item in items
            if item.get("type") == _LOGICAL_ID
        }

    @cached_property
    def _lines(self) -> Mapping[str, int]:
        return {} if self.file is None else lines_of_resources(self.file)


def _users_line(items: Any) -> SourceLine | None:
    """Returns the innermost frame that is the user's own; one of our constructs if none is."""
    ours: SourceLine | None = None
    for item in items:
        frames = item.get("data") if item.get("type") == _STACK_TRACE else None
        for frame in frames if isinstance(frames, list) else ():
            match = _FRAME.search(str(frame).strip())
            if match is None or _NOT_THE_USERS.search(match["file"]):
                continue
            line = SourceLine(Path(match["file"]), int(match["line"]))
            if not line.file.is_relative_to(_LIBRARY):
                return line
            ours = ours or line
    return ours


def _in_metadata(metadata: Mapping[str, Any], path: str) -> Iterator[Acknowledgement]:
    config = _mapping(_mapping(metadata.get("cfn-lint")).get("config"))
    ignored = config.get("ignore_checks")
    for rule in ignored if isinstance(ignored, list) else ():
        if ours := _OUR_RULE.match(str(rule)):
            yield Acknowledgement(ours[1].upper(), "", "cfn-lint", path)
    skipped = _mapping(metadata.get("checkov")).get("skip")
    for skip in skipped if isinstance(skipped, list) else ():
        if ours := _OUR_RULE.match(str(_mapping(skip).get("id"))):
            reason = _text(_mapping(skip).get("comment"))
            yield Acknowledgement(ours[1].upper(), reason, "checkov", path)


def _upwards(path: str) -> Iterator[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
