"""Dead letters, told to a person or a program."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, TextIO

from hinagata.lab.redrive import Letter

_NAMED = 5
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def write_text(
    letters: Sequence[Letter],
    gone: Collection[str],
    stream: TextIO,
    *,
    now: float,
    unseen: int = 0,
    hop: str | None = None,
    elsewhere: Sequence[str] = (),
) -> None:
    """Write which letters there are, alike ones together, and what became of them.

    Args:
        letters: those that were read.
        gone: the message ids of those that went back.
        stream: where to.
        now: the time, in seconds since the epoch.
        unseen: how many lie behind them in FIFO queues, where nobody could read them.
        hop: whose letters alone were asked for.
        elsewhere: what takes letters and was not looked into.
    """
    if elsewhere:
        stream.write(f"not looked into: {', '.join(elsewhere)}; only queues are read here\n")
    if not letters:
        stream.write(f"nothing is dead{f' at {hop}' if hop else ''}\n")
        return
    queues: dict[tuple[str, str], list[Letter]] = defaultdict(list)
    for letter in letters:
        queues[letter.hop, letter.queue].append(letter)
    for (giver, queue), inside in queues.items():
        stream.write(f"{giver}  {len(inside)} in {queue}\n")
        alike: dict[tuple[str, str, str], list[Letter]] = defaultdict(list)
        for letter in inside:
            alike[letter.why, letter.back_to, letter.kept].append(letter)
        for (why, back_to, kept), group in alike.items():
            age = _in_words(now - min(letter.sent_at for letter in group))
            events = [event for letter in group for event in letter.events]
            named = ", ".join(events[:_NAMED]) + (", ..." if len(events) > _NAMED else "")
            stream.write(f"  {len(group)} x {why}\n")
            stream.write(f"      {_tries(group[0])}the oldest {age} ago: {named or '?'}\n")
            if kept:
                stream.write(f"      stays: {kept}\n")
            else:
                back = sum(letter.message_id in gone for letter in group)
                stream.write(
                    f"      {back} went back to {back_to}\n"
                    if gone
                    else f"      goes back to {back_to}\n"
                )
    stream.write("\n")
    total = len(letters) + unseen
    left = max(0, total - len(gone))
    if gone:
        stream.write(f"{len(gone)} of {total} went back; {left} left\n")
        return
    if unseen:
        stream.write(
            f"{unseen} more lie behind these: SQS shows ten of a FIFO queue's group at a time; "
            "they go back with these, in order\n"
        )
    stream.write(f"{left} dead; send them back with --apply\n")


def as_document(
    letters: Sequence[Letter],
    gone: Collection[str],
    *,
    now: float,
    unseen: int = 0,
    elsewhere: Sequence[str] = (),
) -> dict[str, Any]:
    """Return the same for a program."""
    return {
        "letters": [
            {
                "hop": letter.hop,
                "queue": letter.queue,
                "message_id": letter.message_id,
                "events": list(letter.events),
                "receives": letter.receives,
                "age_seconds": round(now - letter.sent_at, 3),
                "why": letter.why,
                "back_to": letter.back_to,
                "kept": letter.kept,
                "went_back": letter.message_id in gone,
            }
            for letter in letters
        ],
        "dead": len(letters) + unseen,
        "went_back": len(gone),
        "not_looked_into": list(elsewhere),
    }


def write_json(
    letters: Sequence[Letter],
    gone: Collection[str],
    stream: TextIO,
    *,
    now: float,
    unseen: int = 0,
    elsewhere: Sequence[str] = (),
) -> None:
    """Write the document."""
    document = as_document(letters, gone, now=now, unseen=unseen, elsewhere=elsewhere)
    json.dump(document, stream, indent=2)
    stream.write("\n")


def _tries(letter: Letter) -> str:
    if letter.receives is None:
        return ""
    return f"given up after {letter.receives} receive{'' if letter.receives == 1 else 's'}, "


def _in_words(seconds: float) -> str:
    for unit, length in (("days", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
