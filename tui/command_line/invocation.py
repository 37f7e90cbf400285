"""What a command line asks for, with its preset and its `--config` file taken in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from bptui.core.configuration import Configuration
from bptui.core.errors import InputError, printable
from bptui.core.runs.state_directory import latest_run, runs_by_age
from bptui.tui.command_line import names
from bptui.tui.command_line.choices import (
    DEFAULT_SWEEP_FOLDER,
    CheckChoices,
    DemoChoices,
    RunChoices,
    ServeChoices,
    SweepChoices,
    TrainChoices,
)
from bptui.tui.command_line.options import BY_KEY, OPTIONS, options_of
from bptui.tui.command_line.parser import Arguments
from bptui.tui.command_line.presets import PRESETS
from bptui.tui.command_line.words import without_options

CONFIGURED = tuple(field.name for field in fields(Configuration))
_OF_MODELS = (
    *("seed", "optimizer", "learning_rate", "epochs", "until_cost", "method", "epsilon"),
    *("after", "values", "sweep_epsilon", "json", "check", "check_share", "speed", "fps"),
    "theme",
    *("blas_threads", "host", "port", "visitors"),
    *("run", "resume", "checkpoint_every", "keep_training"),
)
"""Options that make sense with somebody's own model file."""
_NOT_SWEPT = ("values", "method", "epsilon")
"""Options that mean nothing beside `--sweep-epsilon`."""
_SERVING = ("host", "port", "visitors")
"""Options of `serve` that are about no run."""
_RESUMED = ("epochs", "learning_rate", "patience")
"""Fields of a configuration that a resumed run may be given anew."""
_SWEPT = tuple(option.key for option in OPTIONS if option.swept)


def gather(arguments: Arguments) -> dict[str, Any]:
    """Return the values of all options that count, by `Option.key`.

    What is on the command line beats the file, which beats the preset.

    Raises:
        InputError: the file cannot be used, or options contradict each other.
    """
    file = Path(arguments.values["config"]) if "config" in arguments.values else None
    from_file: dict[str, Any] = {}
    if file:
        from bptui.tui.command_line.config_file import read_config_file

        from_file = read_config_file(file, arguments.command)
    mine = {option.key for option in options_of(arguments.command)}
    sweeping = arguments.command == "sweep"
    if sweeping and file:
        _refuse_what_is_not_swept(from_file, file)
    from_file = {key: value for key, value in from_file.items() if key in mine}
    explicit = {key: value for key, value in arguments.values.items() if key != "config"}
    for level in (from_file, explicit):
        refuse_contradictions(level)
    merged = _over(from_file, explicit)
    if sweeping and merged.get("screen") and merged.get("json"):
        raise InputError("--screen: charts and JSON do not go together; leave one of them out")
    if sweeping and "theme" in explicit and not merged.get("screen"):
        raise InputError("--theme: it is for the screen of a sweep; give --screen too")
    if "workers" in merged and "scheduler" in merged:
        raise InputError("--workers: the scheduler has workers of its own; leave one of them out")
    if "resume" in merged:
        _refuse_settings(merged, () if sweeping else _RESUMED)
    if merged.get("sweep_epsilon"):
        for key in _NOT_SWEPT:
            if key in explicit:
                raise InputError(
                    f"--{BY_KEY[key].name}: --sweep-epsilon compares all differences at many ε and "
                    "shows no gradient; leave one of the two out"
                )
    chosen = with_preset(merged, swept=sweeping)
    schedules = chosen.get("schedule", "constant")
    if "schedule_epochs" in explicit and schedules in ("constant", ("constant",)):
        raise InputError(
            "--schedule-epochs: η stays as it is; choose its course too, --schedule step or cosine"
        )
    return {key: value for key, value in chosen.items() if key in mine}


def refuse_contradictions(values: Mapping[str, Any]) -> None:
    """Check that `values`, all from one place, do not contradict each other.

    Raises:
        InputError: they do.
    """
    if "layers" in values and "hidden" in values:
        raise InputError("--layers and --hidden say the same twice; give one of them")


def with_preset(values: Mapping[str, Any], *, swept: bool = False) -> dict[str, Any]:
    """Return `values` laid over those of the preset that they name, if any.

    With `swept` a value of an option that takes several is one of several.
    """
    preset = PRESETS[values["preset"]] if "preset" in values else {}
    if swept:
        preset = {key: (value,) if key in _SWEPT else value for key, value in preset.items()}
    return _over(preset, values)


def refuse_settings_of_networks(values: Mapping[str, Any]) -> None:
    """Check that `values` make sense together with somebody's own model file.

    Raises:
        InputError: one of them is about data or a network of bptui's own.
    """
    if values.get("sweep_epsilon"):
        raise InputError(
            "--sweep-epsilon: steps are compared on bptui's own networks alone; leave it or the "
            "model file out"
        )
    for key in sorted(values, key=lambda key: key != "preset"):
        if key not in _OF_MODELS:
            option = BY_KEY[key]
            reason = "it is for bptui's own networks alone"
            if option.group in ("Data", "Network", "Settings"):
                reason = "a model file has parameters, data and a cost of its own"
            raise InputError(f"--{option.name}: {reason}; leave this option out")


def configuration_of(values: Mapping[str, Any]) -> Configuration:
    """Return the configuration that `values` make."""
    return Configuration(**{key: values[key] for key in CONFIGURED if key in values})


def sweep_of(values: Mapping[str, Any]) -> tuple[Configuration, dict[str, tuple[Any, ...]]]:
    """Return the configuration that all settings of a sweep share, and the values to try."""
    axes = {key: values[key] for key in _SWEPT if key in values}
    return configuration_of({key: values[key] for key in values if key not in axes}), axes


