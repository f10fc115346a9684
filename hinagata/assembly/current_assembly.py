"""The assembly of the current project, for commands that were told of no other."""

from __future__ import annotations

from pathlib import Path

from hinagata.errors import UsageError


def current_assembly(project: Path) -> Path:
    """Returns the folder of a project's assembly.

    The app is synthesized if its sources changed; without an app, the assembly that is there
    counts.

    Args:
        project: Folder with a cdk.json or a cdk.out.

    Raises:
        HinagataError: The folder has neither, or its app fails.
    """
    if (project / "cdk.json").exists():
        from hinagata.assembly.synthesis import synthesize

        return synthesize(project).directory
    output = project / "cdk.out"
    if output.exists():
        return output
    raise UsageError(
        f"nothing to read: {project} holds neither cdk.json nor cdk.out; "
        "name a cdk.out folder or a template after the command"
    )
