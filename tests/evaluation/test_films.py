"""Films, made in processes of their own: OpenGL and the tests' own libraries stay apart."""

import math
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import called
import gymnasium as gym
import imageio.v3 as iio
import imageio_ffmpeg
import numpy as np
import pytest
import toys
from called import ROOT, Done

from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.saved_policy import SavedPolicy
from baselines.config import Config
from baselines.evaluation.filming import Filming
from baselines.evaluation.films import _fps, film, side_by_side, write
from baselines.training.saved import read_saved_policy

pytestmark = pytest.mark.xdist_group("films")

TEACHERS = ROOT / "teacher_models"
FOUR, SIX = (str(TEACHERS / f"centipede_{n}" / "0" / "00970") for n in ("four", "six"))


DRAWING = ("MUJOCO_GL", "DISPLAY")
"""The environment variables that say how to draw."""


def without_display() -> dict[str, str]:
    """The environment variables, but for those."""
    return {k: v for k, v in os.environ.items() if k not in DRAWING}


def skip_without_opengl() -> None:
    if not (find_library("EGL") or find_library("OSMesa")):
        pytest.skip("no OpenGL here")


def evaluate(*arguments: object, status: int = 0, **variables: str) -> Done:
    skip_without_opengl()
    there = without_display() | variables
    return called.python("-m", "baselines.evaluate", *arguments, status=status, variables=there)


def test_teacher_and_student_stand_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "films" / "both.gif"
    done = evaluate(f"--load_path={SIX}", "--beside", FOUR, "--video", path, "--video_length=3")
    assert done.stdout == f"wrote {path}\n"
    pictures = iio.imread(path)
    assert pictures.shape[:3] == (3, 480, 960)
    left, right = pictures[0, :, :480].astype(int), pictures[0, :, 480:].astype(int)
    assert np.abs(left - right).mean() > 1
    assert np.abs(pictures[0].astype(int) - pictures[2].astype(int)).max() > 20
    assert [p.name for p in path.parent.iterdir()] == ["both.gif"]


