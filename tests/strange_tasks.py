"""Tasks as strangers bring them: rude, wrong, old, endless, or such that there can be only one.

`python tests/strange_tasks.py [NAME ...]` trains each of them for two updates, as a user would, and
prints how that ended, and whether it is right.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium import spaces

MODULE = "strange_tasks"
EPISODE_STEPS = 16

Start = tuple[Any, dict[str, Any]]
Step = tuple[Any, float, bool, bool, dict[str, Any]]


class Polite(gym.Env):
    """The well-behaved one, which the others are made from: the action should be the observation.

    Attributes:
        seen: the actions of the last episode as they came.
    """

    observation_space: spaces.Space = spaces.Box(-1.0, 1.0, (4,), np.float64)
    action_space: spaces.Space = spaces.Box(-1.0, 1.0, (4,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Start:
        super().reset(seed=seed)
        self._steps = 0
        return self.observe(), {}

    def step(self, action: Any) -> Step:
        return self.after(-float(np.square(np.clip(action, -1, 1) - self._target).sum()))

    def after(self, reward: Any) -> Any:
        """What a step returns that was worth so much."""
        self._steps += 1
        return self.observe(), reward, self._steps == EPISODE_STEPS, False, {}

    def observe(self) -> Any:
        self._target = self.np_random.uniform(-1, 1, 4)
        return self._target.copy()


class ClipsInPlace(Polite):
    """Changes the action that it was lent; the return is that of `Polite`."""

    def step(self, action: Any) -> Step:
        np.clip(action, -1, 1, out=action)
        result = super().step(action)
        action *= 50
        return result


class OneBuffer(Polite):
    """Returns the same array again and again, and spoils it between the calls."""

    def __init__(self) -> None:
        self._buffer = np.zeros(4)

    def step(self, action: Any) -> Step:
        self._buffer[:] = np.nan
        return super().step(action)

    def observe(self) -> Any:
        self._buffer[:] = super().observe()
        return self._buffer


class KeepsActions(Polite):
    """Holds on to every action, and spoils all of them at the end of an episode."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Start:
        for action in getattr(self, "_kept", ()):
            action[...] = 1e6
        self._kept: list[Any] = []
        return super().reset(seed=seed)

    def step(self, action: Any) -> Step:
        self._kept.append(action)
        return super().step(action)


class SpoilsKwargs(Polite):
    """Empties the list that it was given as an argument."""

    def __init__(self, goals: list[float]) -> None:
        if not goals:
            raise ValueError("no goals")
        self._goals = goals.copy()
        goals.clear()


class Lists(Polite):
    """Observations as lists, rewards and flags of NumPy: nothing wrong with that."""

    def after(self, reward: Any) -> Any:
        obs, reward, terminated, truncated, info = super().after(reward)
        return obs.tolist(), np.float32(reward), np.bool_(terminated), np.bool_(truncated), info


class StepResult(NamedTuple):
    """What a step returns, with names."""

    obs: Any
    reward: Any
    terminated: bool
    truncated: bool
    info: dict[str, Any]


class NamedResults(Polite):
    """Returns a named tuple from each step."""

    def after(self, reward: Any) -> Any:
        return StepResult(*super().after(reward))


# What a task returns


class OneForFour(Polite):
    """One number where there are four."""

    def observe(self) -> Any:
        return super().observe()[:1]


class Column(Polite):
    """A column instead of a row."""

    def observe(self) -> Any:
        return super().observe()[:, None]


class LaterOneForFour(Polite):
    """Right at first, wrong in the middle of the first episode."""

    def observe(self) -> Any:
        obs = super().observe()
        return obs[:1] if self._steps == 5 else obs


class Texts(Polite):
    """Observations as texts."""

    def observe(self) -> Any:
        return [str(x) for x in super().observe()]


class Complex(Polite):
    """Observations as complex numbers."""

    def observe(self) -> Any:
        return super().observe() * 1j


