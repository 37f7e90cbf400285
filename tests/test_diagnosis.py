"""The likely mistake behind a failing check."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from random_models import Gradients, Model, random_model

from bptui.core import Network, check_gradients
from bptui.core.backpropagation import Backpropagation
from bptui.core.check import Diagnosis, Report, check_backpropagation
from bptui.core.check.evidence import Facts
from bptui.core.check.factors import ratio_name

Plant = Callable[[Model, Gradients, np.random.Generator], Gradients | None]


def weights(found: Gradients) -> list[str]:
    return [name for name in found if name.startswith("W")]


def biases(found: Gradients) -> list[str]:
    return [name for name in found if name.startswith("b")]


def times(factor: float, names: Callable[[Gradients], list[str]] = list) -> Plant:
    return lambda model, found, rng: found | {name: factor * found[name] for name in names(found)}


def penalty(factor: float, names: Callable[[Gradients], list[str]]) -> Plant:
    def plant(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
        extra = factor * model.penalty / model.samples
        if not extra:
            return None
        return found | {name: found[name] + extra * model.parameters[name] for name in names(found)}

    return plant


def one_array(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    names = [name for name in weights(found) if found[name].size > 1]
    if not names:
        return None
    name = str(rng.choice(names))
    return found | {name: 0.5 * found[name]}


def transposed(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    for name in weights(found):
        if found[name].shape[0] == found[name].shape[1] > 1:
            return found | {name: found[name].T}
    return None


def rolled_bias(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    for name in biases(found):
        if found[name].size > 2:
            return found | {name: np.roll(found[name], 1)}
    return None


def one_entry(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    name = str(rng.choice(sorted(found)))
    if found[name].size < 2:
        return None
    wrong = found[name].copy()
    wrong.flat[int(rng.integers(wrong.size))] += 0.3 * np.abs(wrong).max()
    return found | {name: wrong}


def single_precision(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients:
    return {
        name: values * (1 + 2.0**-22 * rng.uniform(-1, 1, values.shape))
        for name, values in found.items()
    }


def lower_layers(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    if len(model.layers) < 3:
        return None
    highest = int(rng.integers(1, len(model.layers) - 1))
    return {
        name: values * (rng.uniform(0.3, 3, values.shape) if int(name[1:]) <= highest else 1)
        for name, values in found.items()
    }


def beside_a_penalty(mistake: Callable[[str, Any], Any]) -> Plant:
    """Make a mistake in the gradient of the fit; the penalty is added later, and right."""

    def plant(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
        extra = model.penalty / model.samples
        if not extra or len(model.layers) < 3:
            return None
        wrong = {}
        for name, values in found.items():
            right = extra * model.parameters[name] if name.startswith("W") else 0.0
            wrong[name] = mistake(name, values - right) + right
        return wrong

    return plant


def turned(name: str, values: Any) -> Any:
    square = values.ndim == 2 and values.shape[0] == values.shape[1]
    return values.T if square else values


def transposed_beside_a_penalty(
    model: Model, found: Gradients, rng: np.random.Generator
) -> Gradients | None:
    square = any(min(found[n].shape) == max(found[n].shape) > 1 for n in weights(found))
    return beside_a_penalty(turned)(model, found, rng) if square else None


def minus_in_a_layer(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    layer = str(rng.integers(1, len(model.layers)))
    if len(model.layers) < 3:
        return None
    return {name: -values if name[1:] == layer else values for name, values in found.items()}


def other_activations(model: Model, found: Gradients, rng: np.random.Generator) -> Gradients | None:
    name = str(rng.choice(weights(found)))
    return found | {name: found[name] * rng.uniform(0.5, 2, found[name].shape)}


PLANTED: dict[str, tuple[str, Plant]] = {
    "twice": ("scale", times(2.0)),
    "half": ("scale", times(0.5)),
    "minus": ("sign", times(-1.0)),
    "one array": ("scale", one_array),
    "transposed": ("transpose", transposed),
    "no bias": ("bias", times(0.0, biases)),
    "rolled bias": ("bias", rolled_bias),
    "penalty forgotten": ("regularization", penalty(-1.0, weights)),
    "penalty twice": ("regularization", penalty(1.0, weights)),
    "penalty on biases": ("regularization", penalty(1.0, biases)),
    "one entry": ("entries", one_entry),
    "float32": ("precision", single_precision),
    "lower layers": ("layer", lower_layers),
    "minus in a layer": ("sign", minus_in_a_layer),
    "other activations": ("entries", other_activations),
    "twice beside a penalty": ("scale", beside_a_penalty(lambda name, fit: 2.0 * fit)),
    "no layer 1 beside a penalty": (
        "scale",
        beside_a_penalty(lambda name, fit: fit * (name[1:] != "1")),
    ),
    "transposed beside a penalty": ("transpose", transposed_beside_a_penalty),
}
SEEDS = range(5000, 5030)


def diagnoses(name: str) -> list[tuple[Diagnosis, ...]]:
    """Return what is said of one mistake in many random networks."""
    plant, said = PLANTED[name][1], []
    for seed in SEEDS:
        model = random_model(seed, moderate=True)

        def wrong(p: Any, model: Model = model, seed: int = seed) -> Any:
            return plant(model, model.gradients(p), np.random.default_rng(seed))

        if wrong(model.parameters) is not None:
            report = check_gradients(model.cost, wrong, model.parameters)
            if report.verdict == "fail":
                said.append(report.diagnosis)
    return said


@pytest.mark.parametrize("name", PLANTED)
def test_planted_mistakes_are_named(name: str) -> None:
    expected, said = PLANTED[name][0], diagnoses(name)
    right = sum(1 for found in said if found and found[0].code == expected)
    assert said and right >= 0.9 * len(said), [f[0].message if f else "" for f in said]


def test_a_mistake_of_no_known_kind_gets_no_name() -> None:
    model = random_model(5000, moderate=True)

    def wrong(p: Any) -> Any:
        rng = np.random.default_rng(1)
        return {name: g * rng.uniform(0.5, 2, g.shape) for name, g in model.gradients(p).items()}

    report = check_gradients(model.cost, wrong, model.parameters)
    assert report.verdict == "fail" and report.diagnosis == ()


def test_gradients_that_changed_places() -> None:
    parameters = [np.array([1.0, 2.0]), np.array([-3.0, 0.5])]
    report = check_gradients(
        lambda p: sum((a**3).sum() for a in p), lambda p: [3 * p[1] ** 2, 3 * p[0] ** 2], parameters
    )
    assert [found.code for found in report.diagnosis] == ["transpose"]
    assert "what stands for [0] is the gradient of [1]" in report.diagnosis[0].message


def test_the_gradient_of_an_earlier_point() -> None:
    W = np.random.default_rng(0).standard_normal((3, 2))

    def gradients(W: Any) -> Any:
        before = W + 0.05 * 4 * W**3
        return 4 * before**3

    report = check_gradients(lambda W: (W**4).sum(), gradients, W)
    assert [found.code for found in report.diagnosis] == ["stale-point"]
    assert report.diagnosis[0].ratio == pytest.approx(-0.05)
    assert "before a step" in report.diagnosis[0].message


def test_an_update_by_the_gradient_itself_however_far() -> None:
    before = np.random.default_rng(0).standard_normal((3, 2))
    kept = 4 * before**3
    W = before - 0.3 * kept
    report = check_gradients(lambda W: (W**4).sum(), lambda W: kept + 0 * W, W)
    assert [found.code for found in report.diagnosis] == ["stale-point"]
    assert report.diagnosis[0].ratio == pytest.approx(-0.3)


def test_explanations_that_fit_equally_are_all_said_and_none_is_sure() -> None:
    weights = np.random.default_rng(0).standard_normal((3, 2))
    report = check_gradients(
        lambda p: 0.5 * 0.1 * (p["W1"] ** 2).sum(),
        lambda p: {"W1": 0.17 * p["W1"]},
        {"W1": weights},
    )
    codes = {found.code for found in report.diagnosis}
    assert {"scale", "regularization"} <= codes
    assert not any(found.sure for found in report.diagnosis)
    assert all("explanations that fit equally well" in f.message for f in report.diagnosis)


@pytest.mark.parametrize(("rounded", "sure"), [(True, True), (False, False)])
def test_single_precision_is_sure_only_where_it_shows_its_numbers(
    rounded: bool, sure: bool
) -> None:
    def gradients(W: Any) -> Any:
        exact = 3 * W**2
        return exact.astype(np.float32) if rounded else exact * (1 + 1e-7 * np.sin(1e3 * W))

    W = np.random.default_rng(0).uniform(1, 2, (3, 4))
    report = check_gradients(lambda W: (W**3).sum(), lambda W: gradients(W).astype(float), W)
    assert [(found.code, found.sure) for found in report.diagnosis] == [("precision", sure)]


def test_one_wrong_entry_is_none_of_few_where_no_other_could_be_wrong() -> None:
    def gradients(p: Any) -> Any:
        return [np.zeros((3, 4)), np.array([20.0])]

    report = check_gradients(lambda p: 2.0 * p[1].sum(), gradients, [np.ones((3, 4)), np.ones(1)])
    assert report.verdict == "fail" and report.diagnosis == ()


@pytest.mark.parametrize(
    ("ratio", "samples", "outputs", "name"),
    [
        (2.0, None, None, "2"),
        (0.5, None, None, "1/2"),
        (0.7, 4, 1, "0.7"),
        (4.0, 4, 3, "4, which is N (N = 4, K = 3)"),
        (2.0, 4, 1, "2, which is N/2 or N·K/2 (N = 4, K = 1)"),
        (0.25, 4, None, "0.25, which is 1/N (N = 4)"),
        (0.8, 4, None, "0.8, which is N/(N+1) (N = 4)"),
    ],
)
def test_ratios_get_the_names_that_they_may_have(
    ratio: float, samples: int | None, outputs: int | None, name: str
) -> None:
    assert ratio_name(ratio, Facts(samples=samples, outputs=outputs)) == name


X = np.random.default_rng(1).standard_normal((6, 3))
Y = np.random.default_rng(2).uniform(0, 1, (6, 2))


def of_a_network(change: Callable[[Backpropagation], None], **options: Any) -> Report:
    """Return the check of a network whose backpropagation ends with a change."""
    network = Network([3, 3, 3, 2], seed=4, init_scale=1.0, **options)
    work = network.loaded(X, Y)
    right = work.backward

    def backward() -> None:
        right()
        change(work)

    work.backward = backward  # type: ignore[method-assign]
    return check_backpropagation(work)


def scale_all(work: Backpropagation) -> None:
    work.gradient *= 6.0


def negate(work: Backpropagation) -> None:
    work.gradients[1] *= -1.0


def transpose_weights(work: Backpropagation) -> None:
    work.gradients[0][:, 1:] = work.gradients[0][:, 1:].T.copy()


def drop_bias(work: Backpropagation) -> None:
    for gradient in work.gradients:
        gradient[:, 0] = 0.0


def forget_penalty(work: Backpropagation) -> None:
    for gradient, theta in zip(work.gradients, work.thetas, strict=True):
        gradient[:, 1:] -= work.penalty * theta[:, 1:]


def penalize_biases(work: Backpropagation) -> None:
    for gradient, theta in zip(work.gradients, work.thetas, strict=True):
        gradient[:, 0] += work.penalty * theta[:, 0]


def spoil_below(work: Backpropagation) -> None:
    for gradient in work.gradients[:2]:
        gradient *= np.random.default_rng(0).uniform(0.5, 2.0, gradient.shape)


@pytest.mark.parametrize(
    ("change", "code", "where", "said"),
    [
        (scale_all, "scale", "everywhere", "exactly 6, which is N or N·K/2 (N = 6, K = 2)"),
        (negate, "sign", "Θ²", "in all of Θ² and only there"),
        (transpose_weights, "transpose", "Θ¹", "exactly the transpose"),
        (drop_bias, "bias", "Θ¹, Θ² and Θ³", "it is 0 there"),
        (forget_penalty, "regularization", "everywhere", "leaves out some or all"),
        (penalize_biases, "regularization", "everywhere", "penalizes the biases"),
        (spoil_below, "layer", "Θ²", "right from the output down to Θ³ and wrong from Θ² on"),
    ],
)
def test_mistakes_in_networks_of_bptui(
    change: Callable[[Backpropagation], None], code: str, where: str, said: str
) -> None:
    report = of_a_network(change, l2=0.1)
    assert report.verdict == "fail"
    # Some of these mistakes are in the catalogue of faults too, and are named first.
    found_from_numbers = [found for found in report.diagnosis if found.code != "fault"]
    assert [(found.code, found.where) for found in found_from_numbers] == [(code, where)]
    assert said in found_from_numbers[0].message
