"""A training run while it lasts: all its parts, saved as a whole and put back as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from baselines.common.checkpoint import DAMAGE, CheckpointError
from baselines.common.divergence import Diverged, Drifted
from baselines.common.env_state import can_be_restored
from baselines.common.mpi import Team
from baselines.common.tasks import make_task
from baselines.common.trees import Tree
from baselines.common.vec_env import VecNormalize
from baselines.logger import Log
from baselines.ppo2.filming import Filming
from baselines.ppo2.model import Model
from baselines.ppo2.outputs import open_outputs
from baselines.ppo2.progress import Progress
from baselines.ppo2.report import report
from baselines.ppo2.runner import Runner
from baselines.ppo2.saved import SavedPolicy
from baselines.ppo2.setup import Setup
from baselines.ppo2.states import write_state

CHECK_INTERVAL = 10
"""Updates after which the ranks compare hashes of what they train."""


@dataclass
class Session:
    """The parts of a run that change while it lasts.

    Attributes:
        setup: what it started from.
        model: what is trained.
        runner: collects.
        progress: counts.
        log: tells.
        films: shows.
        lr_scale: factor of the learning rate, halved by each rollback.
        rollbacks: how often the run went back to an earlier state.
    """

    setup: Setup
    model: Model
    runner: Runner
    progress: Progress
    log: Log
    films: Filming
    lr_scale: float = 1.0
    rollbacks: int = 0

    @property
    def team(self) -> Team:
        """The ranks that train together."""
        return self.setup.team

    @property
    def policy(self) -> SavedPolicy:
        """The policy as it stands."""
        metadata = self.setup.provenance | self.progress.description()
        return SavedPolicy(self.model.policy, self.model.params, self.setup.normalizer, metadata)

    def state(self) -> Tree:
        """All that the run remembers on all ranks, but for the policy itself."""
        mine = {"runner": self.runner.state(), "random": self.setup.random.state()}
        return {
            "model": self.model.state(),
            "ranks": self.team.gather(mine),
            "progress": self.progress.state(),
            "log": self.log.sizes(),
            "provenance": self.setup.provenance,
            "lr_scale": self.lr_scale,
            "rollbacks": self.rollbacks,
        }

    def restore(self, state: Tree) -> None:
        """The inverse of `state`; the log files have been cut back by then.

        Raises:
            DAMAGE: the state is damaged.
        """
        mine = state["ranks"][self.team.rank]
        self.model.restore(state["model"])
        self.runner.restore(mine["runner"])
        self.progress.restore(state["progress"])
        self.setup.random.restore(mine["random"])
        self.lr_scale, self.rollbacks = state["lr_scale"], state["rollbacks"]

    def save_policy(self) -> Path | None:
        """Write a checkpoint of the policy, where there is a folder for it; the first rank does."""
        folder = self.setup.config.save_path
        return self.policy.write(Path(folder)) if folder and self.team.is_first else None

    def save_state(self) -> None:
        """Write all that `--resume` needs, where there is a folder for it; the first rank does."""
        config = self.setup.config
        if config.save_path:
            state = self.state()  # of all ranks
            if self.team.is_first:
                write_state(Path(config.save_path), self.policy, state, config.keep)

    def save_now(self) -> None:
        """The run is to stop: save all, and say so."""
        path = self.save_policy()
        self.save_state()
        if path is not None:
            self.log.say(
                f"stopped after update {self.progress.updates}; saved {path};"
                " --resume goes on from there"
            )

    def save_what_is_due(self) -> None:
        """After an update: what the intervals ask for; at the end of the run everything."""
        config, update = self.setup.config, self.progress.updates
        is_last = update == config.nupdates
        is_begun = update == 1 and config.save_interval  # as in Baselines
        if is_last or is_begun or _is_due(update, config.save_interval):
            self.save_policy()
        if is_last or _is_due(update, config.state_interval):
            self.save_state()
        if self.team.is_first and self.films.is_due(self.progress.timesteps):
            self.films.begin(self.policy, self.progress.timesteps)

    def check_ranks(self) -> None:
        """Check, when it is due, that what all ranks train is the same to the bit.

        Raises:
            Drifted: on all ranks; it names those that differ.
        """
        if self.team.size > 1 and self.progress.updates % CHECK_INTERVAL == 0:
            drifted = self.team.unlike(self.model.digest() + self.setup.normalizer.digest())
            with self.team.united():
                if drifted:
                    update = self.progress.updates
                    raise Drifted(
                        f"update {update}: the parameters or statistics of {drifted}, have changed"
                    )


def _is_due(update: int, interval: int) -> bool:
    return bool(interval) and update % interval == 0


@contextmanager
def session(setup: Setup) -> Iterator[Session]:
    """Open the outputs and begin, or go on where the saved state was.

    Raises:
        UserError: a folder cannot be written, or the state does not fit.
    """
    config = setup.config
    with ExitStack() as stack:
        stack.enter_context(closing(setup.envs))
        with setup.team.united():
            log = stack.enter_context(open_outputs(setup))
        model = Model(setup.policy, setup.params, config, setup.team)
        envs = VecNormalize(setup.envs, setup.normalizer, config.gamma)
        runner = Runner(envs, model, config, setup.random.actions)
        run = Session(setup, model, runner, Progress(config), log, Filming(config))
        if setup.resumed is None:
            if setup.team.is_first:
                for line in report(setup):
                    log.say(line)
            runner.start()
            setup.normalizer.share(setup.team)
            _begin(run)
        else:
            with setup.team.united():
                _go_on(run, setup.resumed.path, setup.resumed.state)
        try:
            yield run
        except Diverged as error:
            raise Diverged(f"update {run.progress.updates + 1}: {error}") from None
        finally:
            for line in run.films.finish():
                log.say(line)


def _begin(run: Session) -> None:
    config = run.setup.config
    if not config.save_path:
        return
    run.save_state()
    if run.team.is_first and not can_be_restored(
        lambda: make_task(config.env, config.env_arguments)
    ):
        run.log.say(
            f"WARNING: {config.env} keeps state that cannot be saved; resumed, the run will differ"
        )


def _go_on(run: Session, path: Path, state: Tree) -> None:
    try:
        run.restore(state)
    except DAMAGE as error:
        raise CheckpointError(f"--resume: {path} does not fit this run ({error!r})") from None
