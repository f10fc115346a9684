"""Graphviz, from the Python package that brings it, in a process of its own.

Graphviz is native code, and on some graphs an assertion of its own ends its process: 14.1.5 does
so where a label stands between boxes of one rank (`fixLabelOrder`). That must not be ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from hinagata.errors import HinagataError

_PROGRAM = """\
import json, sys
from pygraphviz import AGraph
for text in json.load(sys.stdin):
    laid = AGraph(string=text).draw(format="json", prog="dot")
    print(json.dumps(json.loads(laid)), flush=True)
"""
# 200 boxes take 2 s, 1,000 take 25 s; what takes this long could not be read either.
_PATIENCE_SECONDS = 60


def run_graphviz(texts: Sequence[str]) -> list[dict[str, Any] | None]:
    """Lays out graphs.

    Args:
        texts: The graphs in Graphviz' language, each for `dot`.

    Returns:
        Each graph's layout as Graphviz writes it in JSON; None for one that it failed at.

    Raises:
        HinagataError: Graphviz is not installed, or takes too long.
    """
    if find_spec("pygraphviz") is None:
        raise HinagataError(
            "the SVG needs pygraphviz, which is not installed; do: pip install 'hinagata[diagram]'"
        )
    found: list[dict[str, Any] | None] = []
    while len(found) < len(texts):
        try:
            # -P: a file of the user's that is named like a module must not be taken for it.
            done = subprocess.run(
                [sys.executable, "-P", "-c", _PROGRAM],
                input=json.dumps(texts[len(found) :]),
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=_PATIENCE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise HinagataError(
                f"the picture is too large to be laid out within {_PATIENCE_SECONDS} s; "
                "name fewer stacks, as cdk.out/Shop.template.json"
            ) from None
        found += [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode != 0:
            found.append(None)
    return found