class RewardOfOne(Polite):
    """The reward as an array of one."""

    def after(self, reward: Any) -> Any:
        return super().after(np.array([reward]))


class RewardNone(Polite):
    """No reward, as where a `return` was forgotten."""

    def after(self, reward: Any) -> Any:
        return super().after(None)


class RewardText(Polite):
    """The reward as a text, which `float` would read."""

    def after(self, reward: Any) -> Any:
        return super().after(str(reward))


class FlagNone(Polite):
    """`terminated` is None."""

    def after(self, reward: Any) -> Any:
        obs, reward, _, truncated, info = super().after(reward)
        return obs, reward, None, truncated, info


class FlagText(Polite):
    """`terminated` is a text, and so always true."""

    def after(self, reward: Any) -> Any:
        obs, reward, terminated, truncated, info = super().after(reward)
        return obs, reward, str(terminated), truncated, info


class OldStep(Polite):
    """`step` of before Gymnasium 0.26: four values."""

    def after(self, reward: Any) -> Any:
        obs, reward, terminated, _, info = super().after(reward)
        return obs, reward, terminated, info


class OldReset(Polite):
    """`reset` of before Gymnasium 0.26: the observation alone, which here has two entries."""

    observation_space: spaces.Space = spaces.Box(-1.0, 1.0, (2,), np.float64)
    action_space: spaces.Space = spaces.Box(-1.0, 1.0, (2,), np.float32)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=seed)[0]

    def observe(self) -> Any:
        self._target = self.np_random.uniform(-1, 1, 2)
        return self._target.copy()


class ResetWithoutSeed(Polite):
    """`reset` of before Gym 0.22, which takes no seed."""

    def reset(self) -> Start:  # type: ignore[override]
        return super().reset(seed=0)


class NothingFromReset(Polite):
    """A `return` was forgotten."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        super().reset(seed=seed)


class NoInfoFromReset(Polite):
    """None in place of the info."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        return super().reset(seed=seed)[0], None


# Spaces


class ManyChoices(Polite):
    """Several discrete actions at once."""

    action_space: spaces.Space = spaces.MultiDiscrete([3, 4])


class Switches(Polite):
    """Several binary actions at once."""

    action_space: spaces.Space = spaces.MultiBinary(4)


class WholeActions(Polite):
    """A Box of integers, which would get floats."""

    action_space: spaces.Space = spaces.Box(0, 10, (4,), np.int64)


class NoActions(Polite):
    """A Box of nothing."""

    action_space: spaces.Space = spaces.Box(-1.0, 1.0, (0,), np.float32)


class NoObservations(Polite):
    """Observations of nothing."""

    observation_space: spaces.Space = spaces.Box(-1.0, 1.0, (0,), np.float64)


class WideActions(Polite):
    """A Box as wide as can be, which cannot be sampled: its width is not finite."""

    action_space: spaces.Space = spaces.Box(-1e308, 1e308, (4,), np.float64)


class Named(Polite):
    """Observations by name."""

    observation_space: spaces.Space = spaces.Dict({"x": spaces.Box(-1.0, 1.0, (4,), np.float64)})


class NoSpaces(gym.Env):
    """The spaces were forgotten."""


class SpaceFails(Polite):
    """Asks a robot that does not answer for its space."""

    @property
    def action_space(self) -> spaces.Space:  # type: ignore[override]
        raise ConnectionError("the robot does not answer")


# State


class GrowingHistory(Polite):
    """Keeps a list that grows by a NumPy scalar at every step."""

    def __init__(self) -> None:
        self._history: list[np.float64] = []

    def step(self, action: Any) -> Step:
        self._history.append(np.float64(self._target[0]))
        return super().step(action)


class Tables(Polite):
    """Holds large tables that never change."""

    def __init__(self, megabytes: int = 1) -> None:
        self._table = np.arange(megabytes << 17, dtype=np.float64)
        self._more = {"half": [self._table[::2].copy()]}