@pytest.mark.usefixtures("compiled_once")
def test_a_run_is_filmed_while_it_trains_one_film_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its films have processes of their own, wherever it trains."""
    skip_without_opengl()
    for name in DRAWING:
        monkeypatch.delenv(name, raising=False)
    done = called.call(
        "baselines.run", "--env=CentipedeFour-v1", "--num_timesteps=384", "--nsteps=128",
        "--nminibatches=4", "--noptepochs=1", "--xla=False", f"--log_path={tmp_path}",
        "--save_video_interval=1", "--save_video_length=2",
        "--env_kwargs={\"width\": 171, \"height\": 95}",
    )  # fmt: skip
    # The first takes longer than all updates, so that the second is not due any more.
    films = sorted((tmp_path / "videos").iterdir())
    assert [film.name for film in films] == ["128.mp4", "384.mp4"]
    assert [iio.imread(film).shape for film in films] == [(2, 96, 172, 3)] * 2
    told = re.findall("--save_video_interval=1: films left out.*: 1\n", done.stdout)
    assert len(told) == 1


def test_a_film_is_due_whenever_a_multiple_of_the_interval_is_passed() -> None:
    films = Filming(Config(env="CartPole-v1", nsteps=128, save_video_interval=300))
    due = [steps for steps in range(128, 1280, 128) if films.is_due(steps)]
    assert due == [384, 640, 1024]  # the first updates that end after 300, 600 and 900


def test_how_many_films_were_left_out_is_said_once(tmp_path: Path) -> None:
    """A run that is stopped asks twice: before it meets the signal, and at its end."""
    saved = read_saved_policy(FOUR, "load_path")
    films = Filming(Config(env="CentipedeFour-v1", log_path=str(tmp_path), save_video_interval=1))
    for update in (1, 2):
        films.add(replace(saved, metadata=saved.metadata | {"update": update}), update)
    assert [path.name for path in (tmp_path / "videos").iterdir()] == ["00002"]
    films.drop()
    assert [line.endswith(": 1") for line in films.finish()] == [True]
    assert films.finish() == []


def test_a_film_of_a_run_has_its_seed_and_the_length_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: dict[str, Any] = {}
    process = SimpleNamespace(poll=lambda: 0, wait=lambda: 0, returncode=0)
    monkeypatch.setattr(
        subprocess, "Popen", lambda command, **more: begun.update(more, run=command) or process
    )
    config = Config(
        env="CentipedeFour-v1", seed=7, log_path=str(tmp_path), save_video_interval=1,
        save_video_length=90,
    )  # fmt: skip
    films = Filming(config)
    films.add(read_saved_policy(FOUR, "load_path"), 64)
    assert films.finish() == []
    videos = tmp_path / "videos"
    assert begun["run"][1:] == [
        "-m", "baselines.evaluate", f"--load_path={videos / '00970'}", f"--video={videos}/64.mp4",
        "--seed=7", "--video_length=90", "--env", "CentipedeFour-v1",
    ]  # fmt: skip
    assert begun["start_new_session"]


def test_a_film_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    saved = read_saved_policy(FOUR, "load_path")
    films = Filming(Config(env="CentipedeFour-v1", log_path=str(tmp_path), save_video_interval=1))
    films.add(
        replace(saved, metadata=saved.metadata | {"env": {"id": "Nowhere-v0", "kwargs": {}}}), 1
    )
    assert films.advance() == []
    (line,) = films.finish()
    assert line.startswith("WARNING: no film after update 970: ")
    assert "Nowhere-v0" in line
    assert list((tmp_path / "videos").iterdir()) == []


def test_a_film_finds_the_modules_that_the_program_finds(
    tmp_path: Path, of_task: Callable[[str], SavedPolicy], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those beside a script that is started from another folder."""
    skip_without_opengl()
    for name in DRAWING:
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "beside.py").write_text(
        "import gymnasium, numpy, toys\n"
        "class Grey(toys.BoxToy):\n"
        "    metadata = {'render_modes': ['rgb_array']}\n"
        "    def __init__(self, render_mode): self.render_mode = render_mode\n"
        "    def render(self): return numpy.full((16, 16, 3), 99, 'u1')\n"
        "gymnasium.register('Grey-v0', Grey)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    saved = of_task("beside:Grey-v0")
    saved.metadata["update"] = 1
    films = Filming(Config(env="beside:Grey-v0", log_path=str(tmp_path), save_video_length=2))
    films.add(saved, 64)
    assert films.finish() == []
    assert iio.imread(tmp_path / "videos" / "64.mp4").shape == (2, 16, 16, 3)


SLOW = """#!/bin/sh
for argument; do
    case $argument in --video=*) film=${argument#--video=} ;; esac
done
sleep 60 &
echo $! > "${film%/*}/.1.7.partial.mp4"
wait
"""
"""In the place of Python: a film that has just begun, with a process that encodes it."""


@pytest.fixture
def endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Filming:
    """Films of which one is in work, and another waits."""
    program = tmp_path / "python"
    program.write_text(SLOW)
    program.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(program))
    saved = read_saved_policy(FOUR, "load_path")
    films = Filming(Config(env="CentipedeFour-v1", log_path=str(tmp_path), save_video_interval=1))
    for update in (1, 2):
        films.add(replace(saved, metadata=saved.metadata | {"update": update}), update)
        films.advance()
    for _ in range(6000):
        if encoder(tmp_path):
            return films
        time.sleep(0.01)
    raise AssertionError("no film was begun within a minute")


def encoder(folder: Path) -> str:
    """The number of the process that encodes the film."""
    partial = folder / "videos" / ".1.7.partial.mp4"
    return partial.read_text().strip() if partial.exists() else ""


def is_running(process: str) -> bool:
    """Whether there is such a process; one that has ended waits for who looks after orphans."""
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="processes are looked up in /proc")
@pytest.mark.parametrize("waits", [False, True])
def test_films_that_are_dropped_leave_no_process_and_no_file(
    waits: bool, endless: Filming, tmp_path: Path
) -> None:
    process = encoder(tmp_path)
    assert is_running(process)
    if waits:
        alarm = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            with pytest.raises(KeyboardInterrupt):
                endless.finish()
        finally:
            signal.signal(signal.SIGALRM, alarm)
    else:
        endless.drop()
    for _ in range(100):
        if not is_running(process):
            break
        time.sleep(0.01)  # it was killed, but nobody here can wait for its end
    assert not is_running(process)
    assert list((tmp_path / "videos").iterdir()) == []
    assert endless.finish() == []


