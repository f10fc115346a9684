"""A small assembly with something to find in it, as the CDK would have written it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

APP = """\
from aws_cdk import App

app = App()
    Worker(stack, "Worker")
Worker(stack, "Other")
"""
# Construct path, line of the app.
WORKER, OTHER = "Shop/Worker", "Shop/Other"
LINES = {WORKER: 4, OTHER: 5}
REASON = "its queue bounds the loop"


def loops(**properties: Any) -> dict[str, Any]:
    """A function that may call itself for ever: FM108 finds it, and nothing else does."""
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"RecursiveLoop": "Allow", **properties},
    }


def write_shop(
    folder: Path,
    *,
    acknowledged: Mapping[str, Mapping[str, str]] | None = None,
    resources: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Writes an app and its assembly, and returns the assembly's folder.

    Args:
        folder: Where `app.py` and `cdk.out` are written.
        acknowledged: Reasons by rule, by construct path.
        resources: Resources by construct path. None: two functions, each with one fault.
    """
    if resources is None:
        resources = {WORKER: loops(), OTHER: loops()}
    (folder / "app.py").write_text(APP)
    output = folder / "cdk.out"
    output.mkdir(exist_ok=True)
    template: dict[str, Any] = {"Resources": {}}
    metadata: dict[str, list[dict[str, Any]]] = {}
    for path, resource in resources.items():
        logical_id = path.rpartition("/")[2]
        template["Resources"][logical_id] = resource
        metadata[f"/{path}/Resource"] = [{"type": "aws:cdk:logicalId", "data": logical_id}]
        frames = [f"build ({folder / 'app.py'}:{LINES.get(path, 1)})"]
        metadata[f"/{path}"] = [{"type": "aws:cdk:creationStack", "data": frames}]
    for path, reasons in (acknowledged or {}).items():
        entries = metadata.setdefault(f"/{path}", [])
        data = {f"Hinagata::{rule}": reason for rule, reason in reasons.items()}
        entries.append({"type": "aws:cdk:acknowledged-rules", "data": data})
    (output / "Shop.template.json").write_text(json.dumps(template, indent=1))
    (output / "Shop.metadata.json").write_text(json.dumps(metadata, indent=1))
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": "aws://unknown-account/unknown-region",
        "properties": {"templateFile": "Shop.template.json"},
        "additionalMetadataFile": "Shop.metadata.json",
    }
    manifest = {"version": "48.0.0", "artifacts": {"Shop": stack}}
    (output / "manifest.json").write_text(json.dumps(manifest))
    return output
