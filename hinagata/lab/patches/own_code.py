"""A function finds its own asset, its layers and what is installed, not the project around it.

Its interpreter is this project's, whose source folders are on the path when the project is
installed in place. A module that somebody forgot to ship would be found there, and be missing on
AWS only.
"""

from hinagata.errors import HinagataError
from hinagata.lab.patches.patch import Patch, emulator_module

_PLAIN_PATH = "    sys.path.insert(0, code_dir)\n"
_OWN_PATH = (
    "    _installed = (sys.prefix, sys.base_prefix)\n"
    "    sys.path[:] = [path for path in sys.path if path.startswith(_installed)]\n" + _PLAIN_PATH
)


def _apply() -> None:
    runtime = emulator_module("core.lambda_runtime")
    script = runtime._PYTHON_WORKER_SCRIPT
    if script.count(_PLAIN_PATH) != 1:
        raise HinagataError(
            "the patch own-code does not find where the emulator's worker script sets its path: "
            "re-check it against the installed ministack"
        )
    runtime._PYTHON_WORKER_SCRIPT = script.replace(_PLAIN_PATH, _OWN_PATH)


PATCH = Patch(
    name="own-code",
    promise="a function imports its own asset, its layers and installed packages, and nothing of "
    "the project's folders",
    symbols=("ministack.core.lambda_runtime:_PYTHON_WORKER_SCRIPT",),
    apply=_apply,
)
