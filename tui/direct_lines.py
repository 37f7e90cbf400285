"""Changed lines of panes, sent to the terminal without painting whatever is between them.

Textual 8.2 paints all widgets from the first to the last line that changed, whether they
changed or not: most of what a calm dashboard costs. While nothing lies over a pane and nothing is
about to move, it is known where its lines are, and they are drawn alone. Otherwise, and where
Textual's inside is different, Textual paints as ever.
"""

from collections.abc import Iterable

from textual.geometry import Region, Size
from textual.widget import Widget

from bptui.tui.changed_cells import KNOWN, Placed


class DirectLines:
    """Gathers the lines that panes change in one drawing."""

    def __init__(self) -> None:
        """Gather nothing before `begin`."""
        self._gathers = False
        self._lines: list[Placed] = []
        self._visible: object = None
        self._places: dict[Widget, tuple[Size, Region | None]] = {}
        self._frames: dict[tuple[Widget, int], Region] = {}
        self.refused = False
        """Whether a pane in this drawing was left to Textual."""

    def begin(self) -> None:
        """Begin a drawing."""
        self._gathers, self.refused, self._lines = True, False, []

    def end(self) -> list[Placed]:
        """End it, and return what was gathered."""
        self._gathers = False
        for (pane, y), place in self._frames.items():
            for strip in pane.render_lines(Region(0, y, place.width, 1)):
                self._lines.append((place.y + y, place.x, strip))
        self._frames.clear()
        return self._lines

    def take(self, pane: Widget, rows: Iterable[int]) -> bool:
        """Gather rows of a pane's content, which it has ready to render.

        Returns:
            Whether they were taken; else they have to be refreshed.
        """
        place = self._place(pane)
        if place is None:
            return False
        _, background = pane.background_colors
        filters = pane.get_line_filters()
        left, top = pane.content_offset
        width, height = pane.scrollable_size  # the rest is scroll bars
        for row in rows:
            # Textual keeps what it painted, and this is newer.
            pane._styles_cache.set_dirty(Region(left, top + row, width, 1))
            if row < height:
                strip = pane.render_line(row).crop(0, width)
                for each in filters:
                    strip = strip.apply_filter(each, background)
                self._lines.append((place.y + top + row, place.x + left, strip))
        return True

    def take_frame(self, pane: Widget, y: int) -> bool:
        """Gather one row of the frame of a pane, counted from its upper edge, in the same way."""
        place = self._place(pane)
        if place is None:
            return False
        pane._styles_cache.set_dirty(Region(0, y, place.width, 1))
        self._frames[pane, y] = place
        return True

    def _place(self, pane: Widget) -> Region | None:
        """Return where a pane is, or `None` where that is for Textual to know."""
        if not self._gathers:
            return None  # somebody else than a drawing changes it
        place = self._known_place(pane)
        self.refused = self.refused or place is None
        return place

    def _known_place(self, pane: Widget) -> Region | None:
        """Return where a pane is, or `None` if it may be covered or move."""
        app, screen = pane.app, pane.screen
        try:
            moving = screen._layout_required or screen._scroll_required or app._batch_count
            visible, _ = screen._compositor.visible_widgets, pane._styles_cache.set_dirty
        except AttributeError:  # pragma: no cover (another Textual)
            return None
        if not KNOWN or moving or app.screen is not screen or app.is_inline:
            return None
        if visible is not self._visible:  # Textual makes another one whenever something moves
            self._visible, self._places = visible, {}
        size, place = self._places.get(pane, (None, None))
        if size != pane.size:
            place = _uncovered(pane, visible)
            self._places[pane] = (pane.size, place)
        return place


def _uncovered(pane: Widget, visible: dict[Widget, tuple[Region, Region]]) -> Region | None:
    """Return where a pane is, if all of it is seen but for scroll bars of its own.

    Args:
        pane: the one to look for.
        visible: the region and the clip of each widget, those in front first.
    """
    in_front: list[Region] = []
    for widget, (region, clip) in visible.items():
        if widget is pane:
            seen = clip.contains_region(region) and not any(map(region.overlaps, in_front))
            return region if seen else None
        if widget.parent is not pane:
            in_front.append(region.intersection(clip))
    return None
