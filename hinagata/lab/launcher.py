"""Start the emulator with its fidelity patches: `python -m hinagata.lab.launcher`.

Prints the endpoint's URL in one line on standard output, then serves until SIGTERM, or until its
standard input closes because the process that started it is gone.
"""

import asyncio
import importlib
import importlib.metadata
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import NoReturn

from hinagata.errors import HinagataError
from hinagata.lab.faults.board import BOARD_VARIABLE
from hinagata.lab.patches import WITHOUT_VARIABLE, apply_patches

# The patches are written against this source; see docs for how to move to another.
MINISTACK_VERSION = "1.5.33"


def main() -> NoReturn:
    """Serve until told to stop, then end the handlers and this process."""
    try:
        refuse_other_version(importlib.metadata.version("ministack"))
        server = socket.create_server(("127.0.0.1", 0))
        port = server.getsockname()[1]
        os.environ["GATEWAY_PORT"] = str(port)  # before the import, which reads it once
        without = os.environ.get(WITHOUT_VARIABLE, "")
        apply_patches(frozenset(filter(None, without.split(","))))
        if BOARD_VARIABLE in os.environ:
            importlib.import_module("hinagata.lab.faults.endpoint_side").install(
                Path(os.environ[BOARD_VARIABLE])
            )
    except HinagataError as error:
        sys.exit(str(error))
    except importlib.metadata.PackageNotFoundError:
        sys.exit(f"ministack is not installed: pip install ministack=={MINISTACK_VERSION}")
    print(f"http://127.0.0.1:{port}", flush=True)
    asyncio.run(_serve(server))
    importlib.import_module("ministack.core.lambda_runtime").reset()  # handlers, their folders
    sys.stderr.flush()
    os._exit(0)  # not waiting for a thread that waits for an endpoint which is gone


def refuse_other_version(version: str) -> None:
    """Raise HinagataError unless `version` is the one the patches were written for."""
    if version != MINISTACK_VERSION:
        raise HinagataError(
            f"the patches of the embedded endpoint are written for ministack {MINISTACK_VERSION} "
            f"and {version} is installed: pip install ministack=={MINISTACK_VERSION}"
        )


async def _serve(server: socket.socket) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=_watch_parent, args=(loop, stop), daemon=True).start()
    config = Config()
    config.bind = [f"fd://{server.detach()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5  # connections of handlers that are about to be ended anyway
    app = importlib.import_module("ministack.app").app
    await serve(app, config, shutdown_trigger=stop.wait)


def _watch_parent(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    # os.read, not sys.stdin: a thread inside a buffered reader aborts the interpreter at its end.
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    main()
