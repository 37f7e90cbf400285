"""Screen updates that send the cells which changed, and not those to the left of them.

Textual 8.2 crops a changed stretch of a row on its right alone and sends it from the
left edge of its widget on, which costs a dashboard of numbers half its bytes. This
module is all that knows about that; where Textual's inside is different, it does nothing.
"""

from typing import Any

from rich.console import Console
from rich.control import Control

try:
    from textual._compositor import ChopsUpdate
except ImportError:  # pragma: no cover (another Textual)
    ChopsUpdate = None  # type: ignore[assignment, misc]

_NEEDED = ("chops", "chop_ends", "spans")


def narrowed(renderable: Any) -> Any:
    """Return an update of the screen that shows the same and sends less."""
    if ChopsUpdate is None or type(renderable) is not ChopsUpdate:
        return renderable
    if not all(hasattr(renderable, name) for name in _NEEDED):
        return renderable
    return _NarrowUpdate(renderable.chops, renderable.spans, renderable.chop_ends)


if ChopsUpdate is not None:

    class _NarrowUpdate(ChopsUpdate):
        """Changed stretches of rows, cropped on both sides."""

        def render_segments(self, console: Console) -> str:
            """Return what to send."""
            pieces: list[str] = []
            for y, first, end in self.spans:
                for strip_end, (x, strip) in zip(
                    self.chop_ends[y], self.chops[y].items(), strict=False
                ):
                    if strip is None or x >= end or strip_end <= first:
                        continue
                    left, right = max(x, first), min(strip_end, end)
                    if (left, right) != (x, strip_end):
                        strip = strip.crop(left - x, right - x)
                    pieces.append(Control.move_to(left, y).segment.text)
                    pieces.append(strip.render(console))
            return "".join(pieces)
