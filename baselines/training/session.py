"""A training run while it lasts: all its parts, saved as a whole and put back as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np

from baselines.common.checkpoint import DAMAGE, CheckpointError, TooLarge
from baselines.common.errors import Diverged, Drifted, UserError
from baselines.common.networks.policy import Policy
from baselines.common.seeding import Streams
from baselines.common.stopping import StopRequests
from baselines.common.team import Team
from baselines.common.trees import Tree
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.common.vec_env.shared_stats import SharedStatistics
from baselines.logger import Log
from baselines.training.outlook import report
from baselines.training.outputs import open_outputs
from baselines.training.progress import Progress
from baselines.training.setup import Setup
from baselines.training.states import has_state, write_state

CHECK_INTERVAL = 10
"""Updates after which the ranks compare hashes of what they train."""


class Learner(Protocol):
    """A policy in training, with the state of its algorithm."""

    @property
    def policy(self) -> Policy:
        """The policy as it stands."""

    @property
    def params(self) -> dict[str, np.ndarray]:
        """Its trainable variables by name."""

    def state(self) -> Tree:
        """All else that training depends on."""

    def restore(self, state: Tree) -> None:
        """The inverse of `state`; raises one of `DAMAGE` for the state of something else."""

    def digest(self) -> str:
        """A hash of what all ranks must have alike."""


class Collector(Protocol):
    """Collects experience; begun by `start`, or by `restore`."""

    def start(self) -> None:
        """Begin with new episodes; raises Diverged if they begin with what is not finite."""

    def state(self) -> Tree:
        """Where it stands."""

    def restore(self, state: Tree) -> None:
        """The inverse of `state`; raises one of `DAMAGE` for the state of something else."""


class Films(Protocol):
    """Films of the policy while it trains."""

    def is_due(self, steps: int) -> bool:
        """Whether a film is to be made after an update that ended after so many steps."""

    def add(self, policy: SavedPolicy, steps: int) -> None:
        """Have the policy filmed as it is after so many steps."""

    def advance(self) -> list[str]:
        """After an update: make what is to be made; returns what there is to be said."""

    def finish(self) -> list[str]:
        """Wait for the films; returns what there is to be said."""

    def drop(self) -> None:
        """End at once what makes them."""


L = TypeVar("L", bound=Learner)
C = TypeVar("C", bound=Collector)

Parts = Callable[[Setup, Normalizer, Streams], tuple[L, C]]
"""An algorithm: makes its learner and its collector from the setup, the statistics and the random
streams; both change the latter two as they go."""


@dataclass
class Session(Generic[L, C]):
    """The parts of a run that change while it lasts.

    Attributes:
        setup: the settings and all that was made of them before the run.
        model: the policy in training.
        runner: the collector of experience.
        normalizer: the statistics of observations and returns.
        shared: exchanges these statistics between the ranks.
        random: the random streams.
        progress: updates, steps and the latest returns.
        log: where the metrics go.
        films: the films of the policy.
        lr_scale: factor of the learning rate, halved by each rollback.
        rollbacks: how often the run went back to an earlier state.
        is_too_large: whether a state was too large to be saved.
    """

    setup: Setup
    model: L
    runner: C
    normalizer: Normalizer
    shared: SharedStatistics
    random: Streams
    progress: Progress
    log: Log
    films: Films
    lr_scale: float = 1.0
    rollbacks: int = 0
    is_too_large: bool = False

    @property
    def team(self) -> Team:
        """The ranks that train together."""
        return self.setup.team

    @property
    def policy(self) -> SavedPolicy:
        """The policy as it stands."""
        metadata = self.setup.provenance | self.progress.description()
        return SavedPolicy(self.model.policy, self.model.params, self.normalizer, metadata)

    def state(self) -> Tree:
        """The whole state of the run on all ranks, without the policy itself."""
        mine = {"runner": self.runner.state(), "random": self.random.state()}
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
        """The inverse of `state`.

        Raises:
            DAMAGE: the state is damaged.
        """
        mine = state["ranks"][self.team.rank]
        self.model.restore(state["model"])
        self.runner.restore(mine["runner"])
        self.progress.restore(state["progress"])
        self.random.restore(mine["random"])
        self.lr_scale, self.rollbacks = state["lr_scale"], state["rollbacks"]

    def save_policy(self) -> Path | None:
        """Write a checkpoint of the policy, where there is a folder for it; the first rank does."""
        folder = self.setup.config.save_path
        return self.policy.write(Path(folder)) if folder and self.team.is_first else None

    def save_state(self) -> bool:
        """Write all that `--resume` needs, where there is a folder for it; the first rank does.

        Returns:
            Whether it is written; one too large to be read again is not, which is said once.
        """
        config = self.setup.config
        if not config.save_path:
            return False
        state = self.state()  # of all ranks
        try:
            if self.team.is_first:
                write_state(Path(config.save_path), self.policy, state, config.keep)
        except TooLarge as error:
            if not self.is_too_large:
                self.log.say(f"WARNING: not saved, and --resume will not find it: {error}")
            self.is_too_large = True
            return False
        return self.team.is_first

    def save_all(self) -> None:
        """The run is to stop: save all, and say so."""
        path = self.save_policy()
        is_saved = self.save_state()
        if path is not None:
            if is_saved:
                next_step = "--resume goes on from there"
            elif has_state(path.parent):
                next_step = "--resume goes on from an earlier update"
            else:
                next_step = "--load_path begins a new run with it"
            self.log.say(f"stopped after update {self.progress.updates}; saved {path}; {next_step}")

    def save_what_is_due(self) -> None:
        """After an update, save and film as the intervals ask; at the end of the run save all."""
        config, update = self.setup.config, self.progress.updates
        is_last = update == config.nupdates
        is_begun = update == 1 and config.save_interval  # as in Baselines
        if is_last or is_begun or _is_due(update, config.save_interval):
            self.save_policy()
        if is_last or _is_due(update, config.state_interval):
            self.save_state()
        if self.team.is_first:
            self.film_what_is_due()

    def film_what_is_due(self) -> None:
        """Go on with the films, and say what became of them; the first rank does."""
        steps = self.progress.timesteps
        if self.films.is_due(steps):
            self.films.add(self.policy, steps)
        for line in self.films.advance():
            self.log.say(line)

    def finish_films(self) -> None:
        """Wait for the films, and say what became of them."""
        for line in self.films.finish():
            self.log.say(line)

    def end_update(self, stop: StopRequests, goes_on: bool = True) -> bool:
        """After an update that `progress` has recorded: check, save what is due, or stop.

        Its arguments, and what it returns and raises besides, are those of `stop_if_asked`.

        Raises:
            Drifted: see `check_ranks`.
        """
        self.check_ranks()
        self.save_what_is_due()
        return self.stop_if_asked(stop, goes_on)

    def stop_if_asked(self, stop: StopRequests, goes_on: bool = True) -> bool:
        """Save all and end the films, if a signal, a rank or a closed output asks for it.

        All ranks call it together.

        Args:
            stop: the signals.
            goes_on: whether this rank wants the run to go on.

        Returns:
            Whether the run is over.

        Raises:
            KeyboardInterrupt: the run was to stop, and all is saved.
            OSError: nobody reads any more what the run prints, and all is saved.
        """
        broken = self.log.broken
        is_over = any(self.team.gather(stop.requested or not goes_on or broken is not None))
        if is_over:
            self.save_all()
            self.finish_films()
            with self.team.united():
                stop.meet()
                if broken is not None:
                    raise broken
        return is_over

    def check_ranks(self) -> None:
        """Check, when it is due, that what all ranks train is the same to the bit.

        Raises:
            Drifted: on all ranks; it names those that differ.
        """
        if self.team.size > 1 and self.progress.updates % CHECK_INTERVAL == 0:
            drifted = self.team.unlike(self.model.digest() + self.normalizer.digest())
            with self.team.united():
                if drifted:
                    update = self.progress.updates
                    raise Drifted(
                        f"update {update}: the parameters or statistics of {drifted}, have changed"
                    )


def _is_due(update: int, interval: int) -> bool:
    return bool(interval) and update % interval == 0


@contextmanager
def session(setup: Setup, parts: Parts[L, C], films: Films) -> Iterator[Session[L, C]]:
    """Open the outputs and begin, or go on where the saved state was.

    Args:
        setup: the start of the run; of it only the environments are changed, and closed.
        parts: the algorithm.
        films: the films of the policy.

    Raises:
        UserError: a folder cannot be written, or the state does not fit.
    """
    with ExitStack() as stack:
        stack.enter_context(closing(setup.envs))
        normalizer, random = deepcopy(setup.normalizer), setup.streams()
        shared = SharedStatistics(normalizer, setup.team)
        model, runner = parts(setup, normalizer, random)
        progress = Progress(setup.config)
        run = Session(setup, model, runner, normalizer, shared, random, progress, Log(), films)
        with setup.team.united():  # a task or a state that does not fit: before a file is touched
            told = _begin_or_go_on(run)
        with setup.team.united():
            run.log = stack.enter_context(open_outputs(setup))
        progress.start_clock()
        for line in told:
            run.log.say(line)
        if setup.resumed is None:
            shared.exchange()
            run.save_state()
        try:
            yield run
        except Diverged as error:
            raise Diverged(f"update {run.progress.updates + 1}: {error}") from None
        except KeyboardInterrupt:  # at the first signal, the films have been waited for by now
            films.drop()
            raise
        finally:
            run.finish_films()
            for line in setup.envs.close():
                run.log.say(line)


def _begin_or_go_on(run: Session[L, C]) -> list[str]:
    """Begin the first episodes, or go on from the saved state; lines for the user."""
    found = run.setup.resumed
    if found is not None:
        try:
            run.restore(found.state)
        except DAMAGE as error:
            if type(error) is UserError:  # what the task returns is wrong, not the state
                raise
            raise CheckpointError(
                f"--resume: {found.path} does not fit this run ({error!r}); has the task changed?"
            ) from None
        return []
    told = list(report(run.setup)) if run.team.is_first else []
    try:
        run.runner.start()
    except Diverged as error:  # no state of this run to go back to; an earlier one's may be there
        raise UserError(f"--env: {run.setup.config.env}: {error}") from None
    return told
