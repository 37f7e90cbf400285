"""Frames as SVG: one as a still, several as a picture that moves by CSS alone."""

import re
from collections import Counter
from collections.abc import Sequence
from html import escape

from rich.cells import cell_len

from bptui.tui.picture.frame import Frame, Look, Row

_WIDTH, _HEIGHT, _BASELINE, _MARGIN = 8.4, 17, 13, 12
"""Of a cell, and around the screen, in pixels, for letters of 14 pixels."""
_FONTS = "ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace"
_FOREGROUND, _BACKGROUND = "#e0e0e0", "#121212"
"""Where a cell has the terminal's own colours."""
_GAP = re.compile(r" {2,}")

TimedFrames = Sequence[tuple[float, Frame]]


def svg(frames: TimedFrames, seconds: float, title: str) -> bytes:
    """Return an SVG that shows `frames` one after the other, again and again.

    Args:
        frames: each from when on it is shown; one alone makes a still. All of one size.
        seconds: when it begins again.
        title: for those who cannot see it.
    """
    first = frames[0][1]
    columns = max(cell_len("".join(text for text, _ in row)) for row in first)
    width = round(columns * _WIDTH + 2 * _MARGIN)
    height = len(first) * _HEIGHT + 2 * _MARGIN
    paint = _Paint(frames)
    rows = [_row_over_time(y, frames, paint) for y in range(len(first))]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img">',
            f"<title>{escape(title)}</title>",
            "<style>",
            f"text{{font:14px {_FONTS};white-space:pre}}",
            *paint.rules(seconds),
            "</style>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{paint.background}"/>',
            f'<g transform="translate({_MARGIN} {_MARGIN})">',
            *(line for lines in rows for line in lines),
            "</g>",
            "</svg>",
            "",
        )
    ).encode()


class _Paint:
    """Classes of the style sheet, made as they are asked for."""

    def __init__(self, frames: TimedFrames) -> None:
        backgrounds: Counter[str] = Counter()
        for row in frames[-1][1]:
            for text, look in row:
                backgrounds[look.background or _BACKGROUND] += len(text)
        self.background = backgrounds.most_common(1)[0][0]
        self._looks: dict[tuple[str, str], str] = {}
        self._times: dict[tuple[float, float | None], str] = {}

    def look(self, look: Look) -> str:
        """Return the class of text that looks so."""
        rule = f"fill:{look.foreground or _FOREGROUND}"
        for on, more in (
            (look.bold, "font-weight:bold"),
            (look.dim, "opacity:.6"),
            (look.italic, "font-style:italic"),
            (look.underline, "text-decoration:underline"),
        ):
            if on:
                rule += f";{more}"
        return self._looks.setdefault((rule, ""), f"c{len(self._looks)}")

    def shown(self, start: float, end: float | None) -> str:
        """Return the class of what is shown from `start` to `end`, `None` for the end."""
        return self._times.setdefault((start, end), f"t{len(self._times)}")

    def rules(self, seconds: float) -> list[str]:
        """Return the style sheet."""
        rules = [f".{name}{{{rule}}}" for (rule, _), name in self._looks.items()]
        for (start, end), name in self._times.items():
            steps = {0.0: "hidden", start: "visible"}
            if end is not None:
                steps[end] = "hidden"
            frames = "".join(
                f"{100 * at / seconds:.4g}%{{visibility:{what}}}" for at, what in steps.items()
            )
            # Where nothing moves, the last frame is what is seen.
            still = "" if end is None else "visibility:hidden;"
            rules.append(f"@keyframes {name}{{{frames}}}")
            rules.append(f".{name}{{{still}animation:{name} {seconds:g}s step-end infinite}}")
        return rules


def _row_over_time(y: int, frames: TimedFrames, paint: _Paint) -> list[str]:
    """Return row `y` in all that it is one after the other."""
    versions: list[tuple[float, Row]] = []
    for start, frame in frames:
        if not versions or versions[-1][1] != frame[y]:
            versions.append((start, frame[y]))
    lines: list[str] = []
    ends = [*(start for start, _ in versions[1:]), None]
    for (start, row), end in zip(versions, ends, strict=True):
        drawn = _row(y, row, paint)
        if len(versions) > 1 and drawn:
            drawn = f'<g class="{paint.shown(start, end)}">{drawn}</g>'
        lines.append(drawn)
    return lines


def _row(y: int, row: Row, paint: _Paint) -> str:
    top, x = y * _HEIGHT, 0
    backgrounds, texts = "", ""
    for text, look in row:
        cells = cell_len(text)
        background = look.background or _BACKGROUND
        if background != paint.background:
            backgrounds += (
                f'<rect x="{x * _WIDTH:g}" y="{top}" width="{cells * _WIDTH:g}" '
                f'height="{_HEIGHT}" fill="{background}"/>'
            )
        place = 0
        for gap in (*_GAP.finditer(text), None):
            words = text[place : gap.start() if gap else None]
            if words.strip():
                start = x + cell_len(text[:place])
                texts += (
                    f'<text x="{start * _WIDTH:g}" y="{top + _BASELINE}" class="{paint.look(look)}"'
                    f' textLength="{cell_len(words) * _WIDTH:g}">{escape(words)}</text>'
                )
            place = gap.end() if gap else place
        x += cells
    return backgrounds + texts
