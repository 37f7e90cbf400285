"""Each phase of a step as a page: what happens and why, the formula, and the matrices in it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from bptui.core.activations import LEAKY_SLOPE
from bptui.core.check import theta_name
from bptui.core.snapshot import Description
from bptui.core.training.phases import MOST_ROWS, MOST_SAMPLES, Excerpt, Phase, StepPhases
from bptui.core.wording import counted
from bptui.tui.drawing.matrices import Matrix, unit_names
from bptui.tui.drawing.numbers import axis_number, significant
from bptui.tui.drawing.symbols import Symbols

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

_FUNCTIONS = {"sigmoid": "σ", "linear": ""}
"""How a formula names an activation, where not by its own name."""
_SLOPES = {
    "sigmoid": "{a} ∘ (1 − {a})",
    "tanh": "1 − {a} ∘ {a}",
    "relu": "1 where {a} > 0, else 0",
    "leaky-relu": f"1 where {{a}} > 0, else {LEAKY_SLOPE}",
    "softplus": "1 − exp(−{a})",
    "linear": "1",
}
_COSTS = {
    ("mse", "*"): "1/(N·K) Σ (ŷ − y)²",
    ("cross-entropy", "sigmoid"): "−1/N Σ [y ln ŷ + (1 − y) ln(1 − ŷ)]",
    ("cross-entropy", "softmax"): "−1/N Σ y ln ŷ",
}
_STEPS = {
    "momentum": "v ← 0.9 v + ∂J/∂Θ,  Θ ← Θ − η v",
    "nesterov": "v ← 0.9 v + ∂J/∂Θ,  Θ ← Θ − η (∂J/∂Θ + 0.9 v)",
    "rmsprop": "s ← 0.9 s + 0.1 (∂J/∂Θ)²,  Θ ← Θ − η ∂J/∂Θ / (√s + 1e-8)",
    "adam": "Θ ← Θ − η m / (√s + 1e-8),  m and s: running means of ∂J/∂Θ and its square, "
    "made up for their start at 0",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What is to be seen of one phase."""

    title: str
    sentence: str
    formulas: tuple[str, ...]
    groups: tuple[tuple[Matrix, ...], ...]
    """Matrices; those of a group belong side by side."""
    left_out: str = ""
    """One sentence on what is not shown of them."""


def page(phase: Phase, step: StepPhases, description: Description, symbols: Symbols) -> Page:
    """Return the page of `phase`; its words are not spelled for the terminal yet."""
    return _Pages(step, description, symbols).page(phase)


