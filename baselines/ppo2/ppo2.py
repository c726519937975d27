"""The training loop: collect, train, log."""

from __future__ import annotations

from contextlib import closing, suppress
from pathlib import Path

from threadpoolctl import threadpool_limits

from baselines.common.schedules import linear_decay
from baselines.common.vec_env import VecNormalize
from baselines.config import Config
from baselines.logger import Logger
from baselines.ppo2.model import Model
from baselines.ppo2.progress import Progress
from baselines.ppo2.runner import Runner
from baselines.ppo2.saved import SavedPolicy, checkpoint_name
from baselines.ppo2.setup import Setup, open_outputs, prepare
from baselines.transfer.schedule import Stage, stages


def learn(config: Config) -> SavedPolicy:
    """Train a policy, from scratch or with teachers.

    Returns:
        The policy at the end of the run.

    Raises:
        UserError: a setting or a file is wrong; nothing has been written then.
        KeyboardInterrupt, BrokenPipeError: after saving what there is, where `save_path` is given.
    """
    setup = prepare(config)
    model = Model(setup.policy, setup.params, config)
    progress = Progress(config)
    beginnings = {stage.first: stage for stage in stages(setup.policy, config)}
    # More threads would not pay for matrices this small, and sums in another order are other bits.
    one_thread = threadpool_limits(1, user_api="blas")
    with closing(setup.envs), closing(open_outputs(setup)) as log, one_thread:
        envs = VecNormalize(setup.envs, setup.normalizer, config.gamma)
        runner = Runner(envs, model, config, setup.random.actions)
        try:
            for update in range(1, config.nupdates + 1):
                if update in beginnings:
                    stage = beginnings[update]
                    _begin(stage, model, progress, log)
                lr = config.lr * linear_decay(update, config.nupdates)
                coefs = stage.coefs(update)
                batch = runner.run()
                losses = model.train(vars(batch), setup.random.minibatches, lr, coefs)
                progress.record(batch)
                log.advance(progress.episodes, progress.elapsed)
                if update % config.log_interval == 0 or update == config.nupdates:
                    own = stage.figures(model.params, batch.obs)
                    log.figures(progress.figures(lr, coefs, losses, own), progress.remaining)
                if config.save_path and _save_is_due(update, config):
                    _snapshot(setup, model, progress).write(Path(config.save_path))
        except (KeyboardInterrupt, BrokenPipeError):
            _save_interrupted(setup, model, progress, log)
            raise
        log.say(progress.summary)
    return _snapshot(setup, model, progress)


def _begin(stage: Stage, model: Model, progress: Progress, log: Logger) -> None:
    for line in stage.announcement(model.params):
        log.say(f"update {stage.first}: {line}")
    if stage.policy is not model.policy:
        model.reduce_to(stage.policy)
    if stage.alone:
        progress.hand_over()


def _save_is_due(update: int, config: Config) -> bool:
    """Baselines' rule: the first update, every interval, and here also the last."""
    at_interval = config.save_interval and (update == 1 or update % config.save_interval == 0)
    return bool(at_interval) or update == config.nupdates


def _save_interrupted(setup: Setup, model: Model, progress: Progress, log: Logger) -> None:
    """Save the last finished update, unless that was done when it finished."""
    folder = Path(setup.config.save_path)
    path = folder / checkpoint_name(progress.updates)
    if setup.config.save_path and progress.updates:
        if not path.exists():
            _snapshot(setup, model, progress).write(folder)
        with suppress(BrokenPipeError):
            log.say(f"interrupted after update {progress.updates}; saved {path}")


def _snapshot(setup: Setup, model: Model, progress: Progress) -> SavedPolicy:
    metadata = setup.provenance | progress.state()
    return SavedPolicy(model.policy, model.params, setup.normalizer, metadata)
