"""A pane that draws its own lines and sends the terminal only what changed."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.color import BLACK, WHITE
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from bptui.tui.direct_lines import DirectLines
from bptui.tui.drawing.lines import (
    Line,
    Lines,
    TextLines,
    changed_columns,
    line_width,
    merged,
    plain,
)
from bptui.tui.drawing.symbols import UNICODE, Symbols
from bptui.tui.panes.ascii_scroll_bar import AsciiScrollBarRender

STYLES = (
    "dim",
    "strong",
    "good",
    "bad",
    "warning",
    "accent",
    "changing",
    "mark",
    "positive",
    "negative",
    "series1",
    "series2",
    "series3",
    "series4",
    "series5",
    "series6",
)
"""Names for the styles of spans. `heat1` to `heat8` and `heat-1` to `heat-8` are
shades of `positive` and `negative`; `weak NAME` and `strong NAME` vary any of them."""

HEAT_LEVELS = 8


class LinePane(ScrollView, can_focus=True):
    """Lines of styled text that scroll; the base of every pane."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"line-pane--{name}" for name in STYLES}

    DEFAULT_CSS = """
    LinePane {
        border: round $foreground 35%;
        border-title-color: $foreground;
        border-title-style: none;
        border-subtitle-color: $text-muted;
        scrollbar-size: 1 1;

        &:focus {
            border: round $primary;
        }
        &.-ascii {
            border: ascii $foreground 35%;
        }
        &.-ascii:focus {
            border: ascii $primary;
        }
        &.-boxes {
            border: solid $foreground 35%;
        }
        &.-boxes:focus {
            border: solid $primary;
        }
        &:ansi {
            border: round ansi_bright_black;
            border-title-color: ansi_default;
            border-subtitle-color: ansi_bright_black;
        }
        &:ansi:focus {
            border: round ansi_blue;
        }
        &.-ascii:ansi {
            border: ascii ansi_bright_black;
        }
        &.-ascii:ansi:focus {
            border: ascii ansi_blue;
        }
        &.-boxes:ansi {
            border: solid ansi_bright_black;
        }
        &.-boxes:ansi:focus {
            border: solid ansi_blue;
        }
        & > .line-pane--dim { color: $text-muted; }
        &:ansi > .line-pane--dim { color: ansi_default; text-style: dim; }
        & > .line-pane--strong { text-style: bold; }
        & > .line-pane--good { color: $text-success; text-style: bold; }
        & > .line-pane--bad { color: $text-error; text-style: bold; }
        & > .line-pane--warning { color: $text-warning; text-style: bold; }
        & > .line-pane--accent { color: $text-accent; }
        & > .line-pane--changing { color: $text-accent; text-style: bold; }
        & > .line-pane--mark { color: $text-secondary; }
        & > .line-pane--positive { color: $warning; }
        & > .line-pane--negative { color: $primary; }
        & > .line-pane--series1 { color: $text-primary; }
        & > .line-pane--series2 { color: $text-warning; }
        & > .line-pane--series3 { color: $text-success; }
        & > .line-pane--series4 { color: $text-error; }
        & > .line-pane--series5 { color: $text-secondary; }
        & > .line-pane--series6 { color: $foreground; }
    }
    """

    SCROLLS: ClassVar[bool] = True
    """Whether there may be more lines than room; a plot always has the size of its pane."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        """Make an empty pane."""
        super().__init__(id=id, classes=classes)
        self._source: Lines = TextLines()
        self._shown: dict[int, Line] = {}
        self._rich_styles: dict[str, Style] = {}
        self._titles: dict[str, Line] = {}
        self._title_region: Region | None = None

    @property
    def symbols(self) -> Symbols:
        """The characters of this terminal."""
        return getattr(self.app, "symbols", UNICODE)

    @property
    def _direct_lines(self) -> DirectLines | None:
        """What lines may be given to instead of being refreshed."""
        return getattr(self.app, "direct_lines", None)

    @property
    def shades(self) -> bool:
        """Whether colours are fine enough to tell the levels of a heat map."""
        app = self.app
        # A recording is for other terminals than this one.
        fine = app.is_headless or app.console.color_system not in ("standard", "windows")
        return self.symbols.unicode and fine and not app.no_color and not app.current_theme.ansi

    def on_mount(self) -> None:
        """Choose the frame and scroll bars that this terminal can show."""
        if not self.symbols.unicode:
            self.add_class(self.symbols.frame)
            self.vertical_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]
            self.horizontal_scrollbar.renderer = AsciiScrollBarRender  # type: ignore[misc]

    def show_lines(self, source: Lines) -> None:
        """Show other lines, painting again only the cells that differ."""
        self._source = source
        if self.SCROLLS:
            # Every change of the size is a layout, so a width that fits is not told.
            fits = source.width <= self.room(source.height).width
            size = Size(0 if fits else source.width, source.height)
            if size != self.virtual_size:
                self.virtual_size = size
        left, top = self.cells_out, self.scroll_offset.y
        before, self._shown = self._shown, {}
        changed: dict[int, Line | None] = {}
        for y in range(self.size.height):
            old = before.get(top + y)
            if self._line(top + y) != old:
                changed[y] = old
        direct = self._direct_lines
        if not changed or (direct is not None and direct.take(self, changed)):
            return
        regions: list[Region] = []
        for y, old in changed.items():
            if old is None:
                regions.append(Region(0, y, self.size.width, 1))
                continue
            for first, end in changed_columns(old, self._line(top + y)):
                start, stop = max(0, first - left), min(self.size.width, end - left)
                if start < stop:
                    regions.append(Region(start, y, stop - start, 1))
        if regions:
            self.refresh(*regions)

    def set_title(self, *spans: tuple[str, str]) -> None:
        """Show a title in the frame; the text is no markup."""
        self._set_border_text("border_title", spans)

    def set_subtitle(self, *spans: tuple[str, str]) -> None:
        """Show a second title in the lower edge of the frame, if there is room for it whole."""
        spelled = tuple((self.symbols.text(text), style) for text, style in spans)
        fits = line_width(spelled) <= self.title_width
        self._set_border_text("border_subtitle", spelled if fits else ())

    def room(self, lines: int = 0) -> Size:
        """Return the cells there are for so many lines, once scroll bars are where they belong."""
        gutter = self.styles.gutter
        width, height = self.outer_size
        width, height = width - gutter.width, height - gutter.height
        if self.SCROLLS and lines > height:
            width -= self.styles.scrollbar_size_vertical
        return Size(max(0, width), max(0, height))

    def goes_on_below(self, lines: int) -> bool:
        """Return whether any of so many lines are below those that are seen."""
        return self.scroll_offset.y + self.room().height < lines

    @property
    def cells_out(self) -> int:
        """Cells of every line that are scrolled out."""
        return self.scroll_offset.x

    @property
    def title_width(self) -> int:
        """Cells there are for a title."""
        return max(0, self.outer_size.width - 6)

    def render_line(self, y: int) -> Strip:
        """Return one row of the screen."""
        left, top = self.cells_out, self.scroll_offset.y
        width = self.size.width
        base = self._style("")
        segments = [Segment(text, self._style(style)) for text, style in self._line(top + y)]
        return Strip(segments).crop_extend(left, left + width, base)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "LinePane":
        """Repaint; while a title is being set, its part of the frame alone."""
        if self._title_region is not None and not regions and not layout and not recompose:
            direct = self._direct_lines
            row = self._title_region.y + self.content_offset.y
            if direct is not None and direct.take_frame(self, row):
                return self
            regions = (self._title_region,)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        """Forget the colours of the theme before."""
        self._rich_styles.clear()
        super().notify_style_update()
        # The component classes get their new styles after this.
        self.call_after_refresh(self._color_titles)

    def _color_titles(self) -> None:
        if not self.is_attached:  # its screen was closed meanwhile
            return
        for name, line in self._titles.items():
            content, old = self._border_content(line), getattr(self, f"_{name}")
            # Contents are equal when their texts are, whatever their colours.
            if content is not None and (old is None or content.spans != old.spans):
                setattr(self, name, content)

    def _line(self, index: int) -> Line:
        line = self._shown.get(index)
        if line is None:
            line = self._source.line(index) if index < self._source.height else ()
            symbols = self.symbols
            line = merged(
                (text if symbols.can_show(text) else symbols.text(text), style)
                for text, style in line
                if text
            )
            if len(self._shown) > 4 * self.size.height + 64:
                self._shown.clear()
            self._shown[index] = line
        return line

    def _set_border_text(self, name: str, spans: Line) -> None:
        if not self.is_mounted:
            return  # it has no colours yet, and is laid out once it has
        symbols = self.symbols
        line = tuple((symbols.text(text), style) for text, style in spans if text)
        old = self._titles.get(name, ())
        if old == line:
            return
        self._titles[name] = line
        # The setter of a border title repaints the whole pane.
        self._title_region = self._border_region(name, old, line)
        try:
            setattr(self, name, self._border_content(line))
        finally:
            self._title_region = None

    def _border_content(self, line: Line) -> Content | None:
        """Return a title in the colours of the present theme, which a frame cannot look up."""
        if not plain(line):
            return None
        return Content.assemble(
            *(
                (text, self.get_visual_style(f"line-pane--{style}")) if style else text
                for text, style in line
            )
        )

    def _border_region(self, name: str, old: Line, new: Line) -> Region | None:
        """Return the part of the frame that changes, relative to the content."""
        outer = self.outer_size
        if not outer or not self.is_mounted:
            return None
        stretches = changed_columns(old, new) or [(0, 0)]
        first, end = stretches[0][0], stretches[-1][1]
        # A corner, a line and a blank come before a title, and after a second title.
        margin = 3
        y = 0
        if name == "border_subtitle":
            y = outer.height - 1
            widest = max(line_width(old), line_width(new))
            if line_width(old) != line_width(new):
                first, end = 0, widest
            first, end = (column + outer.width - 2 * margin - widest for column in (first, end))
        start, stop = max(0, first + margin - 1), min(outer.width, end + margin + 2)
        offset = self.content_offset
        return Region(start - offset.x, y - offset.y, max(1, stop - start), 1)

    def _style(self, name: str) -> Style:
        style = self._rich_styles.get(name)
        if style is None:
            style = self._rich_styles[name] = self._make_style(name)
        return style

    def _make_style(self, name: str) -> Style:
        if name.startswith("weak "):
            return self._style(name.removeprefix("weak ")) + Style(dim=True, bold=False)
        if name.startswith("strong "):
            return self._style(name.removeprefix("strong ")) + Style(bold=True)
        if name.startswith("reverse "):
            return self._style(name.removeprefix("reverse ")) + Style(reverse=True, bold=True)
        if name.startswith("heat"):
            level = int(name.removeprefix("heat"))
            sign = "positive" if level > 0 else "negative"
            visual = self.get_visual_style(f"line-pane--{sign}")
            share = abs(level) / HEAT_LEVELS
            background, foreground = visual.background or BLACK, visual.foreground or WHITE
            colour = background.blend(foreground, 0.1 + 0.9 * share)
            return self._style("") + Style(color=colour.rich_color)
        if not name:
            return self.get_visual_style().rich_style
        return self.get_visual_style(f"line-pane--{name}").rich_style


def blank_source(*lines: str) -> TextLines:
    """Return dim lines of text, for a pane that has nothing else to show."""
    return TextLines(tuple(((line, "dim"),) for line in lines))