class GrowsTooLarge(Polite):
    """Holds a large table that changes with every step."""

    def __init__(self, megabytes: int = 1) -> None:
        self._table = np.zeros(megabytes << 17)

    def step(self, action: Any) -> Step:
        self._table[:] = self._steps
        return super().step(action)


class Itself(Polite):
    """Keeps a list that contains itself, and one far too deep."""

    def __init__(self) -> None:
        self._ring: list[Any] = [1.0]
        self._ring.append(self._ring)
        self._deep: list[Any] = []
        for _ in range(5000):
            self._deep = [self._deep]


class OddValues(Polite):
    """Keeps what no checkpoint can hold: long doubles, numbers of 10,000 digits, odd names."""

    def __init__(self) -> None:
        self._long = np.zeros(3, np.longdouble)
        self._digits = 10**10_000
        self._names = {"a": {"b": np.ones(2)}, "a/b": np.zeros(2), "\ud800": np.zeros(3)}


# Errors


class Fails(Polite):
    """Raises this at its twentieth step."""

    error: BaseException = RuntimeError("physics exploded")
    _count = 0

    def step(self, action: Any) -> Step:
        self._count += 1
        if self._count == 20:
            raise self.error
        return super().step(action)


class FileGone(Fails):
    """A file of the task's is missing."""

    error = FileNotFoundError(2, "No such file or directory", "levels/7.txt")


class SimulatorDied(Fails):
    """A simulator behind a pipe has died."""

    error = BrokenPipeError(32, "Broken pipe")


class Quits(Fails):
    """Leaves the process, as if all was done."""

    error = SystemExit(0)


class Interrupts(Fails):
    """Raises an error that is bad input where it is ours."""

    error = ValueError("bad level")


