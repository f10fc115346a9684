"""Reads a cloud assembly: its stacks, their templates and their assets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from hinagata.errors import HinagataError

_STACK = "aws:cloudformation:stack"
_ASSETS = "cdk:asset-manifest"
_NESTED = "cdk:cloud-assembly"
_LOGICAL_ID = "aws:cdk:logicalId"
_ENVIRONMENT = "aws://"
_UNKNOWN = ("", "unknown-account", "unknown-region")
# Templates of a hundred nested stacks do not come near it; more would only fill the memory.
_LARGEST_FILE = 200 * 2**20


class AssemblyError(HinagataError):
    """A folder that is no cloud assembly, or a broken one."""


class FileAsset(NamedTuple):
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


class ImageAsset(NamedTuple):
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
        directory: The assembly or the stage that it is in.
        artifact: Its key in the manifest, unique in its directory.
        account: Account that it is deployed to; None where it can be any.
        region: Region that it is deployed to; None where it can be any.
        asset_manifests: Files that list its assets.
        metadata_file: File with the metadata of its constructs; None where the manifest has them.
        manifest_metadata: What the manifest itself holds of them.
    """

    name: str
    template_file: Path
    directory: Path = Path()
    artifact: str = ""
    account: str | None = None
    region: str | None = None
    asset_manifests: tuple[Path, ...] = ()
    metadata_file: Path | None = None
    manifest_metadata: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def template(self) -> dict[str, Any]:
        """The template. Changing it changes it for every reader: copy first."""
        return _read(self.template_file)

    @cached_property
    def file_assets(self) -> tuple[FileAsset, ...]:
        """Files that must be uploaded before it is deployed."""
        return tuple(
            FileAsset(
                path=self.directory / _text(source, "path", manifest),
                packaging=source.get("packaging", "file"),
                bucket_name=_text(destination, "bucketName", manifest),
                object_key=_text(destination, "objectKey", manifest),
            )
            for manifest, _, source, destination in self._assets("files")
            if "path" in source
        )

    @cached_property
    def image_assets(self) -> tuple[ImageAsset, ...]:
        """Images that must be built before it is deployed."""
        return tuple(
            ImageAsset(
                source_hash=source_hash,
                directory=self.directory / _text(source, "directory", manifest),
                docker_file=source.get("dockerFile", "Dockerfile"),
                repository=_text(destination, "repositoryName", manifest),
                tag=_text(destination, "imageTag", manifest),
            )
            for manifest, source_hash, source, destination in self._assets("dockerImages")
            if "directory" in source
        )

    def _assets(self, section: str) -> Iterator[tuple[Path, str, dict[str, Any], dict[str, Any]]]:
        """Yields file, hash, source and destination of each asset."""
        for manifest in self.asset_manifests:
            assets = _mapping(_read(manifest), section, manifest)
            for source_hash in assets:
                asset = _mapping(assets, source_hash, manifest)
                source = _mapping(asset, "source", manifest)
                destinations = _mapping(asset, "destinations", manifest)
                for name in destinations:
                    yield manifest, source_hash, source, _mapping(destinations, name, manifest)

    @cached_property
    def metadata(self) -> dict[str, list[dict[str, Any]]]:
        """What the app noted of its constructs: entries by path, without a leading slash."""
        # Since schema 53 the metadata lies in a file of its own.
        entries = dict(self.manifest_metadata)
        if self.metadata_file is not None:
            entries |= _read(self.metadata_file)
        return {
            path.strip("/"): [item for item in items if isinstance(item, dict)]
            for path, items in entries.items()
            if isinstance(items, list)
        }

    @cached_property
    def construct_paths(self) -> dict[str, str]:
        """Logical id to the path in the construct tree, without a leading slash.

        Where a nested stack has a resource of the same logical id, the stack's own counts.
        """
        found: dict[str, str] = {}
        for path, items in self.metadata.items():
            for item in items:
                if item.get("type") == _LOGICAL_ID:
                    logical_id = str(item.get("data"))
                    known = found.get(logical_id)
                    if known is None or path.count("/") < known.count("/"):
                        found[logical_id] = path
        return found

    def construct_path(self, logical_id: str) -> str:
        """Where a resource comes from, e.g. `Shop/Orders/Queue/Resource`; else its logical id."""
        return self.construct_paths.get(logical_id, logical_id)


class CloudAssembly(NamedTuple):
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
        if not is_file(directory / "manifest.json"):
            message = (
                f"{directory} is no cloud assembly: it has no manifest.json; "
                "make one with: hinagata synth"
            )
            raise AssemblyError(message)
        return cls(directory=directory, stacks=tuple(_stacks(directory, set())))


