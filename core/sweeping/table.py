"""The result of a sweep as tables of plain text."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bptui.core.errors import printable
from bptui.core.wording import counted

if TYPE_CHECKING:
    from bptui.core.sweeping.result import Pick, SettingResult, SweepResult, Validation


def format_sweep(sweep: "SweepResult") -> str:
    """Return how often each setting is solved, how fast, and where the rest ended."""
    shown = [each for each in sweep.settings if each.networks]
    parts = [heading(sweep)]
    if shown:
        parts.append(_outcomes(shown))
        if any(each.unsolved for each in shown):
            parts.append(_stuck(shown))
        validations = [(each, each.validation) for each in shown if each.validation is not None]
        if validations:
            parts.append(_validation(validations))
        parts.append(_picks(shown))
    return "\n\n".join(parts)


def heading(sweep: "SweepResult") -> str:
    """Return one line on what was trained, and one on what counts as solved."""
    plan, base = sweep.plan, sweep.plan.base
    assert base.epochs is not None
    first = "" if base.seed == 0 else f" from {base.seed}"
    seeds = f"{counted(plan.seeds, 'seed')}{first}"
    sizes = {each.configuration.layers for each in plan.settings}
    # Where there are several they are in the names of the settings.
    layers = f"{'-'.join(map(str, sizes.pop() or ()))} · " if len(sizes) == 1 else ""
    epochs = counted(base.epochs, "epoch")
    settings = f" x {len(plan.settings):,} settings" if len(plan.settings) > 1 else ""
    part = "" if sweep.complete else f", {sweep.networks:,} of them trained so far"
    solved = (
        "every sample on the right side, to the end"
        if base.until_cost is None
        else f"J not above {base.until_cost:g}"
    )
    first_line = f"{printable(plan.dataset.name)} · {layers}{seeds}{settings}{part} · {epochs}"
    return f"{first_line}\nsolved: {solved}"


def _outcomes(settings: Sequence["SettingResult"]) -> str:
    rows = [["", "solved", "95 % interval", "epochs: 10 %", "median", "90 %", "diverged"]]
    for each in settings:
        low, high = each.interval
        epochs = each.epochs_quantiles
        rows.append(
            [
                _name(each),
                percent(each.share),
                f"{100 * low:.1f} to {100 * high:.1f}",
                *(["-"] * 3 if epochs is None else [f"{epoch:,}" for epoch in epochs]),
                percent(each.diverged.mean()),
            ]
        )
    if not any(each.diverged.any() for each in settings):
        rows = [row[:-1] for row in rows]
    return _aligned(rows)


def _stuck(settings: Sequence["SettingResult"]) -> str:
    rows = [["", "where the rest end: share at J"]]
    for each in settings:
        places = [
            f"{percent(cluster.networks / each.networks)} at {cluster.median:.3g}"
            for cluster in each.stuck
        ]
        scattered = each.unsolved - sum(cluster.networks for cluster in each.stuck)
        if scattered:
            places.append(f"{percent(scattered / each.networks)} scattered")
        rows.append([_number(each), ", ".join(places) or "-"])
    return _aligned(rows, left=2)


def _validation(settings: Sequence[tuple["SettingResult", "Validation"]]) -> str:
    name = settings[0][1].name
    rows = [["", "validation J: 10 %", "median", "90 %", f"{name}: 10 %", "median", "90 %"]]
    for each, found in settings:
        costs = [f"{cost:.3g}" for cost in found.cost_quantiles or ()]
        shown = percent if name == "accuracy" else "{:.3f}".format
        scores = [shown(score) for score in found.score_quantiles or ()]
        rows.append([_number(each), *(costs or ["-"] * 3), *(scores or ["-"] * 3)])
    return _aligned(rows)


def _picks(settings: Sequence["SettingResult"]) -> str:
    rows = [["", "best seed", "J", "typical seed", "J"]]
    for each in settings:
        rows.append([_number(each), *_pick(each.best), *_pick(each.typical)])
    return _aligned(rows)


def _pick(pick: "Pick | None") -> tuple[str, str]:
    return ("-", "-") if pick is None else (str(pick.seed), f"{pick.cost:.3g}")


def _name(each: "SettingResult") -> str:
    """Return what tells a setting from others, and its number; nothing for the only one."""
    if not each.setting.varied:
        return ""
    return f"{each.setting.number} {printable(each.setting.name)}"


def _number(each: "SettingResult") -> str:
    return str(each.setting.number) if each.setting.varied else ""


def percent(share: float) -> str:
    """Return a share as a person reads it: `83.9 %`."""
    return f"{100 * share:.1f} %"


def _aligned(rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return rows in columns, the first `left` of them to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    if not widths[0]:
        lines = [line[2:] for line in lines]
    return "\n".join(f"  {line}".rstrip() for line in lines)
