"""Named variables laid out in one flat vector.

The optimiser sees one vector, the networks see names. One vector makes Adam, the gradient norm,
a checkpoint and a copy between NumPy and TensorFlow one operation each.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params


class Layout:
    """Where each variable lies in the flat vector; variables stand in the order of their names.

    Attributes:
        size: length of the flat vector.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        self.shapes = {name: tuple(shapes[name]) for name in sorted(shapes)}
        self._slices: dict[str, slice] = {}
        self.size = 0
        for name, shape in self.shapes.items():
            end = self.size + int(np.prod(shape, dtype=int))
            self._slices[name] = slice(self.size, end)
            self.size = end

    @classmethod
    def of(cls, params: Params) -> Layout:
        """The layout of these variables."""
        return cls({name: np.shape(value) for name, value in params.items()})

    def pack(self, params: Params) -> np.ndarray:
        """The variables of this layout, picked from `params` by name, as float32 of [size].

        Raises:
            KeyError: a variable is missing.
            ValueError: a variable has another shape.
        """
        flat = np.empty(self.size, np.float32)
        for name, shape in self.shapes.items():
            if np.shape(params[name]) != shape:
                raise ValueError(f"{name} has shape {np.shape(params[name])}, not {shape}")
            flat[self._slices[name]] = np.ravel(params[name])
        return flat

    def unpack(self, flat: Array) -> dict[str, Array]:
        """The variables by name; views, when `flat` is a NumPy array."""
        return {
            name: arrays.reshape(flat[self._slices[name]], shape)
            for name, shape in self.shapes.items()
        }
