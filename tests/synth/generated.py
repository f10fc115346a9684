"""Generated projects in one app: a folder that holds them all is synthesized once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.naming import project_name
from hinagata.generator.rendering import blueprint_project

_NAG = (
    "import aws_cdk as cdk, cdk_nag",
    "packs = (cdk_nag.AwsSolutionsChecks(), cdk_nag.ServerlessChecks())",
    "cdk.Validations.of(app).add_plugins(*packs)",
)


def synthesize_together(blueprints: Mapping[str, str], folder: Path, *, nag: bool = False) -> Path:
    """Return the assembly of the projects of some blueprints, each a stack of one app.

    Args:
        blueprints: their texts, by the projects' names.
        folder: where the app is made; empty.
        nag: whether cdk-nag's packs look on; what they find fails it too.

    Raises:
        AssertionError: the app does not synthesize, or it fails in a known way.
    """
    stacks = []
    for name, text in blueprints.items():
        blueprint = parse_blueprint(text, file=Path(f"{name}.yaml"))
        for path, content in blueprint_project(blueprint, name=name, own=False).items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        stacks.append(project_name(name))
    imports = [f"from stacks.{one.package} import {one.stack}" for one in stacks]
    made = [f'{one.stack}(app, "{one.stack}")' for one in stacks]
    lines = ["from patterns import start_lean", "start_lean()", "from patterns import App"]
    (folder / "app.py").write_text(
        "\n".join([*lines, *imports, "app = App()", *made, *(_NAG if nag else ()), "app.synth()"])
    )
    run = subprocess.run(
        [sys.executable, "app.py"],
        cwd=folder,
        env=os.environ | {"CDK_OUTDIR": str(folder / "cdk.out")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    # Warnings and notes do not end it with 1: they are as unwanted.
    assert "Acknowledge with" not in run.stderr, run.stderr[-4000:]
    return folder / "cdk.out"
