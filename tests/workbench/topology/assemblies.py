"""Small cloud assemblies, written as the CDK writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_files(folder: Path, files: Mapping[str, Any]) -> Path:
    """Write a tree of JSON files, texts as they stand, and return its folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        path.write_text(text, encoding="utf-8")
    return folder


def stack(
    name: str,
    template: Mapping[str, Any],
    *,
    metadata: Mapping[str, Any] | None = None,
    environment: str = "aws://unknown-account/unknown-region",
    stack_name: str | None = None,
    after: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the files of a stack, and its artifact under the key ""."""
    return {
        "": {
            name: {
                "type": "aws:cloudformation:stack",
                "environment": environment,
                "properties": {
                    "templateFile": f"{name}.template.json",
                    **({} if stack_name is None else {"stackName": stack_name}),
                },
                "dependencies": [*after, f"{name}.assets"],
                "additionalMetadataFile": f"{name}.metadata.json",
            },
            f"{name}.assets": {
                "type": "cdk:asset-manifest",
                "properties": {"file": f"{name}.assets.json"},
            },
        },
        f"{name}.template.json": template,
        f"{name}.metadata.json": metadata or {},
        f"{name}.assets.json": {},
    }


def write_assembly(
    folder: Path,
    *stacks: Mapping[str, Any],
    stages: tuple[str, ...] = (),
    files: Mapping[str, Any] | None = None,
) -> Path:
    """Write an assembly and return its folder.

    Args:
        folder: where to.
        stacks: what `stack` returned.
        stages: names of folders in it that are assemblies themselves.
        files: other files, e.g. those of nested stacks.
    """
    artifacts: dict[str, Any] = {
        stage: {"type": "cdk:cloud-assembly", "properties": {"directoryName": stage}}
        for stage in stages
    }
    written: dict[str, Any] = dict(files or {})
    for each in stacks:
        artifacts |= each[""]
        written |= {name: content for name, content in each.items() if name}
    return write_files(folder, {"manifest.json": {"artifacts": artifacts}, **written})
