"""Reads one template, in JSON or YAML, and refuses what is none with one clear sentence."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hinagata.errors import HinagataError

# CloudFormation takes 1 MB of text; a CDK app may write more before it is minified.
_LARGEST_JSON = 50 * 2**20
# YAML is read some fifty times slower than JSON.
_LARGEST_YAML = 4 * 2**20
# Deeper than any state machine or OpenAPI definition; the readers of a value call themselves for
# each level, some of them twice.
DEEPEST = 150
_SECTIONS = ("Parameters", "Mappings", "Conditions", "Outputs", "Metadata")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_MACRO_KEYS = ("Fn::ForEach::", "Fn::Transform")


class TemplateError(HinagataError):
    """A file or mapping that is no template, or a broken one."""


class TemplateText(NamedTuple):
    """A template that was read.

    Attributes:
        document: Its sections.
        json: Its text, if that is JSON; empty otherwise.
    """

    document: dict[str, Any]
    json: str


def read_template(file: Path) -> TemplateText:
    """Reads a template and checks that its sections are what they must be.

    Args:
        file: JSON or YAML, whatever its name; YAML's short forms, e.g. `!GetAtt`, are written out.

    Raises:
        TemplateError: There is no such file, it cannot be read, or it holds no template.
    """
    text = _text_of(file)
    document, is_json = _parse(text, file)
    check_sections(document, str(file))
    return TemplateText(document, text if is_json else "")


def read_document(file: Path) -> Any:
    """Reads what a template names, e.g. an OpenAPI document, in JSON or YAML.

    Raises:
        TemplateError: It cannot be read.
    """
    return _parse(_text_of(file), file)[0]


def copy_template(document: Mapping[str, Any], where: str) -> TemplateText:
    """Returns a mapping as a file of it would be read, and checks its sections.

    Args:
        document: JSON's own values; others, e.g. dates, become their texts.
        where: Its name, for messages.

    Raises:
        TemplateError: It cannot be written as JSON, or is no template.
    """
    try:
        text = json.dumps(document, default=_plain)
        read: dict[str, Any] = json.loads(text)
    except (TypeError, ValueError, RecursionError) as error:
        raise TemplateError(f"{where} cannot be written as JSON: {error}") from None
    check_sections(read, where)
    return TemplateText(read, text)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def check_sections(document: object, where: str) -> None:
    """Refuses a document that has not the shape of a template.

    Args:
        document: What was read.
        where: Its file or name, for the message.

    Raises:
        TemplateError: Its resources are missing, or a section is no mapping.
    """
    if not isinstance(document, dict) or "Resources" not in document:
        message = f"{where} is no CloudFormation template: it has no Resources"
        raise TemplateError(message)
    resources = document["Resources"]
    if not isinstance(resources, dict):
        message = f"{where}: Resources is no mapping from logical ids to resources"
        raise TemplateError(message)
    for section in _SECTIONS:
        if not isinstance(document.get(section) or {}, dict):
            message = f"{where}: {section} is no mapping"
            raise TemplateError(message)
    for logical_id, resource in resources.items():
        if isinstance(resource, dict) and isinstance(resource.get("Type"), str):
            continue
        if not isinstance(logical_id, str):
            message = f"{where}: the logical id {logical_id!r} in Resources is no text"
        elif logical_id.startswith(_MACRO_KEYS):
            continue
        elif not isinstance(resource, dict):
            message = f"{where}: the resource {logical_id} is no mapping"
        else:
            message = f"{where}: the resource {logical_id} has no Type, e.g. AWS::SQS::Queue"
        raise TemplateError(message)


def lines_of_resources(file: Path) -> dict[str, int]:
    """Returns the line of each resource's logical id, from 1; empty if they cannot be found."""
    try:
        text = _text_of(file)
        if text.lstrip().startswith("{"):
            return dict(_json_lines(text))
        # PyYAML takes longer to import than most assemblies to read.
        from hinagata.topology import yaml_document

        return yaml_document.lines_below(text, "Resources")
    except (TemplateError, ValueError, IndexError, RecursionError):
        return {}


def _text_of(file: Path) -> str:
    try:
        status = file.stat()
        if stat.S_ISDIR(status.st_mode):
            message = (
                f"{file} is a folder without a manifest.json: name a template, "
                "or a folder that cdk synth made, e.g. cdk.out"
            )
            raise TemplateError(message)
        if not stat.S_ISREG(status.st_mode):
            message = f"{file} is no file: name a template or a cdk.out folder"
            raise TemplateError(message)
        if status.st_size > _LARGEST_JSON:
            message = f"{file} is too large for a template: {status.st_size / 2**20:.0f} MB"
            raise TemplateError(message)
        return file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        way = "name a template or a cdk.out folder"
        if file.name == "cdk.out":
            way = "make it with `make synth` or `hinagata synth`, or name a template"
        message = f"{file} does not exist: {way}"
        raise TemplateError(message) from None
    except UnicodeDecodeError as error:
        message = f"{file} is no text: its byte {error.start} is not UTF-8"
        raise TemplateError(message) from None
    except (OSError, ValueError) as error:
        # A symbolic link that leads to itself, no permission, a name with a zero byte.
        reason = error.strerror if isinstance(error, OSError) else error
        message = f"{str(file)!r} cannot be read: {reason}"
        raise TemplateError(message) from None


def _parse(text: str, file: Path) -> tuple[Any, bool]:
    try:
        if text.lstrip().startswith("{") and file.suffix.lower() not in (".yaml", ".yml"):
            return _from_json(text), True
        if len(text) > _LARGEST_YAML:
            message = (
                f"{file} is too large for a template in YAML: {len(text) / 2**20:.0f} MB, where "
                "CloudFormation takes 1 MB"
            )
            raise TemplateError(message)
        from hinagata.topology import yaml_document

        return yaml_document.load(text), False
    except json.JSONDecodeError as error:
        message = f"{file} is no whole JSON: {error.msg} at line {error.lineno}, "
        raise TemplateError(f"{message}column {error.colno}") from None
    except RecursionError:
        message = f"{file} is nested too deep for a template"
        raise TemplateError(message) from None
    except ValueError as error:
        message = f"{file} cannot be read: {error}"
        raise TemplateError(message) from None


def _from_json(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    if "\\u" in text and _SURROGATE.search(text):
        # Half of a surrogate pair could not be printed, nor written to a file.
        json.dumps(document, ensure_ascii=False).encode()
    return document


def _json_lines(text: str) -> Iterator[tuple[str, int]]:
    """Yields logical id and line, skipping each value at the decoder's own speed."""
    decoder = json.JSONDecoder()
    at = _members_of(text, "Resources", decoder)
    line, counted = 1, 0
    while text[at] == '"':
        line += text.count("\n", counted, at)
        counted = at
        logical_id, at = decoder.raw_decode(text, at)
        yield logical_id, line
        at = _after_value(text, at, decoder)


def _members_of(text: str, section: str, decoder: json.JSONDecoder) -> int:
    at = _skip(text, _skip(text, 0) + 1)
    while text[at] == '"':
        key, at = decoder.raw_decode(text, at)
        if key == section:
            return _skip(text, _skip(text, _skip(text, at) + 1) + 1)
        at = _after_value(text, at, decoder)
    return len(text)


def _after_value(text: str, at: int, decoder: json.JSONDecoder) -> int:
    """Returns where the next key begins, after a colon and a value."""
    _, at = decoder.raw_decode(text, _skip(text, _skip(text, at) + 1))
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at