class FailsAtReset(Polite):
    """Cannot begin."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Start:
        raise OSError("the simulator does not answer")


class CloseFails(Polite):
    """Cannot be closed."""

    def close(self) -> None:
        raise RuntimeError("already closed")


class OnlyOne(Polite):
    """There can be one of it at a time, as if it held a port."""

    is_open = False

    def __init__(self) -> None:
        if OnlyOne.is_open:
            raise OSError(98, "Address already in use")
        OnlyOne.is_open = True

    def close(self) -> None:
        OnlyOne.is_open = False


class OneClient(Polite):
    """A second one can be made, but the simulator behind it talks to the first only."""

    clients = 0

    def __init__(self) -> None:
        OneClient.clients += 1
        self._is_first = OneClient.clients == 1

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Start:
        if not self._is_first:
            raise ConnectionRefusedError(111, "Connection refused")
        return super().reset(seed=seed)


class Endless(Polite):
    """No episode ever ends."""

    def after(self, reward: Any) -> Any:
        obs, reward, _, _, info = super().after(reward)
        return obs, reward, False, False, info


@dataclass(frozen=True)
class Ending:
    """How a training should end.

    Attributes:
        status: exit status.
        said: pattern of what the user is told.
    """

    status: int
    said: str


TRAINS = Ending(0, "done: 2 updates")


def refused(said: str) -> Ending:
    return Ending(2, rf"error: --env: \w+-v0.*{said}")


def failed(said: str) -> Ending:
    return Ending(1, rf"error: the task \w+-v0 .*{said}")


ENDINGS: dict[type[gym.Env], Ending] = {
    Polite: TRAINS,
    ClipsInPlace: TRAINS,
    OneBuffer: TRAINS,
    KeepsActions: TRAINS,
    SpoilsKwargs: TRAINS,
    Lists: TRAINS,
    NamedResults: TRAINS,
    OneForFour: refused(r"shape \(1,\), not \(4,\)"),
    Column: refused(r"shape \(4, 1\), not \(4,\)"),
    LaterOneForFour: refused(r"shape \(1,\), not \(4,\)"),
    Texts: refused("observation.*numbers"),
    Complex: refused("observation.*numbers"),
    RewardOfOne: refused("reward.*number"),
    RewardNone: refused("reward.*number, not None"),
    RewardText: refused("reward.*number"),
    FlagNone: refused("terminated.*True or False, not None"),
    FlagText: refused("terminated.*True or False"),
    OldStep: refused(r"step.*\(obs, reward, terminated, truncated, info\)"),
    OldReset: refused(r"reset.*\(obs, info\)"),
    ResetWithoutSeed: refused("reset.*seed"),
    NothingFromReset: refused(r"reset.*\(obs, info\)"),
    NoInfoFromReset: refused(r"reset.*\(obs, info\) with a dictionary as info, not None"),
    ManyChoices: refused("actions must be"),
    Switches: refused("actions must be"),
    WholeActions: refused("actions must be.*int64"),
    NoActions: refused("actions must be"),
    WideActions: refused("action_space.*OverflowError"),
    NoObservations: refused("observations must be"),
    Named: refused("observations must be"),
    NoSpaces: refused("observations must be"),
    GrowingHistory: TRAINS,
    Tables: TRAINS,
    GrowsTooLarge: TRAINS,
    Itself: TRAINS,
    OddValues: TRAINS,
    Fails: failed("RuntimeError: physics exploded"),
    FileGone: failed("FileNotFoundError: .*levels/7.txt"),
    SimulatorDied: failed("BrokenPipeError: "),
    Quits: failed("SystemExit: 0"),
    Interrupts: failed("ValueError: bad level"),
    FailsAtReset: failed("the simulator does not answer"),
    SpaceFails: failed("action_space: ConnectionError: the robot does not answer"),
    CloseFails: Ending(0, "WARNING: .*close.*already closed"),
    OnlyOne: Ending(0, "time: not known.*Address already in use"),
    OneClient: Ending(0, "time: not known.*Connection refused"),
    Endless: TRAINS,
}
"""Every task here, and how two updates of it should end."""

ARGUMENTS = {SpoilsKwargs: '{"goals": [0.5]}'}

SMALL = ("--num_timesteps=256", "--nsteps=128", "--nminibatches=4", "--noptepochs=1", "--xla=False")


def task_id(task: type[gym.Env]) -> str:
    """What `--env` is to name it."""
    return f"{MODULE}:{task.__name__}-v0"


def train(task: type[gym.Env], folder: Path) -> subprocess.CompletedProcess[str]:
    """Train it as a user would, in a process of its own, with its files in this folder."""
    command = [
        sys.executable, "-m", "baselines.run", f"--env={task_id(task)}", *SMALL,
        f"--save_path={folder / 'models'}", f"--log_path={folder / 'logs'}",
        f"--env_kwargs={ARGUMENTS.get(task, '{}')}",
    ]  # fmt: skip
    here = Path(__file__).resolve().parent
    path = os.pathsep.join([str(here), str(here.parent)])
    return subprocess.run(
        command, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def register() -> None:
    """Tell Gymnasium of all tasks here."""
    for task in ENDINGS:
        if f"{task.__name__}-v0" not in gym.registry:
            gym.register(f"{task.__name__}-v0", entry_point=f"{MODULE}:{task.__name__}")


register()


def main(names: list[str]) -> int:
    """Train the named tasks, or all; the number of those that ended otherwise than they should."""
    wrong = 0
    for task, ending in ENDINGS.items():
        if names and task.__name__ not in names:
            continue
        with tempfile.TemporaryDirectory() as folder:
            done = train(task, Path(folder))
        said = done.stdout + done.stderr
        right = done.returncode == ending.status and re.search(ending.said, said) is not None
        wrong += not right
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        print(f"{'right' if right else 'WRONG'}  {task.__name__}: status {done.returncode}", *last)
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
