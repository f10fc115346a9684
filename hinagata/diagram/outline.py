"""A picture as plain text: each thing, and below it what happens from there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from hinagata.diagram.picture import Arrow, Box, Picture

_WIDTH = 80  # columns of a terminal
_LEAST_GAP = 2


def write_text(picture: Picture) -> str:
    """Returns a picture as lines of at most 80 columns, as far as names allow."""
    boxes = {box.key: box for box in picture.root.all_boxes()}
    stacks = {
        box.key: stack.name
        for stack in picture.root.groups
        if stack.is_stack
        for box in stack.all_boxes()
    }
    arrows: dict[str, list[Arrow]] = defaultdict(list)
    for arrow in picture.arrows:
        arrows[arrow.source].append(arrow)
    words = [arrow.label for arrow in picture.arrows] + ["dead letters"]
    indent = max(len(word) for word in words) + _LEAST_GAP
    lines: list[str] = []
    shown = ""
    for key in _in_order(picture, boxes, arrows, stacks):
        if stacks and stacks.get(key, "") != shown:
            shown = stacks.get(key, "")
            lines += [*([""] if lines else []), f"== {shown or 'outside'} =="]
        box = boxes[key]
        lines += [*([""] if lines else []), _heading(box)]
        for arrow in arrows[key]:
            target = boxes[arrow.target].full_name
            stack = stacks.get(arrow.target, "")
            elsewhere = f" ({stack})" if stack and stack != stacks.get(key) else ""
            lines.append(f"  {arrow.label:<{indent}}{target}{elsewhere}")
        for letters in box.letters:
            watched = " (watched)" if letters.watched else ""
            lines.append(f"  {'dead letters':<{indent}}{letters.name}{watched}")
    return "\n".join([*lines, ""]) if lines else "Nothing that carries messages was found.\n"


def _heading(box: Box) -> str:
    gap = max(_LEAST_GAP, _WIDTH - len(box.full_name) - len(box.told))
    return f"{box.full_name}{' ' * gap}{box.told}".rstrip()


def _in_order(
    picture: Picture,
    boxes: Mapping[str, Box],
    arrows: Mapping[str, list[Arrow]],
    stacks: Mapping[str, str],
) -> Iterator[str]:
    """Yields the keys as messages pass: first where they come in; stack after stack."""
    reached = {arrow.target for arrow in picture.arrows if arrow.target != arrow.source}
    order: dict[str, None] = {}
    starts = sorted(boxes, key=lambda key: (key in reached, not arrows.get(key)))
    for start in starts:
        open_ = [start]
        while open_:
            key = open_.pop()
            if key not in order:
                order[key] = None
                open_ += [arrow.target for arrow in reversed(arrows.get(key, []))]
    names = dict.fromkeys(stacks.get(key, "") for key in order)
    for name in names:
        yield from (key for key in order if stacks.get(key, "") == name)
