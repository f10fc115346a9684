"""Work of a worker's process that misbehaves as its question's sample says."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection


def work(connection: Connection) -> None:
    """Answers with its process's id; or never, or ends, or refuses."""
    while True:
        try:
            question, _ = connection.recv()
        except EOFError:
            return
        if question.sample == "endless":
            time.sleep(600)
        if question.sample == "broken":
            os._exit(3)
        connection.send((question.sample != "refused", str(os.getpid())))
