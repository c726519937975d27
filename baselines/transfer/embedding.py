"""The learned mapping φ from the student's observations to a source task's, and its decoder."""

from __future__ import annotations

import numpy as np

from baselines.common import networks
from baselines.common.arrays import Array, Params
from baselines.common.networks import MlpSpec

SCOPE = "transfer"
"""First part of the names of all variables that are gone once the student is alone."""


def embedding_scope(source: int) -> str:
    """Scope of φ for the source task number `source`."""
    return f"{SCOPE}/embedding{source}"


def decoder_scope(source: int) -> str:
    """Scope of the decoder for the source task number `source`."""
    return f"{SCOPE}/decoder{source}"


def layer_names(source: int, spec: MlpSpec) -> list[str]:
    """Names of the dense layers of φ, the output layer last."""
    scope = embedding_scope(source)
    return [*spec.layer_names(scope), f"{scope}/out"]


def init_embedding(
    rng: np.random.Generator, source: int, obs_size: int, source_size: int, spec: MlpSpec
) -> dict[str, np.ndarray]:
    """Variables of φ: [B, obs_size] to [B, source_size]."""
    return networks.init_mlp(rng, embedding_scope(source), obs_size, source_size, spec)


def embed(params: Params, source: int, obs: Array, spec: MlpSpec) -> Array:
    """φ(s): normalised observations [B, d] to the source task's [B, d_j]."""
    return networks.mlp(params, embedding_scope(source), obs, spec)


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


def init_decoder(
    rng: np.random.Generator, source: int, obs_size: int, source_size: int, spec: MlpSpec
) -> dict[str, np.ndarray]:
    """Variables of the decoder q(s | φ(s)); its log σ_q is a free vector, 0 at the start."""
    scope = decoder_scope(source)
    mean = networks.init_mlp(rng, scope, source_size, obs_size, spec)
    return mean | {f"{scope}/logstd": np.zeros(obs_size, np.float32)}


def decode(params: Params, source: int, embedded: Array, spec: MlpSpec) -> tuple[Array, Array]:
    """The decoder's Gaussian over s: mean [B, d] and log σ_q [d], from φ(s) of [B, d_j]."""
    scope = decoder_scope(source)
    return networks.mlp(params, scope, embedded, spec), params[f"{scope}/logstd"]
