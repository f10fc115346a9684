"""Expands AWS SAM templates with the translator that CloudFormation itself runs."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

from hinagata.topology.template_file import TemplateError, read_document

TRANSFORM = "AWS::Serverless-2016-10-31"
_PREFIX = "AWS::Serverless::"
# The translator asks for a region to know the partition by; it writes none of it into ARNs.
_ANY_REGION = "us-east-1"
_ANY_OBJECT = "s3://not-uploaded/yet"
_ANY_IMAGE = "111111111111.dkr.ecr.us-east-1.amazonaws.com/not-pushed:yet"
_ANY_TEMPLATE = "https://s3.amazonaws.com/not-fetched/yet"
# What SAM makes of the events of functions that name no API of their own.
_IMPLICIT_APIS = {
    "ServerlessRestApi": ("Api", "RestApiId"),
    "ServerlessHttpApi": ("HttpApi", "ApiId"),
}


class Expanded(NamedTuple):
    """A SAM template as CloudFormation gets it.

    Attributes:
        document: The template, without its transform.
        made_by: For each resource that SAM made, the logical id of what it made it from.
    """

    document: dict[str, Any]
    made_by: Mapping[str, str]


def is_sam(document: Mapping[str, Any]) -> bool:
    """Whether a template is to be transformed by SAM."""
    transforms = document.get("Transform")
    return TRANSFORM in (transforms if isinstance(transforms, list) else [transforms])


def expand(document: Mapping[str, Any], where: str, folder: Path | None = None) -> Expanded:
    """Returns a SAM template with its resources replaced by CloudFormation's.

    Local code, which `sam package` would upload, is taken for uploaded; local definitions of APIs
    and workflows are read.

    Args:
        document: The template; it is not changed.
        where: Its file or name, for messages.
        folder: What its paths are relative to. None: they lead nowhere.

    Raises:
        TemplateError: SAM cannot expand it, or the translator is not installed.
    """
    try:
        from samtranslator.model.exceptions import InvalidDocumentException
        from samtranslator.parser.parser import Parser
        from samtranslator.translator.translator import Translator
    except ImportError:
        message = (
            f"{where} is an AWS SAM template, and reading it needs aws-sam-translator, which is "
            "not installed; do: pip install 'hinagata[sam]'"
        )
        raise TemplateError(message) from None
    # It warns of metrics that it did not send: nobody here can mend that.
    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    template = copy.deepcopy(dict(document))
    _take_for_uploaded(template, folder)
    try:
        translator = Translator(
            None, Parser(), boto_session=SimpleNamespace(region_name=_ANY_REGION)
        )
        expanded = translator.translate(
            template, parameter_values={}, passthrough_metadata=True, get_managed_policy_map=dict
        )
    except InvalidDocumentException as error:
        causes = "; ".join(_on_one_line(cause.message) for cause in error.causes)
        raise TemplateError(f"{where} cannot be expanded by AWS SAM: {causes}") from None
    # The translator raises whatever it stumbles on in a malformed template.
    except Exception as error:  # noqa: BLE001
        reason = _on_one_line(f"{type(error).__name__}: {error}")
        raise TemplateError(f"{where} cannot be expanded by AWS SAM: {reason}") from None
    if isinstance(document.get("Transform"), list):
        expanded["Transform"] = [each for each in document["Transform"] if each != TRANSFORM]
    return Expanded(expanded, _makers(document["Resources"], expanded["Resources"]))


def _take_for_uploaded(template: dict[str, Any], folder: Path | None) -> None:
    shared = template.get("Globals")
    of_all = shared if isinstance(shared, dict) else {}
    for section, name in (("Function", "CodeUri"), ("Api", "DefinitionUri")):
        if isinstance(of_all.get(section), dict):
            _upload(of_all[section], name)
    code = isinstance(of_all.get("Function"), dict) and "CodeUri" in of_all["Function"]
    for resource in template["Resources"].values():
        properties = resource.setdefault("Properties", {}) if isinstance(resource, dict) else None
        if isinstance(properties, dict):
            type_ = str(resource.get("Type")).removeprefix(_PREFIX)
            _take_resource(type_, properties, folder, shared_code=code)


def _take_resource(
    type_: str, properties: dict[str, Any], folder: Path | None, *, shared_code: bool
) -> None:
    match type_:
        case "Function" if properties.get("PackageType") == "Image":
            properties.setdefault("ImageUri", _ANY_IMAGE)
        case "Function" if not {"InlineCode", "ImageUri"} & properties.keys():
            _upload(properties, "CodeUri", always=not shared_code)
        case "LayerVersion":
            _upload(properties, "ContentUri", always=True)
        case "Api" | "HttpApi":
            _include(properties, folder)
            _define(properties, "DefinitionBody", folder)
        case "StateMachine":
            _define(properties, "Definition", folder)
        case "GraphQLApi":
            _upload(properties, "SchemaUri")
        case "Application" if isinstance(properties.get("Location"), dict):
            # The translator would ask AWS for an application of the Serverless Application
            # Repository, with whatever credentials it finds.
            properties["Location"] = _ANY_TEMPLATE


def _define(properties: dict[str, Any], inline: str, folder: Path | None) -> None:
    """Puts a local definition into the template, if it can be read."""
    definition = _local(properties.get("DefinitionUri"), folder)
    if definition is not None and inline not in properties:
        del properties["DefinitionUri"]
        properties[inline] = definition
    else:
        _upload(properties, "DefinitionUri")


def _include(properties: dict[str, Any], folder: Path | None) -> None:
    """Does what `AWS::Include` would do with a local definition."""
    match properties.get("DefinitionBody"):
        case {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": location}}}:
            included = _local(location, folder)
            if included is not None:
                properties["DefinitionBody"] = included


def _local(path: object, folder: Path | None) -> dict[str, Any] | None:
    if folder is None or not isinstance(path, str) or "://" in path:
        return None
    try:
        document = read_document(folder / path)
    except TemplateError:
        return None
    return document if isinstance(document, dict) else None


def _upload(properties: dict[str, Any], name: str, *, always: bool = False) -> None:
    value = properties.get(name)
    if (value is None and always) or (isinstance(value, str) and not value.startswith("s3://")):
        properties[name] = _ANY_OBJECT


def _makers(before: Mapping[str, Any], after: Iterable[str]) -> dict[str, str]:
    """What SAM makes is named after what it makes it from."""
    sources = sorted(
        (name for name, each in before.items() if str(each.get("Type")).startswith(_PREFIX)),
        key=len,
        reverse=True,
    )
    found: dict[str, str] = {}
    for made in after:
        if made in before:
            continue
        maker = next((name for name in sources if made.startswith(name)), None)
        maker = maker or _maker_of_implicit_api(made, before)
        if maker is not None:
            found[made] = maker
    return found


def _maker_of_implicit_api(made: str, before: Mapping[str, Any]) -> str | None:
    for api, (event_type, property_) in _IMPLICIT_APIS.items():
        if made.startswith(api):
            for name, resource in before.items():
                properties = resource.get("Properties")
                events = properties.get("Events") if isinstance(properties, dict) else None
                for event in events.values() if isinstance(events, dict) else ():
                    if event.get("Type") == event_type and property_ not in event.get(
                        "Properties", {}
                    ):
                        return name
    return None


def _on_one_line(text: str) -> str:
    return " ".join(text.split())
