"""Labels of panels, colours and years that a text gives to the wrong thing."""

import pytest

from tests.llm_rewrite.checks.found import reasons

_LAYOUT = (
    "Cartoon of the key layers of the body (left) and the summary structure of the pathway (right)."
)
_COLOURS = "Tubulin filaments (green) run beside the actin cables (red) of the cell."


@pytest.mark.parametrize(
    ("source", "text", "reason"),
    [
        (
            _LAYOUT,
            "On the right a cartoon of key layers; on the left the summary structure.",
            "laterality_changed",
        ),
        (_LAYOUT, "Left: summary structure. Right: cartoon of the layers.", "laterality_changed"),
        (
            _COLOURS,
            "In red, tubulin filaments; in green, actin cables of the cell.",
            "qualifier_changed",
        ),
        (
            "There were more cases in 2022 with 36 and 2023 with 38 infections.",
            "There were 38 infections in 2022.",
            "number_changed",
        ),
    ],
)
def test_labels_changed_about(source: str, text: str, reason: str) -> None:
    assert reason in reasons(source, text, keep=False)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (_LAYOUT, "On the left a cartoon of key layers; on the right the summary structure."),
        (_LAYOUT, "Right: summary structure. Left: cartoon of the layers."),
        (_COLOURS, "In green, tubulin filaments; in red, actin cables of the cell."),
        (
            "There were more cases in 2022 with 36 and 2023 with 38 infections.",
            "There were 36 infections in 2022, 38 in 2023.",
        ),
    ],
)
def test_labels_in_other_order_are_the_same(source: str, text: str) -> None:
    assert not reasons(source, text, keep=False)
