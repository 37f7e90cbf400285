"""One phase of the next step: its sentence, its formula and its matrices."""

from textual.message import Message

from bptui.core.snapshot import Phased, Snapshot
from bptui.core.training.phases import StepPhases, phases_of
from bptui.tui.drawing.lines import Line, that_fit, wrapped
from bptui.tui.drawing.page_lines import PageLines
from bptui.tui.drawing.phase_pages import page
from bptui.tui.panes.columns_pane import ColumnsPane
from bptui.tui.panes.line_pane import blank_source


class PhasesPane(ColumnsPane):
    """Draws the phase that the screen is at."""

    def __init__(self) -> None:
        """Begin with the first phase."""
        super().__init__()
        self.place = 0
        """Of the phase that is shown, from 0."""
        self._over: Phased | None = None
        """What is no longer to be shown: that of a step which was taken."""

    def on_mount(self) -> None:
        """Say anew, whenever the pane is scrolled, whether there is more below."""
        self.watch(self, "scroll_y", self.redraw, init=False)

    @property
    def phased(self) -> Phased | None:
        """What there is to be seen of the next step; `None` until it is known."""
        phased = None if self.snapshot is None else self.snapshot.phased
        return None if phased is self._over else phased

    class Turned(Message):
        """An arrow wants another phase, since there is nothing to scroll that way."""

        def __init__(self, *, forward: bool) -> None:
            """Say which way."""
            super().__init__()
            self.forward = forward

    def action_scroll_right(self) -> None:
        """Scroll, or go to the next phase where everything is to be seen."""
        self._turn_or_scroll(forward=True)

    def action_scroll_left(self) -> None:
        """Scroll, or go to the phase before where everything is to be seen."""
        self._turn_or_scroll(forward=False)

    def _turn_or_scroll(self, *, forward: bool) -> None:
        if not self.max_scroll_x:
            self.post_message(self.Turned(forward=forward))
        elif forward:
            super().action_scroll_right()
        else:
            super().action_scroll_left()

    def wait(self) -> None:
        """Show nothing until there is something new."""
        self._over = None if self.snapshot is None else self.snapshot.phased

    def turn_to(self, place: int) -> None:
        """Show another phase from its beginning."""
        self.place = place
        self.scroll_to(0, 0, animate=False, force=True)
        self.redraw()

    def draw(self, snapshot: Snapshot) -> None:
        """Show the phase, or why there is none."""
        phased, symbols, (width, height) = self.phased, self.symbols, self.room()
        if phased is None or phased.phases is None:
            self.set_title(("One epoch in phases", ""))
            self.set_subtitle(("Esc closes", "dim"))
            if phased is not None or self._over is None:
                why = "taking the next step apart" if phased is None else phased.why_not
                self.show_lines(blank_source(*wrapped(symbols.text(why), width)))
            return
        step = phased.phases
        phases = phases_of(len(step.thetas))
        phase = phases[self.place]
        shown = page(phase, step, snapshot.description, symbols)
        fault = snapshot.fault if phase.kind in step.faulty else None
        self._show_title(f"Phase {self.place + 1} of {len(phases)}", shown.title, step, fault)
        scrolled = self.scroll_offset.x
        lines = PageLines(shown, width, symbols, scrolled, blanks=True)
        if lines.height > height:
            lines = PageLines(shown, width, symbols, scrolled)
        if lines.height > height:
            lines = PageLines(shown, self.room(lines.height).width, symbols, scrolled)
        more = "Down: more" if self.goes_on_below(lines.height) else ""
        self._show_keys(len(phases), "arrows: more" if scrolled < lines.most_scrolled else more)
        self.show_lines(lines)

    def _show_title(self, where: str, title: str, step: StepPhases, fault: str | None) -> None:
        parts: list[Line] = [((f"{where}  ", ""), (title, "accent"))]
        if fault is not None:
            parts.append(((f"{self.symbols.fail} fault: {fault}", "bad"),))
        epoch = f"epoch {step.epoch + 1:,}"
        if step.batches > 1:
            epoch += f", batch {step.batch + 1:,} of {step.batches:,}"
        parts.append(((epoch, "dim"),))
        spelled = [
            tuple((self.symbols.text(text), style) for text, style in part) for part in parts
        ]
        self.set_title(*that_fit(spelled, self.title_width, ["  "] * (len(parts) - 1)))

    def _show_keys(self, phases: int, more: str) -> None:
        after = "S trains this epoch" if self.place + 1 == phases else "S next"
        for back in ("Backspace: back" if self.place else "", ""):
            keys = filter(None, (after, back, more, "Esc closes"))
            text = self.symbols.text(self.symbols.separator.join(keys))
            if len(text) <= self.title_width:
                break
        self.set_subtitle((text, "dim"))
