"""How a handler learns which resources it works with: environment variables, nothing else."""

import os


class MissingVariableError(RuntimeError):
    """An environment variable that this code cannot work without is not set."""


def required(name: str) -> str:
    """Return the variable `name`, or stop at import with a sentence that names it.

    Args:
        name: The variable, such as `COMMANDS_QUEUE_URL`.

    Raises:
        MissingVariableError: It is unset or empty.
    """
    value = os.environ.get(name, "")
    if not value:
        raise MissingVariableError(
            f"environment variable {name} is not set; "
            "the stack sets it when it connects this code to the resource"
        )
    return value
