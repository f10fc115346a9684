"""Reads a cloud assembly: its stacks, their templates and their assets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from hinagata.errors import HinagataError

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"
_NESTED = "cdk:cloud-assembly"
_LOGICAL_ID = "aws:cdk:logicalId"


class AssemblyError(HinagataError):
    """A folder that is no cloud assembly, or a broken one."""


@dataclass(frozen=True, kw_only=True)
class FileAsset:
    """A file or folder that a stack's template expects in a bucket.

    Attributes:
        path: Where it lies.
        packaging: Whether it is uploaded as it is, or the folder as a zip.
        bucket_name: May hold `${AWS::AccountId}`, `${AWS::Region}` and `${AWS::Partition}`.
        object_key: Key in that bucket.
    """

    path: Path
    packaging: Literal["file", "zip"]
    bucket_name: str
    object_key: str


@dataclass(frozen=True, kw_only=True)
class ImageAsset:
    """A container image that a stack's template expects in a repository.

    Attributes:
        source_hash: Hash of the build context.
        directory: The build context.
        docker_file: Dockerfile, relative to it.
        repository: May hold the same placeholders as a bucket's name.
        tag: Tag in that repository.
    """

    source_hash: str
    directory: Path
    docker_file: str
    repository: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class AssemblyStack:
    """A stack as it was synthesized.

    Attributes:
        name: Its name in CloudFormation.
        template_file: Its template.
        file_assets: Files that must be uploaded before it is deployed.
        image_assets: Images that must be built before it is deployed.
        construct_paths: Logical id to the path in the construct tree, without a leading slash.
    """

    name: str
    template_file: Path
    file_assets: tuple[FileAsset, ...] = ()
    image_assets: tuple[ImageAsset, ...] = ()
    construct_paths: dict[str, str] = field(default_factory=dict)

    @cached_property
    def template(self) -> dict[str, Any]:
        """The template. Changing it changes it for every reader: copy first."""
        return _read(self.template_file)

    def construct_path(self, logical_id: str) -> str:
        """Where a resource comes from, e.g. `Shop/Orders/Queue/Resource`; else its logical id."""
        return self.construct_paths.get(logical_id, logical_id)


@dataclass(frozen=True, kw_only=True)
class CloudAssembly:
    """What an app synthesized.

    Attributes:
        directory: The `cdk.out` folder.
        stacks: Its stacks, each after those that it depends on, those of stages included.
    """

    directory: Path
    stacks: tuple[AssemblyStack, ...]

    @classmethod
    def read(cls, directory: Path) -> CloudAssembly:
        """Reads a cloud assembly.

        Raises:
            AssemblyError: The folder holds no readable assembly.
        """
        if not (directory / "manifest.json").is_file():
            message = (
                f"{directory} is no cloud assembly: it has no manifest.json; "
                "make one with: hinagata synth"
            )
            raise AssemblyError(message)
        return cls(directory=directory, stacks=tuple(_stacks(directory)))


def _stacks(directory: Path) -> list[AssemblyStack]:
    artifacts: dict[str, dict[str, Any]] = _read(directory / "manifest.json").get("artifacts", {})
    stacks: list[AssemblyStack] = []
    for name in _in_order(artifacts):
        artifact = artifacts[name]
        if artifact.get("type") == _NESTED:
            stacks += _stacks(directory / artifact["properties"]["directoryName"])
        elif artifact.get("type") == _STACK:
            stacks.append(_stack(directory, name, artifact, artifacts))
    return stacks


def _stack(
    directory: Path, name: str, artifact: dict[str, Any], artifacts: dict[str, dict[str, Any]]
) -> AssemblyStack:
    properties = artifact.get("properties", {})
    manifests = [
        _read(directory / artifacts[needed]["properties"]["file"])
        for needed in artifact.get("dependencies", [])
        if artifacts.get(needed, {}).get("type") == _ASSETS
    ]
    return AssemblyStack(
        name=properties.get("stackName", name),
        template_file=directory / properties["templateFile"],
        file_assets=tuple(
            FileAsset(
                path=directory / asset["source"]["path"],
                packaging=asset["source"].get("packaging", "file"),
                bucket_name=destination["bucketName"],
                object_key=destination["objectKey"],
            )
            for manifest in manifests
            for asset in manifest.get("files", {}).values()
            if "path" in asset["source"]
            for destination in asset["destinations"].values()
        ),
        image_assets=tuple(
            ImageAsset(
                source_hash=source_hash,
                directory=directory / asset["source"]["directory"],
                docker_file=asset["source"].get("dockerFile", "Dockerfile"),
                repository=destination["repositoryName"],
                tag=destination["imageTag"],
            )
            for manifest in manifests
            for source_hash, asset in manifest.get("dockerImages", {}).items()
            if "directory" in asset["source"]
            for destination in asset["destinations"].values()
        ),
        construct_paths=_construct_paths(directory, artifact),
    )


def _construct_paths(directory: Path, artifact: dict[str, Any]) -> dict[str, str]:
    # Since schema 53 the metadata lies in a file of its own.
    entries = dict(artifact.get("metadata", {}))
    if file := artifact.get("additionalMetadataFile"):
        entries |= _read(directory / file)
    return {
        str(item["data"]): path.strip("/")
        for path, items in entries.items()
        for item in items
        if item.get("type") == _LOGICAL_ID
    }


def _in_order(artifacts: dict[str, dict[str, Any]]) -> list[str]:
    """The artifacts' names, each after those that it depends on; else as they stand."""
    ordered: dict[str, None] = {}
    entered: set[str] = set()

    def visit(name: str) -> None:
        if name in entered or name not in artifacts:
            return
        entered.add(name)
        for needed in artifacts[name].get("dependencies", []):
            visit(needed)
        ordered[name] = None

    for name in artifacts:
        visit(name)
    return list(ordered)


def _read(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"{file} cannot be read: {error}; make the assembly anew with: hinagata synth"
        raise AssemblyError(message) from None
    if not isinstance(document, dict):
        message = f"{file} holds no JSON object; make the assembly anew with: hinagata synth"
        raise AssemblyError(message)
    return document
