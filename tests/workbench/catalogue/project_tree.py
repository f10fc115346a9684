"""The least project that has a catalogue: its cards, as texts."""

from __future__ import annotations

from pathlib import Path

PATTERN_CARD = """\
title = "Event stream"
construct = "EventStream"
summary = "An ordered flow."
talk = "1.1"
when = ["Order counts."]
when_not = ["It does not: PointToPointQueue."]
limits = ["A shard takes 1,000 records a second."]

[ja]
title = "イベントストリーム"
summary = "順序のある流れ。"
when = ["順序が重要である。"]
when_not = ["重要ではない。PointToPointQueueを使う。"]
limits = ["1シャードは毎秒1,000レコードまで。"]
"""
SAMPLE_CARD = """\
title = "Order events"
summary = "An order is an event."
talk = "1.6"
stack = "OrderEvents"
scenario = "busy_hour"
when = ["Several teams."]
when_not = ["One."]
limits = ["Not proven."]
see = ["hinagata run order_events: all of it."]

[ja]
title = "注文イベント"
summary = "注文は1つのイベントである。"
"""


def write_cards(folder: Path, *, pattern: str = PATTERN_CARD, sample: str = SAMPLE_CARD) -> Path:
    """Writes a project of one pattern and one sample, and returns its folder."""
    for room, name, text in (
        ("patterns", "event_stream.toml", pattern),
        ("stacks", "order_events.toml", sample),
    ):
        (folder / room).mkdir(exist_ok=True)
        (folder / room / name).write_text(text, encoding="utf-8")
    return folder
