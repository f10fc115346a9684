"""What a refusal must say: the rule, the value that breaks it, and the fix."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def refused(*words: str) -> Iterator[None]:
    """Expects one clear sentence that holds each of `words`: rule, value and fix."""
    with pytest.raises(ValueError, match=r"\S") as caught:
        yield

    message = str(caught.value)
    assert "\n" not in message
    missing = [word for word in words if word not in message]
    assert not missing, f"{missing} missing in: {message}"
