"""The learned mapping φ from the student's observations to a source task's, and its decoder."""

from __future__ import annotations

import numpy as np

from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.variables import Variable, Variables, joined, zeros
from baselines.transfer.mapping import StateMapping

SCOPE = "transfer"
"""First part of the names of all variables that are gone once the student is alone."""


def embedding_scope(source: int) -> str:
    """Scope of φ for the source task number `source`."""
    return f"{SCOPE}/embedding{source}"


def decoder_scope(source: int) -> str:
    """Scope of the decoder for the source task number `source`."""
    return f"{SCOPE}/decoder{source}"


def variables(source: int, obs_size: int, source_size: int, mapping: StateMapping) -> Variables:
    """Variables of φ: [B, obs_size] to [B, source_size]."""
    return mapping.embedding.variables(embedding_scope(source), obs_size, source_size)


def embed(params: Params, source: int, obs: Array, mapping: StateMapping) -> Array:
    """φ(s): normalised observations [B, d] to the source task's [B, d_j]."""
    return mapping.embedding.apply(params, embedding_scope(source), obs)


def moments(embedded: np.ndarray) -> tuple[float, float]:
    """How far φ's output is from normalised observations of the source task, of mean 0 and std 1.

    Args:
        embedded: φ(s) of a rollout, float32 of [N, d_j].

    Returns:
        Over the d_j dimensions, the mean of |mean over the rollout| and that of the (population)
        standard deviation over it; both in standard deviations of the source observation.
    """
    means, stds = embedded.mean(axis=0, dtype=float), embedded.std(axis=0, dtype=float)
    return float(np.abs(means).mean()), float(stds.mean())


def decoder_variables(
    source: int, obs_size: int, source_size: int, mapping: StateMapping
) -> Variables:
    """Variables of the decoder q(s | φ(s)); its log σ_q is a free vector, 0 at the start."""
    scope = decoder_scope(source)
    mean = mapping.decoder.variables(scope, source_size, obs_size)
    return joined([mean, {f"{scope}/logstd": Variable((obs_size,), zeros)}])


def decode(
    params: Params, source: int, embedded: Array, mapping: StateMapping
) -> tuple[Array, Array]:
    """The decoder's Gaussian over s: mean [B, d] and log σ_q [d], from φ(s) of [B, d_j]."""
    scope = decoder_scope(source)
    return mapping.decoder.apply(params, scope, embedded), params[f"{scope}/logstd"]
