"""Mistakes in the factor before the sum, and in what is summed.

δ of the output carries the factor of the whole gradient, so all of them override `output_delta`.
"""

from bptui.core.backpropagation import Backpropagation
from bptui.core.faults.fault import (
    Fault,
    Setting,
    all_of,
    nothing,
    squared_error,
    two_outputs,
    two_samples,
)


class SumNotMean(Backpropagation):
    """The division by N is forgotten."""

    def output_delta(self) -> None:
        """N times δ."""
        super().output_delta()
        self.deltas[-1] *= self.samples


class DividedByOneMore(Backpropagation):
    """The sum over N samples is divided by N + 1."""

    def output_delta(self) -> None:
        """N/(N + 1) δ."""
        super().output_delta()
        self.deltas[-1] *= self.samples / (self.samples + 1.0)


class DroppedSample(Backpropagation):
    """The loop over the samples ends one too early."""

    def output_delta(self) -> None:
        """δ, but 0 for the last sample."""
        super().output_delta()
        self.deltas[-1][:, -1] = 0.0


class MissingFactor2(Backpropagation):
    """The 2 from the derivative of the square is forgotten."""

    def output_delta(self) -> None:
        """1/(N·K) (ŷ − y) φ′(z)."""
        super().output_delta()
        self.deltas[-1] *= 0.5


class HalfSumOfSquares(Backpropagation):
    """The gradient of ½ Σ (ŷ − y)², while the cost shown is the mean of (ŷ − y)²."""

    def output_delta(self) -> None:
        """(ŷ − y) φ′(z), without 2/(N·K)."""
        super().output_delta()
        self.deltas[-1] *= 0.5 * self._error.size


class SumOverOutputs(Backpropagation):
    """The mean over the samples is taken, that over the outputs is forgotten."""

    def output_delta(self) -> None:
        """2/N (ŷ − y) φ′(z)."""
        super().output_delta()
        self.deltas[-1] *= len(self._error)


def _not_two_errors(setting: Setting) -> str | None:
    # With N·K = 2 the two gradients are the same.
    if setting.samples is not None and setting.samples * setting.layers[-1] == 2:
        return "needs another number than 2 of samples times outputs"
    return None


AVERAGES = (
    Fault(
        "sum-not-mean",
        "The division by N is forgotten",
        "The gradient is N times too long. With few samples it only learns faster, with many "
        "it is thrown about; the ratio is N everywhere, the penalty apart.",
        SumNotMean,
        two_samples,
        ("scale",),
    ),
    Fault(
        "half-sum-of-squares",
        "The gradient of ½ Σ (ŷ − y)², not of J",
        "Right for a cost that is not the one on screen: too long by N·K/2, which is the "
        "article's unexplained 2 for the four samples of XOR. It learns with another learning "
        "rate; the ratio is the same everywhere.",
        HalfSumOfSquares,
        all_of(squared_error, _not_two_errors),
        ("scale",),
    ),
    Fault(
        "missing-factor-2",
        "The 2 from the square is forgotten",
        "Half of the right gradient, so it learns as with half the learning rate and nobody "
        "notices. The ratio is 1/2 everywhere, the penalty apart.",
        MissingFactor2,
        squared_error,
        ("scale",),
    ),
    Fault(
        "sum-over-outputs",
        "The division by K, the outputs, is forgotten",
        "The gradient is K times too long, K the number of outputs. It learns as with a "
        "larger learning rate; the ratio is K everywhere, the penalty apart.",
        SumOverOutputs,
        all_of(squared_error, two_outputs),
        ("scale",),
    ),
    Fault(
        "divided-by-n-plus-1",
        "Divided by N + 1",
        "The gradient is a little too short, the less the more samples there are. It learns "
        "as well as the right one; every entry is off by the same N/(N + 1).",
        DividedByOneMore,
        nothing,
        ("scale",),
    ),
    Fault(
        "dropped-sample",
        "The last sample is left out",
        "A loop or a slice that ends one too early. With many samples nobody notices, with "
        "four a quarter of XOR is never learned; nearly every entry is wrong, by no common "
        "ratio.",
        DroppedSample,
        two_samples,
        (None, "scale"),
    ),
)
