"""Other gradient checkers, each as a function that accepts a gradient at one Θ or does not.

Every one is handed the same J and the same gradient, as functions of the flat Θ in float64:

- torch.autograd.gradcheck: an `autograd.Function` whose `forward` is J and whose `backward` is
  that gradient; all options as they come, but for `fast_mode`.
- jax.test_util.check_grads, order 1, reverse mode: such a call is one call of
  `jax.test_util.check_vjp`, which takes the function and its gradient. It is called directly,
  without JAX's tracing, which a NumPy function would not survive. So JAX runs no compiled code.
- scipy.optimize.check_grad: J and the gradient. It returns a distance and no verdict; above
  1e-6 it is taken for a failure here.
"""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Cost = Callable[[Array], float]
Gradient = Callable[[Array], Array]
Peer = Callable[[Cost, Gradient, Array], bool]
"""Whether a gradient of a function of Θ is accepted at one Θ."""

OURS = "bptui check_backpropagation"
TORCH_SLOW = "torch gradcheck, slow"
TORCH_FAST = "torch gradcheck, fast"
JAX = "jax check_grads"
SCIPY = "scipy check_grad > 1e-6"


def torch_peer(fast: bool) -> Peer:
    torch: Any = importlib.import_module("torch")
    torch.set_num_threads(1)

    def accepts(cost: Cost, gradient: Gradient, theta: Array) -> bool:
        class Given(torch.autograd.Function):  # type: ignore[misc]
            """J with a gradient that was written by hand."""

            @staticmethod
            def forward(context: Any, x: Any) -> Any:
                context.save_for_backward(x)
                return torch.tensor(cost(x.detach().numpy()), dtype=torch.float64)

            @staticmethod
            def backward(context: Any, *outer: Any) -> Any:
                (x,) = context.saved_tensors
                return outer[0] * torch.from_numpy(gradient(x.detach().numpy()))

        x = torch.tensor(theta, requires_grad=True)
        return bool(
            torch.autograd.gradcheck(Given.apply, (x,), fast_mode=fast, raise_exception=False)
        )

    return accepts


def jax_peer() -> Peer:
    jax: Any = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    test_util: Any = importlib.import_module("jax.test_util")

    def accepts(cost: Cost, gradient: Gradient, theta: Array) -> bool:
        def function(x: Array) -> Any:
            return np.float64(cost(x))

        def with_gradient(x: Array) -> tuple[Any, Callable[[Any], tuple[Array]]]:
            return function(x), lambda outer: (outer * gradient(x),)

        try:
            test_util.check_vjp(function, with_gradient, (theta,))
        except AssertionError:
            return False
        return True

    return accepts


def scipy_peer() -> Peer:
    optimize: Any = importlib.import_module("scipy.optimize")

    def accepts(cost: Cost, gradient: Gradient, theta: Array) -> bool:
        return bool(optimize.check_grad(cost, gradient, theta) <= 1e-6)

    return accepts


MAKERS: dict[str, Callable[[], Peer]] = {
    TORCH_SLOW: lambda: torch_peer(fast=False),
    TORCH_FAST: lambda: torch_peer(fast=True),
    JAX: jax_peer,
    SCIPY: scipy_peer,
}


def installed_peers() -> dict[str, Peer]:
    peers = {}
    for name, make in MAKERS.items():
        try:
            peers[name] = make()
        except ImportError:
            print(f"{name}: not installed, left out")
    return peers
