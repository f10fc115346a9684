"""Run a command that does not outlive whoever started it: `python -m hinagata.lab.leash COMMAND`.

When standard input closes, because its other end is gone, the whole process group is killed, this
process included. SIGTERM is the command's own business: it goes to the group, and this process
waits for the command and ends with its status.
"""

import os
import signal
import subprocess
import sys
import threading
from typing import NoReturn


def main() -> NoReturn:
    """Run the command in the arguments; this process must lead its process group."""
    signal.signal(signal.SIGTERM, _leave_to_command)  # a handler, and not SIG_IGN: exec resets it
    command = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_watch_parent, daemon=True).start()
    status = command.wait()
    sys.stdout.flush()
    os._exit(status if status >= 0 else 128 - status)


def _leave_to_command(*_: object) -> None: ...


def _watch_parent() -> None:
    while os.read(0, 4096):
        pass
    os.killpg(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
