"""Mistakes with the L2 penalty λ/(2N) Σ Θ², whose gradient is λ/N Θ, biases left out."""

from bptui.core.backpropagation import Backpropagation
from bptui.core.faults.fault import Fault, penalty


class L2Forgotten(Backpropagation):
    """The penalty is in the cost and not in the gradient."""

    def add_penalty(self) -> None:
        """Add nothing."""


class L2Doubled(Backpropagation):
    """The ½ of the penalty is forgotten, in the gradient alone."""

    def add_penalty(self) -> None:
        """Add 2 λ/N Θ."""
        super().add_penalty()
        super().add_penalty()


class L2OnBias(Backpropagation):
    """The biases are penalized too, in the gradient alone."""

    def add_penalty(self) -> None:
        """Add λ/N Θ, biases included."""
        self.gradient += self.penalty * self.theta


PENALTIES = (
    Fault(
        "l2-forgotten",
        "The L2 penalty is missing in the gradient",
        "The cost has the penalty, the gradient has not. It learns, and its weights grow "
        "beyond those that are best; the biases are right, each weight is off by λ/N times "
        "itself.",
        L2Forgotten,
        penalty,
        ("regularization",),
    ),
    Fault(
        "l2-doubled",
        "The gradient of the L2 penalty without its ½",
        "The penalty counts twice in the gradient. It learns, with smaller weights; the "
        "biases are right, each weight is off by λ/N times itself.",
        L2Doubled,
        penalty,
        ("regularization",),
    ),
    Fault(
        "l2-on-bias",
        "The L2 penalty on the biases too",
        "The biases are drawn to 0 although the cost does not ask for it. It learns nearly as "
        "well; the weights are right, each bias is off by λ/N times itself, which is nothing "
        "while it is 0.",
        L2OnBias,
        penalty,
        ("regularization", "bias"),
    ),
)
