"""What a simulation had to assume: a sentence for each kind, with all that it is about."""

from __future__ import annotations


class Doubts:
    """Sentences in the order of their first mention; those that differ in a name only are one."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def add(self, sentence: str, *names: str) -> None:
        """Adds a sentence.

        Args:
            sentence: With `{}` where the names go, if there are any.
            *names: What it is about.
        """
        self._names.setdefault(sentence, {}).update(dict.fromkeys(names))

    def sentences(self) -> tuple[str, ...]:
        """Returns them, each with its names."""
        return tuple(
            sentence.replace("{}", ", ".join(names)) for sentence, names in self._names.items()
        )
