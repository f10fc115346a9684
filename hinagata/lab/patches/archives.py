"""A template's archive keeps the events of its bus, and replays them.

The emulator has archives and replays in its API, and does not know them in a template.
"""

import json
from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

TYPE = "AWS::Events::Archive"
# docs.aws.amazon.com/eventbridge/latest/APIReference/API_CreateArchive.html
_LONGEST_NAME = 48


def _apply() -> None:
    buses = emulator_module("services.eventbridge")
    provisioners = emulator_module("services.cloudformation.provisioners")

    def create(logical_id: str, properties: Any, stack_name: str) -> Any:
        name = properties.get("ArchiveName") or provisioners._physical_name(
            stack_name, logical_id, max_len=_LONGEST_NAME
        )
        status, _, body = buses._create_archive(
            {"ArchiveName": name, "EventSourceArn": properties["SourceArn"], **_given(properties)}
        )
        if status >= 400:
            raise ValueError(f"{TYPE}: {body!r}")
        return name, {"Arn": json.loads(body)["ArchiveArn"], "ArchiveName": name}

    def update(name: str, _old: Any, new: Any, *_args: Any) -> Any:
        buses._update_archive({"ArchiveName": name, **_given(new)})
        return name, {"Arn": buses._archives[name]["ArchiveArn"], "ArchiveName": name}

    def delete(name: str, _properties: Any) -> None:
        buses._delete_archive({"ArchiveName": name})

    provisioners._RESOURCE_HANDLERS[TYPE] = {"create": create, "update": update, "delete": delete}


def _given(properties: Any) -> dict[str, Any]:
    pattern = properties.get("EventPattern", "")
    return {
        "Description": properties.get("Description", ""),
        "EventPattern": json.dumps(pattern) if isinstance(pattern, dict) else pattern,
        "RetentionDays": int(properties.get("RetentionDays", 0)),
    }


PATCH = Patch(
    name="archives",
    promise="a template's archive keeps the events of its bus, which can be replayed",
    symbols=(
        "ministack.services.eventbridge:_archives",
        "ministack.services.eventbridge:_create_archive",
        "ministack.services.eventbridge:_delete_archive",
        "ministack.services.eventbridge:_update_archive",
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
        "ministack.services.cloudformation.provisioners:_physical_name",
    ),
    apply=_apply,
)
