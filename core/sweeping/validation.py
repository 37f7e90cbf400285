"""How good the networks of a stack are on samples that none of them is trained on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bptui.core.configuration import Configuration
from bptui.core.data.dataset import Dataset
from bptui.core.sweeping.stacked import StackedBackpropagation
from bptui.core.training.scores import score

Array = NDArray[Any]


class StackedValidation:
    """Validation cost and score of each network, taken once, when its training ends."""

    def __init__(self, setting: Configuration, validation: Dataset, theta: Array) -> None:
        """Look at nothing yet.

        Args:
            setting: with everything filled in that the data decides.
            validation: the samples, scaled as those for training are.
            theta: parameters of every network, (P, S), as they are trained.
        """
        assert setting.layers is not None
        self._theta, self._validation = theta, validation
        networks = theta.shape[1]
        # The penalty belongs to what is minimized, not to how good a network is.
        self._work = StackedBackpropagation(
            validation.X,
            validation.y,
            setting.layers,
            networks=networks,
            activation=setting.activation,
            output=str(setting.output),
            cost=str(setting.cost),
            dtype=setting.dtype,
        )
        self.cost = np.full(networks, np.nan)
        """J of each, (S,); NaN before it was looked at, and ∞ where J is no number."""
        self.score = np.full(networks, np.nan)
        """The share of samples classified right, or R², which is −∞ where it is no number."""

    def look(self, networks: NDArray[np.bool_]) -> None:
        """Look at `networks`, (S,), whose training has just ended."""
        places = np.flatnonzero(networks)
        if not len(places):
            return
        work, validation = self._work, self._validation
        work.theta[:] = self._theta
        work.forward()
        # A network that cannot be said to be good counts as the worst, and is not left out.
        self.cost[places] = np.nan_to_num(work.costs()[places], nan=np.inf, posinf=np.inf)
        for place in places:
            found = score(validation.task, work.outputs[:, :, place].T, validation.y)
            self.score[place] = -np.inf if np.isnan(found) else found