class _Pages:
    def __init__(self, step: StepPhases, description: Description, symbols: Symbols) -> None:
        self._step, self._about, self._symbols = step, description, symbols
        self._last = len(step.thetas)
        """Of the layers, from 0."""
        self._excerpts: list[Excerpt] = []

    def page(self, phase: Phase) -> Page:
        makers: dict[str, Callable[[int], Page]] = {
            "forward": self._forward,
            "cost": self._cost,
            "output_delta": self._output_delta,
            "hidden_delta": self._hidden_delta,
            "layer_gradient": self._layer_gradient,
            "update": self._update,
        }
        made = makers[phase.kind](phase.layer)
        left_out = ""
        if not all(excerpt.whole for excerpt in self._excerpts):
            left_out = (
                f"Of every matrix the first {MOST_ROWS} rows and columns are shown at most, "
                f"and {MOST_SAMPLES} samples."
            )
        return Page(made.title, made.sentence, made.formulas, made.groups, left_out)

    def _forward(self, layer: int) -> Page:
        above, name = self._a(layer + 1), self._function(layer + 1)
        inner = f"{theta_name(layer)} {self._a(layer)}"
        formula = f"{above} = {name}({inner})" if name else f"{above} = {inner}"
        where = "the output" if layer + 1 == self._last else f"layer {layer + 2}"
        sentence = (
            "Forward propagation: every unit adds up what comes in, times its weights. "
            f"The row of ones brings in its bias, the first column of {theta_name(layer)}."
        )
        if layer == 0:
            sentence += f" {self._a(0)} is the input."
        if name:
            sentence += f" {name} of the sum is its activation."
        matrices = self._activations(layer), self._theta(layer), self._activations(layer + 1)
        return Page(f"Forward to {where}", sentence, (formula,), (matrices,))

    def _cost(self, _: int) -> Page:
        step, about = self._step, self._about
        formula = _COSTS.get((about.cost, "*")) or _COSTS.get((about.cost, about.output), "")
        value = f"J = {significant(step.cost, 6)}"
        formulas = [f"J = {formula}" if formula else "", self._sizes()]
        if step.penalty:
            formulas[0] += " + λ/(2N) Σ w·w, w all weights but the biases"
            value += (
                f" = {significant(step.cost - step.penalty_cost, 6)} of the outputs"
                f" + {significant(step.penalty_cost, 6)} of the penalty"
            )
        of_batch = " of the batch" if step.batches > 1 else ""
        return Page(
            "Cost",
            f"J says in one number how wrong the outputs ŷ are, of all samples{of_batch} together: "
            "what training is to make smaller.",
            (*filter(None, formulas), value),
            (
                (
                    self._activations(self._last),
                    self._targets(),
                    self._errors(),
                ),
            ),
        )

    def _output_delta(self, _: int) -> Page:
        last, error = self._last, "(ŷ − y)"
        delta, z = self._delta(last), f"z{_superscript(last + 1)}"
        slope = f"{self._function(last)}′({z})"
        matrices = [self._errors()]
        formulas = [f"{delta} = 2/(N·K) {error}"]
        why = f"{delta} is ∂J/∂{z}: how J changes with the sum that every output is made of."
        if self._about.cost == "cross-entropy":
            formulas = [f"{delta} = {error} / N"]
            why += " The slope of the output cancels against that of the logarithm in J."
        elif self._step.slopes[-1] is not None:
            formulas = [f"{formulas[0]} ∘ {slope}", self._slope(last, slope)]
            why += " The slope of the output's activation is in it: where that is flat, δ is small."
            matrices.append(self._layer_samples(slope, self._step.slopes[-1], last))
        elif self._about.output == "softmax":
            formulas = [f"{delta} = ŷ ∘ (g − Σ ŷ ∘ g),  g = 2/(N·K) {error}"]
            why += " Softmax ties the outputs of a sample together: the sum is over them."
        matrices.append(self._deltas(last))
        return Page(
            "δ of the output", why, (*filter(None, formulas), self._sizes()), (tuple(matrices),)
        )

    def _hidden_delta(self, layer: int) -> Page:
        delta, above, theta = self._delta(layer), self._delta(layer + 1), theta_name(layer)
        slope = f"{self._function(layer)}′(z{_superscript(layer + 1)})"
        formula = f"{delta} = ({theta})ᵀ {above}"
        matrices = [self._theta(layer), self._deltas(layer + 1)]
        formulas = [formula]
        slopes = self._step.slopes[layer - 1]
        if self._function(layer) and slopes is not None:
            formulas = [f"{formula} ∘ {slope}", self._slope(layer, slope)]
            matrices.append(self._layer_samples(slope, slopes, layer))
        matrices.append(self._deltas(layer))
        return Page(
            f"δ of layer {layer + 1}",
            "Backpropagation: δ goes back the way the activations came. A unit gets that of every "
            "unit it feeds, times the weight between them, and times its own slope. The biases, "
            "which no unit feeds, are left out.",
            tuple(filter(None, formulas)),
            (tuple(matrices),),
        )

    def _layer_gradient(self, layer: int) -> Page:
        step, theta = self._step, theta_name(layer)
        gradient = f"∂J/∂{theta}"
        product = f"{self._delta(layer + 1)} ({self._a(layer)})ᵀ"
        formulas = [f"{gradient} = {product}"]
        matrices = [self._deltas(layer + 1), self._activations(layer)]
        sentence = (
            "How J changes with every weight: the δ of its unit times what came in through it, "
            "added up over the samples."
        )
        if step.penalty:
            term = f"λ/N {theta}"
            formulas = [
                f"{gradient} = {product} + {term}, biases left out",
                f"λ/N = {axis_number(step.penalty)}",
            ]
            sentence += " The penalty pulls every weight towards 0."
            matrices += [
                self._of_theta(product, step.products[layer], layer),
                self._of_theta(term, step.penalties[layer], layer),
            ]
        matrices.append(self._of_theta(gradient, step.gradients[layer], layer))
        return Page(f"Gradient of {theta}", sentence, tuple(formulas), (tuple(matrices),))

    def _update(self, _: int) -> Page:
        step = self._step
        plain = step.optimizer == "sgd"
        formulas = [
            "Θ ← Θ − η ∂J/∂Θ" if plain else f"{step.optimizer}: {_STEPS.get(step.optimizer, '')}"
        ]
        formulas.append(f"η = {axis_number(step.learning_rate)}")
        if step.clip_norm is not None and math.isfinite(step.gradient_norm):
            clipped = step.gradient_norm > step.clip_norm
            formulas.append(
                f"‖∂J/∂Θ‖ = {significant(step.gradient_norm)}, "
                f"{'shortened to' if clipped else 'not above'} {axis_number(step.clip_norm)}"
            )
        if step.weight_decay:
            formulas.append(
                f"weights also lose η·{axis_number(step.weight_decay)} of themselves, biases do not"
            )
        sentence = "Every Θ moves against its gradient, all of them at once."
        if not plain:
            sentence += f" How far, {step.optimizer} decides from this and earlier gradients."
        rest = step.batches - step.batch - 1
        if not math.isfinite(step.cost):
            sentence += " J is no finite number, and so this step will not be taken."
        elif rest:
            others = "the other batch" if rest == 1 else f"the other {rest:,} batches"
            sentence += f" S takes this step, and {others} of the epoch follow{'s' * (rest == 1)}."
        else:
            sentence += " S takes this step."
        groups = tuple(
            (
                self._of_theta(f"old {theta_name(layer)}", step.thetas[layer], layer),
                self._of_theta("change", step.changes[layer], layer),
                self._of_theta(f"new {theta_name(layer)}", step.updated[layer], layer),
            )
            for layer in range(self._last)
        )
        return Page("Update", sentence, tuple(formulas), groups)

    def _sizes(self) -> str:
        outputs = self._about.layers[-1]
        return f"N = {counted(self._step.samples, 'sample')}, K = {counted(outputs, 'output')}"

    def _slope(self, layer: int, slope: str) -> str:
        name = self._about.output if layer == self._last else self._about.activation
        formula = _SLOPES.get(name)
        return f"{slope} = {formula.format(a=self._a(layer))}" if formula else ""

    def _function(self, layer: int) -> str:
        name = self._about.output if layer == self._last else self._about.activation
        return _FUNCTIONS.get(name, name)

    def _a(self, layer: int) -> str:
        return "ŷ" if layer == self._last else f"a{_superscript(layer + 1)}"

    def _delta(self, layer: int) -> str:
        return f"δ{_superscript(layer + 1)}"

    def _activations(self, layer: int) -> Matrix:
        name, excerpt = self._a(layer), self._step.activations[layer]
        names = self._names(layer)
        return self._matrix(name, excerpt, names if layer == self._last else ("1", *names))

    def _targets(self) -> Matrix:
        names = ("y",) if self._about.layers[-1] == 1 else self._names(self._last)
        return self._matrix("y", self._step.targets, names)

    def _errors(self) -> Matrix:
        return self._layer_samples("ŷ − y", self._step.errors, self._last)

    def _deltas(self, layer: int) -> Matrix:
        return self._layer_samples(self._delta(layer), self._step.deltas[layer - 1], layer)

    def _layer_samples(self, name: str, excerpt: Excerpt, layer: int) -> Matrix:
        return self._matrix(name, excerpt, self._names(layer))

    def _theta(self, layer: int) -> Matrix:
        return self._of_theta(theta_name(layer), self._step.thetas[layer], layer)

    def _of_theta(self, name: str, excerpt: Excerpt, layer: int) -> Matrix:
        columns = ("1", *self._names(layer))
        return self._matrix(name, excerpt, self._names(layer + 1), columns)

    def _names(self, layer: int) -> tuple[str, ...]:
        return unit_names(self._about, layer, self._symbols)

    def _matrix(
        self, name: str, excerpt: Excerpt, rows: tuple[str, ...], columns: tuple[str, ...] = ()
    ) -> Matrix:
        """Return an excerpt with its names; without names of columns they are samples."""
        self._excerpts.append(excerpt)
        tall, wide = excerpt.values.shape
        text = self._symbols.text
        return Matrix(
            text(name),
            excerpt.values,
            text("×".join(map(str, excerpt.shape))),
            bool(columns),
            rows[:tall],
            columns[:wide] or tuple(f"sample {number}" for number in range(1, wide + 1)),
        )


def _superscript(number: int) -> str:
    return str(number).translate(_SUPERSCRIPTS)
