"""The settings of `ppo2.learn` with their types, for completion and type checkers.

Written by `scripts/settings_types.py` from `baselines.config`, which says what each means.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypedDict


class Settings(TypedDict, total=False):
    """Each may be None too, which is as if it were not given."""

    env_kwargs: dict[str, Any] | str | None
    env_xml: str | os.PathLike[str] | None
    alg: str | None
    num_timesteps: float | None
    num_env: float | None
    num_ranks: float | None
    seed: float | None
    save_path: str | os.PathLike[str] | None
    save_interval: float | None
    load_path: str | os.PathLike[str] | None
    log_path: str | os.PathLike[str] | None
    log_interval: float | None
    verbose: float | None
    eval_interval: float | None
    eval_episodes: float | None
    resume: bool | None
    state_interval: float | None
    keep: float | None
    on_divergence: str | None
    max_rollbacks: float | None
    save_video_interval: float | None
    save_video_length: float | None
    play: bool | None
    num_threads: float | None
    xla: bool | None
    network: str | Callable[..., Any] | None
    num_layers: float | None
    num_hidden: float | None
    activation: str | None
    init_logstd: float | None
    pi_scope: str | None
    vf_scope: str | None
    nsteps: float | None
    nminibatches: float | None
    noptepochs: float | None
    gamma: float | None
    lam: float | None
    lr: float | None
    lr_schedule: str | Callable[[float], float] | None
    cliprange: float | None
    vf_coef: float | None
    ent_coef: float | None
    coefs: str | None
    kl_coef: float | None
    max_grad_norm: float | None
    target_kl: float | None
    teacher_paths: Any | None
    source_env: str | None
    teacher_network: str | Callable[..., Any] | None
    transfer: str | Callable[..., Any] | None
    teacher_weights: str | None
    mapping: str | Callable[..., Any] | None
    laterals: str | None
    mix_outputs: str | None
    teacher_places: str | None
    obs_statistics: str | None
    ps_coef: float | None
    vf_ps_coef: float | None
    mutual_info_coef: float | None
    value_alignment_coef: float | None
    distillation_coef: float | None
    teacher_fraction: float | None
    mapping_num_layers: float | None
    mapping_num_hidden: float | None
    decoder_min_std: float | None
