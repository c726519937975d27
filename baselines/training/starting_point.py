"""The start of a new run: fresh variables, or a checkpoint's (`--load_path`)."""

from __future__ import annotations

import numpy as np

from baselines.common.checkpoint import CheckpointError, checked_arrays
from baselines.common.networks.policy import Policy
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import TRANSFER_SCOPE, Config
from baselines.training.saved import method_of
from baselines.transfer.method import Beginning
from baselines.transfer.teachers.places import check_no_other_statistics


def starting_point(
    config: Config, beginning: Beginning, saved: SavedPolicy | None
) -> tuple[Policy, dict[str, np.ndarray], Normalizer]:
    """Policy, initial variables and statistics: the given ones, or a checkpoint's.

    Args:
        config: the settings.
        beginning: what the transfer method, or PPO, begins with.
        saved: what is in `config.load_path`; None: none is given.

    Raises:
        CheckpointError: it does not fit.
        UserError: it has statistics, and the method begins with some too.
    """
    if beginning.statistics is not None:
        check_no_other_statistics(config, f"--transfer={config.transfer}")
    if saved is None:
        return _fresh(beginning)
    return _loaded(config, beginning.policy, beginning.params, saved)


def _fresh(beginning: Beginning) -> tuple[Policy, dict[str, np.ndarray], Normalizer]:
    policy, params, statistics = beginning
    normalizer = Normalizer.fresh(policy.obs_size)
    if statistics is not None:
        normalizer = Normalizer(statistics, normalizer.ret_rms)
    return policy, params, normalizer


def _loaded(
    config: Config, policy: Policy, params: dict[str, np.ndarray], saved: SavedPolicy
) -> tuple[Policy, dict[str, np.ndarray], Normalizer]:
    """A checkpoint's; the initial `params` stay where it has none."""
    _check_same_kind(config, saved.policy, policy)
    loaded = _renamed(saved, policy)
    try:
        if saved.is_alone:
            needed = policy.plain.shapes()
        else:
            policy = _going_on(config, saved, policy, loaded)
            needed = policy.shapes()
        return policy, params | checked_arrays(loaded, needed), saved.normalizer
    except CheckpointError:
        raise
    except (KeyError, ValueError) as error:
        raise CheckpointError(
            f"--load_path: {config.load_path} does not fit {config.env} and this network: {error}"
        ) from None


def _going_on(
    config: Config, saved: SavedPolicy, policy: Policy, arrays: dict[str, np.ndarray]
) -> Policy:
    """The policy that continues an unfinished one."""
    go_on = method_of(saved.metadata).go_on
    if go_on is None:
        raise CheckpointError(
            f"--load_path: {config.load_path} is unfinished, and its transfer method cannot go on"
            " in another run; --resume goes on with its own"
        )
    return go_on(policy, saved.policy, arrays, config)


def _check_same_kind(config: Config, saved: Policy, policy: Policy) -> None:
    """Check sizes and networks: equal shapes alone would let relu weights into a tanh network."""
    old, new = saved.plain.describe(), policy.plain.describe()
    for part in ("obs_size", "distribution", "network", "spec"):
        if old[part] != new[part]:
            raise CheckpointError(
                f"--load_path: {config.load_path} does not fit {config.env} and this network:"
                f" its {part} is {old[part]}, not {new[part]}"
            )


def _renamed(saved: SavedPolicy, policy: Policy) -> dict[str, np.ndarray]:
    """The saved variables under the scopes of `policy`."""
    old, new = saved.policy.plain, policy.plain
    scopes = {
        old.pi_scope: new.pi_scope,
        old.vf_scope: new.vf_scope,
        TRANSFER_SCOPE: TRANSFER_SCOPE,
    }
    return {
        scopes[scope] + name.removeprefix(scope): value
        for name, value in (saved.params | saved.policy.frozen()).items()
        for scope in scopes
        if name.startswith(f"{scope}/")
    }
