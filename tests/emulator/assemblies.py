"""Cloud assemblies written by hand, as the CDK would have synthesized them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hinagata.assembly.cloud_assembly import CloudAssembly

BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
REPOSITORY = "cdk-hnb659fds-container-assets-${AWS::AccountId}-${AWS::Region}"

Files = Mapping[str, str]  # path in the folder -> text


def assembly(
    directory: Path,
    resources: Mapping[str, Any],
    *,
    zips: Mapping[str, Files] | None = None,
    images: Mapping[str, Files] | None = None,
    **sections: Any,
) -> CloudAssembly:
    """Write a `cdk.out` of one stack named `Lab`, with folders as assets, and read it.

    A zip is in `code_of(NAME)`, an image is `image_of(NAME)`; other sections of the template go
    by their names, e.g. `Outputs`. The construct path of a resource is `Lab/NAME`.
    """
    assets: dict[str, Any] = {"files": {}, "dockerImages": {}}
    for name, files in {**(zips or {}), **(images or {})}.items():
        for path, text in files.items():
            file = directory / f"asset.{name}" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
    for name in zips or {}:
        assets["files"][name] = {
            "source": {"path": f"asset.{name}", "packaging": "zip"},
            "destinations": {"here": {"bucketName": BUCKET, "objectKey": f"{name}.zip"}},
        }
    for name in images or {}:
        assets["dockerImages"][name] = {
            "source": {"directory": f"asset.{name}"},
            "destinations": {"here": {"repositoryName": REPOSITORY, "imageTag": name}},
        }
    _write(directory / "Lab.template.json", {"Resources": resources, **sections})
    _write(directory / "Lab.assets.json", assets)
    _write(
        directory / "manifest.json",
        {
            "artifacts": {
                "Lab.assets": {
                    "type": "cdk:asset-manifest",
                    "properties": {"file": "Lab.assets.json"},
                },
                "Lab": {
                    "type": "aws:cloudformation:stack",
                    "properties": {"templateFile": "Lab.template.json"},
                    "dependencies": ["Lab.assets"],
                    "metadata": {
                        f"/Lab/{name}": [{"type": "aws:cdk:logicalId", "data": name}]
                        for name in resources
                    },
                },
            }
        },
    )
    return CloudAssembly.read(directory)


def code_of(name: str) -> dict[str, Any]:
    """Where the zip of an asset will be."""
    return {"S3Bucket": {"Fn::Sub": BUCKET}, "S3Key": f"{name}.zip"}


def image_of(name: str) -> dict[str, str]:
    """The URI that the image of an asset will have."""
    registry = "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}"
    return {"Fn::Sub": f"{registry}/{REPOSITORY}:{name}"}


def _write(file: Path, document: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(document))