def is_file(path: Path) -> bool:
    """Whether there is such a file; not if its name is too long, or its folder is closed to us."""
    try:
        return path.is_file()
    except OSError:
        return False


def _stacks(directory: Path, entered: set[Path]) -> Iterator[AssemblyStack]:
    manifest = directory / "manifest.json"
    # realpath, unlike resolve, takes a symbolic link that leads to itself.
    if (whole := Path(os.path.realpath(directory))) in entered:
        message = f"{manifest} holds itself; make the assembly anew with: hinagata synth"
        raise AssemblyError(message)
    entered.add(whole)
    listed = _mapping(_read(manifest), "artifacts", manifest)
    artifacts = {name: each for name, each in listed.items() if isinstance(each, dict)}
    for name in _in_order(artifacts):
        kind = artifacts[name].get("type")
        if kind == _NESTED:
            properties = _mapping(artifacts[name], "properties", manifest)
            inner = _text(properties, "directoryName", manifest)
            yield from _stacks(directory / inner, entered)
        elif kind == _STACK:
            yield _stack(directory, name, artifacts)


def _stack(directory: Path, name: str, artifacts: dict[str, dict[str, Any]]) -> AssemblyStack:
    manifest = directory / "manifest.json"
    artifact = artifacts[name]
    properties = _mapping(artifact, "properties", manifest)
    environment = str(artifact.get("environment", ""))
    account, _, region = environment.removeprefix(_ENVIRONMENT).partition("/")
    metadata_file = artifact.get("additionalMetadataFile")
    return AssemblyStack(
        name=str(properties.get("stackName", name)),
        template_file=directory / _text(properties, "templateFile", manifest),
        directory=directory,
        artifact=name,
        account=None if account in _UNKNOWN else account,
        region=None if region in _UNKNOWN else region,
        asset_manifests=tuple(
            directory / _text(_mapping(artifacts[needed], "properties", manifest), "file", manifest)
            for needed in _needed(artifact)
            if artifacts.get(needed, {}).get("type") == _ASSETS
        ),
        metadata_file=directory / metadata_file if isinstance(metadata_file, str) else None,
        manifest_metadata=_mapping(artifact, "metadata", manifest),
    )


def _needed(artifact: dict[str, Any]) -> list[str]:
    dependencies = artifact.get("dependencies")
    if not isinstance(dependencies, list):
        return []
    return [name for name in dependencies if isinstance(name, str)]


def _in_order(artifacts: dict[str, dict[str, Any]]) -> list[str]:
    """The artifacts' names, each after those that it depends on; else as they stand."""
    ordered: dict[str, None] = {}
    entered: set[str] = set()
    # A stack of its own: a chain of dependencies may be longer than Python's.
    open_ = [(name, False) for name in reversed(artifacts)]
    while open_:
        name, done = open_.pop()
        if done:
            ordered[name] = None
        elif name not in entered and name in artifacts:
            entered.add(name)
            open_.append((name, True))
            open_ += [(needed, False) for needed in reversed(_needed(artifacts[name]))]
    return list(ordered)


def _mapping(document: Mapping[str, Any], key: str, file: Path) -> dict[str, Any]:
    """The mapping under a key, empty if it is absent."""
    value = document.get(key, {}) if isinstance(document, Mapping) else None
    if not isinstance(value, dict):
        message = f"{file} has no usable {key}; make the assembly anew with: hinagata synth"
        raise AssemblyError(message)
    return value


def _text(document: Mapping[str, Any], key: str, file: Path) -> str:
    """The text under a key."""
    value = document.get(key)
    if not isinstance(value, str):
        message = f"{file} has no usable {key}; make the assembly anew with: hinagata synth"
        raise AssemblyError(message)
    return value


def _read(file: Path) -> dict[str, Any]:
    try:
        if file.stat().st_size > _LARGEST_FILE or not file.is_file():
            message = f"{file} is no file of an assembly; make it anew with: hinagata synth"
            raise AssemblyError(message)
        document = json.loads(file.read_bytes())
    except RecursionError:
        message = f"{file} is nested too deep; make the assembly anew with: hinagata synth"
        raise AssemblyError(message) from None
    except (OSError, ValueError) as error:
        message = f"{file} cannot be read: {error}; make the assembly anew with: hinagata synth"
        raise AssemblyError(message) from None
    if not isinstance(document, dict):
        message = f"{file} holds no JSON object; make the assembly anew with: hinagata synth"
        raise AssemblyError(message)
    return document
