"""What `hinagata topology` does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hinagata.topology.reading import read_topology


def topology(paths: Sequence[str], *, project: Path, format: str) -> str:
    """Returns an architecture in a format.

    Args:
        paths: Assemblies and templates, together one architecture. None: the project's app.
        project: Folder of that app.
        format: "json" for all that was read; "text", "mermaid", "dot" or "svg" for what carries
            messages.

    Raises:
        HinagataError: A path cannot be read, or the format needs what is not installed.
    """
    if paths:
        read = read_topology(*map(Path, paths))
    else:
        from hinagata.assembly.current_assembly import current_assembly

        read = read_topology(current_assembly(project))
    if format == "json":
        from hinagata.diagram.document import write_json

        return write_json(read)
    from hinagata.diagram.folding import fold

    picture = fold(read)
    match format:
        case "mermaid":
            from hinagata.diagram.mermaid import write_mermaid as write
        case "dot":
            from hinagata.diagram.dot import write_dot as write
        case "svg":
            from hinagata.diagram.svg import write_svg as write
        case _:
            from hinagata.diagram.outline import write_text as write
    return write(picture)