def run_choices(
    values: Mapping[str, Any], arguments: Sequence[str], model: Path | None = None
) -> RunChoices:
    """Return the choices of `bptui run` among `values`, of a network or a model file."""
    resume, folder = _folders(values, _latest_of(model))
    return RunChoices(
        speed=values.get("speed"),
        speed_given="speed" in values,
        run_folder=folder,
        resume=resume,
        check=values.get("check", True),
        check_share=values.get("check_share", names.CHECK_SHARE),
        checkpoint_every=values.get("checkpoint_every", names.CHECKPOINT_SECONDS),
        keep_training=values.get("keep_training", False),
        fps=values.get("fps"),
        theme=values.get("theme"),
        command_line=("bptui", *arguments),
    )


def train_choices(
    values: Mapping[str, Any], arguments: Sequence[str], model: Path | None = None
) -> TrainChoices:
    """Return the choices of `bptui train` among `values`, of a network or a model file."""
    resume, folder = _folders(values, _latest_of(model))
    # What nobody sees and nothing keeps would be trained in vain.
    kept = "checkpoint_every" in values or values.get("keep_training", False)
    return TrainChoices(
        json=values.get("json", False),
        run_folder=folder,
        saved=folder is not None or kept,
        resume=resume,
        checkpoint_every=values.get("checkpoint_every", names.CHECKPOINT_SECONDS),
        keep_training=values.get("keep_training", False),
        command_line=("bptui", *arguments),
    )


def sweep_choices(values: Mapping[str, Any], arguments: Sequence[str]) -> SweepChoices:
    """Return the choices of `bptui sweep` among `values`."""
    resume, folder = _folders(values, _last_sweep)
    return SweepChoices(
        seeds=values.get("seeds"),
        json=values.get("json", False),
        screen=values.get("screen", False),
        theme=values.get("theme"),
        csv=values.get("csv"),
        workers=values.get("workers"),
        scheduler=values.get("scheduler"),
        run_folder=folder,
        resume=resume,
        command_line=("bptui", *arguments),
    )


def check_choices(values: Mapping[str, Any]) -> CheckChoices:
    """Return the choices of `bptui check` among `values`."""
    return CheckChoices(
        after=values.get("after", 0),
        json=values.get("json", False),
        values=values.get("values", False),
        sweep_epsilon=values.get("sweep_epsilon", False),
    )


def serve_choices(values: Mapping[str, Any], arguments: Sequence[str]) -> ServeChoices:
    """Return the choices of `bptui serve` among `values`.

    Raises:
        InputError: what is watched is trained elsewhere, and options of a run were given.
    """
    words = ("run", *without_options(arguments[1:], *(f"--{name}" for name in _SERVING)))
    watched: Path | None = values.get("watch")
    if watched is not None:
        for key in values:
            if key not in (*_SERVING, "watch"):
                raise InputError(
                    f"--{BY_KEY[key].name}: the run that --watch shows has settings of its own; "
                    "leave this option out"
                )
        words = ("watch", str(watched.absolute()))
    return ServeChoices(
        host=values.get("host", names.HOST),
        port=values.get("port", names.PORT),
        visitors=values.get("visitors", names.VISITORS),
        watched=watched,
        words=words,
    )


def demo_choices(arguments: Arguments, words: Sequence[str]) -> DemoChoices:
    """Return the choices of `bptui demo` in `arguments`."""
    values = arguments.values
    return DemoChoices(
        script=arguments.script,
        record=values.get("record"),
        svg=values.get("svg"),
        animate=values.get("animate", False),
        size=values.get("size"),
        seed=values.get("seed"),
        theme=values.get("theme"),
        command_line=("bptui", *words),
    )


def _over(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """Return `lower` with `upper` laid over it, and without what `upper` makes meaningless."""
    merged = dict(lower)
    for key, displaced in (("layers", "hidden"), ("hidden", "layers")):
        if key in upper:
            merged.pop(displaced, None)
    if upper.get("method") == "complex":
        merged.pop("epsilon", None)
    return merged | dict(upper)


def _refuse_what_is_not_swept(values: Mapping[str, Any], file: Path) -> None:
    for key in ("patience", "fault"):
        if key in values:
            raise InputError(
                f"{printable(file)}, {BY_KEY[key].name}: a sweep trains right networks to the "
                "end; leave this option out"
            )


def _refuse_settings(values: Mapping[str, Any], but: Sequence[str]) -> None:
    for key in values:
        if key == "preset" or (key in CONFIGURED and key not in but):
            raise InputError(
                f"--{BY_KEY[key].name}: a resumed run keeps the settings it has; "
                "leave this option out"
            )


def _latest_of(model: Path | None) -> Callable[[], Path | None]:
    """Return what finds the run that was saved last, of a model file if one is named."""
    if model is None:
        return latest_run

    def latest() -> Path | None:
        from bptui.core.runs.saving import last_run_of  # it needs NumPy

        return last_run_of(model.name, runs_by_age())

    return latest


def _last_sweep() -> Path:
    from bptui.core.sweeping import last_sweep  # it needs NumPy

    return last_sweep(DEFAULT_SWEEP_FOLDER)


def _folders(
    values: Mapping[str, Any], latest: Callable[[], Path | None] = latest_run
) -> tuple[Path | None, Path | None]:
    """Return the folder to resume and the folder to save in.

    Args:
        values: of the options.
        latest: says what to resume where no folder is named.
    """
    folder: Path | None = values.get("run")
    resume = values.get("resume")
    if resume is True:
        resume = folder or latest()
        if resume is None:
            raise InputError(
                "--resume: no run can be resumed, for none was left unfinished; "
                "name its folder, --resume FOLDER"
            )
    return resume or None, folder or resume or None