class Drawn(toys.BoxToy):
    """Is drawn as bright as it has steps, at 25 pictures a second."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 25}  # noqa: RUF012

    def __init__(self, render_mode: str) -> None:
        self.render_mode = render_mode

    def render(self) -> np.ndarray:  # type: ignore[override]
        return np.full((2, 2, 3), 60 * self._steps, np.uint8)


class Growing(Drawn):
    """Its pictures get wider with every step."""

    def render(self) -> np.ndarray:  # type: ignore[override]
        return np.zeros((2, 2 + self._steps, 3), np.uint8)


gym.register("Drawn-v0", entry_point=Drawn)
gym.register("Growing-v0", entry_point=Growing)


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Drawn]:
    """The tasks that have been closed; they are drawn without OpenGL."""
    tasks: list[Drawn] = []
    monkeypatch.setattr(Drawn, "close", lambda self: tasks.append(self), raising=False)
    monkeypatch.setattr("baselines.evaluation.films.draw_offscreen", lambda: None)
    return tasks


@pytest.fixture
def of_task(mlp_policy: Callable[..., PlainPolicy]) -> Callable[[str], SavedPolicy]:
    """A policy that was trained in the task of this name."""
    policy = mlp_policy(distribution=DiagGaussian(3))
    params = policy.init(np.random.default_rng(0))

    def saved(name: str) -> SavedPolicy:
        made_for = {"env": {"id": name, "kwargs": {}}, **toys.spaces_for(policy)}
        return SavedPolicy(policy, params, Normalizer.fresh(3), made_for)

    return saved


def test_a_film_is_as_fast_as_its_task_and_closes_it(
    tmp_path: Path, of_task: Callable[[str], SavedPolicy], closed: list[Drawn]
) -> None:
    path = tmp_path / "film.gif"
    film(path, [of_task("Drawn-v0")] * 2, seed=0, deterministic=True, length=3)
    assert iio.imread(path)[:, 0, :, 0].tolist() == [[60] * 4, [120] * 4, [180] * 4]
    assert iio.immeta(path)["duration"] == 1000 / 25
    assert len(closed) == 2


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["Growing-v0"], r"Growing-v0: .* pictures of one shape, \(2, 3, 3\) as the first$"),
        (["Drawn-v0", "Nowhere-v0"], "the file's task 'Nowhere-v0' is not known here"),
    ],
)
def test_what_cannot_be_filmed_is_told_and_what_was_made_is_closed(
    names: list[str],
    told: str,
    tmp_path: Path,
    of_task: Callable[[str], SavedPolicy],
    closed: list[Drawn],
) -> None:
    policies = [of_task(name) for name in names]
    with pytest.raises(UserError, match=f"^--env: {told}"):
        film(tmp_path / "film.gif", policies, seed=0, deterministic=True, length=3)
    assert len(closed) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("said", "fps"),
    [
        ({"render_fps": 25}, 25), ({"render_fps": 0.2}, 1), ({}, 30), (None, 30),
        (["rgb_array"], 30),
        *(({"render_fps": odd}, 30) for odd in (None, "fast", 0, -5, math.inf, math.nan)),
    ],
)  # fmt: skip
def test_a_task_that_tells_no_speed_of_use_has_30_pictures_a_second(said: Any, fps: int) -> None:
    assert _fps(SimpleNamespace(metadata=said)) == fps  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [".mp4", ".gif"])
@pytest.mark.parametrize("size", [(1, 1), (15, 17), (48, 47)])
def test_pictures_of_any_size_are_filmed(kind: str, size: tuple[int, int], tmp_path: Path) -> None:
    height, width = size
    rows, columns = np.arange(height), np.arange(width)
    picture = np.add.outer(2 * rows, columns).astype(np.uint8)[..., None].repeat(3, axis=2)
    write(tmp_path / f"film{kind}", iter([picture, picture + 50]), fps=20)
    film = iio.imread(tmp_path / f"film{kind}")
    sides = [side + side % 2 for side in size] if kind == ".mp4" else list(size)
    assert list(film.shape) == [2, *sides, 3]
    shown = film[:, :height, :width].astype(int)
    assert np.abs(shown - [picture, picture + 50]).max() <= 6
    if kind == ".mp4":
        _, seconds = imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "film.mp4"))
        assert seconds == pytest.approx(2 / 20)
    else:
        assert iio.immeta(tmp_path / "film.gif")["duration"] == 50  # milliseconds for a picture


def test_no_folder_is_made_for_what_cannot_be_drawn(tmp_path: Path) -> None:
    def pictures() -> Iterator[np.ndarray]:
        raise UserError("no picture")
        yield

    with pytest.raises(UserError, match="no picture"):
        write(tmp_path / "new" / "film.gif", pictures(), fps=20)
    assert not (tmp_path / "new").exists()
    write(tmp_path / "new" / "film.gif", iter([np.zeros((2, 2, 3), np.uint8)]), fps=20)
    assert (tmp_path / "new" / "film.gif").is_file()


def test_a_film_that_is_over_stands_still() -> None:
    one, two = (np.full((2, 1, 3), n, np.uint8) for n in (1, 2))
    seen = list(side_by_side([[one, two], [two]]))
    assert [picture[0, :, 0].tolist() for picture in seen] == [[1, 2], [2, 2]]


@pytest.mark.parametrize(("height", "shape"), [(None, (4, 8, 3)), (8, (8, 16, 3))])
def test_pictures_of_several_heights_are_scaled(height: int | None, shape: tuple[int, ...]) -> None:
    films = [[np.full((h, w, 3), n, np.uint8)] for h, w, n in ((4, 6, 50), (8, 4, 200))]
    (picture,) = side_by_side(films, height)
    assert picture.shape == shape
    edge = shape[1] * 3 // 4
    assert (picture[:, :edge] == 50).all()
    assert (picture[:, edge:] == 200).all()


BAD_INPUT = {
    "another ending": (["--video", "film.avi"], "--video: film.avi must end in .mp4 or .gif"),
    "nothing to stand beside": (["--beside", FOUR], "--beside: given without --video"),
    "no film to be short": (["--video_length=2"], "--video_length: given without --video"),
    "no film to be high": (["--video_height=16"], "--video_height: given without --video"),
    "a film has no numbers": (["--video=x.mp4", "--json"], "--json: given with --video"),
    "a film is of one": (["--video=x.mp4", "--episodes=3"], "--episodes: given with --video"),
    "a film has a length": (["--video=x.mp4", "--max_steps=9"], "--max_steps: given with --video"),
    "too low": (["--video_height=15"], "--video_height: must lie between 16 and 2160, not 15"),
    "no such policy": (
        ["--video", "x.mp4", "--beside", "nowhere"], "--beside: cannot read nowhere",
    ),
    "no folder": (
        ["--video", f"{FOUR}/x.mp4"], "--video: cannot write to .*00970 is not a folder",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def refusals() -> dict[str, Done]:
    calls = {case: [f"--load_path={SIX}", *bad] for case, (bad, _) in BAD_INPUT.items()}
    return called.call_without_tensorflow("baselines.evaluate", calls, without_display())


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_is_one_line(case: str, refusals: dict[str, Done]) -> None:
    status, _, stderr = refusals[case]
    assert status == 2
    assert len(stderr.splitlines()) == 1
    assert re.search(BAD_INPUT[case][1], stderr), stderr


def test_without_opengl_a_line_says_what_to_install(tmp_path: Path) -> None:
    """The drivers of EGL are hidden, and no other OpenGL is left."""
    if find_library("OSMesa") or not find_library("GLdispatch"):
        pytest.skip("no way to be without OpenGL here")
    hidden = {"__EGL_VENDOR_LIBRARY_FILENAMES": "/nowhere"}
    film = tmp_path / "films" / "x.mp4"
    done = evaluate(f"--load_path={SIX}", "--video", film, status=2, **hidden)
    assert len(done.stderr.splitlines()) == 1
    assert re.search("--video: there is nothing to draw with, .* sudo apt install", done.stderr)
    assert not film.parent.exists()
