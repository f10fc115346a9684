"""When a load balancer's target counts as healthy."""

import pytest

from hinagata.lab.patches.load_balancer import TargetHealth, accepts


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ("+", "healthy"),  # AWS: one passed check is enough for a new target
        ("---", "initial"),
        ("--+", "healthy"),
        ("+-", "healthy"),
        ("+--", "unhealthy"),
        ("+-+-", "healthy"),  # not in a row
        ("+--++", "unhealthy"),
        ("+--+++", "healthy"),
    ],
)
def test_thresholds_are_counted_in_a_row(results: str, expected: str) -> None:
    """Two failures in a row make it unhealthy, three passes healthy again."""
    health = TargetHealth()
    for result in results:
        health.record(passed=result == "+", healthy_after=3, unhealthy_after=2)

    assert health.state == expected


@pytest.mark.parametrize(
    ("matcher", "status", "expected"),
    [
        ("200", 200, True),
        ("200", 204, False),
        ("200,204", 204, True),
        ("200-299", 250, True),
        ("200-299, 404", 404, True),
    ],
)
def test_a_matcher_is_a_list_of_codes_and_ranges(
    matcher: str, status: int, *, expected: bool
) -> None:
    """As a target group writes it."""
    assert accepts(matcher, status) is expected
