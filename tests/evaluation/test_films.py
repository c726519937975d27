"""Films, made in processes of their own: MuJoCo chooses its OpenGL when it is first imported."""

import os
import re
import subprocess
import sys
from ctypes.util import find_library
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest

from baselines.evaluation.films import side_by_side

ROOT = Path(__file__).resolve().parents[2]
TEACHERS = ROOT / "teacher_models"
FOUR, SIX = (str(TEACHERS / f"centipede_{n}" / "0" / "00970") for n in ("four", "six"))


def call(program: str, *arguments: object, status: int = 0) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("MUJOCO_GL", "DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-m", f"baselines.{program}", *map(str, arguments)], cwd=ROOT,
        capture_output=True, text=True, timeout=300, env=environment, check=False,
    )  # fmt: skip
    has_opengl = find_library("EGL") or find_library("OSMesa")
    if "nothing to draw with" in done.stderr and not has_opengl:
        pytest.skip("no OpenGL here")
    assert done.returncode == status, done.stderr
    return done


def test_teacher_and_student_stand_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "films" / "both.gif"
    done = call(
        "evaluate", f"--load_path={SIX}", "--beside", FOUR, "--video", path, "--video_length=3"
    )
    assert done.stdout == f"wrote {path}\n"
    pictures = iio.imread(path)
    assert pictures.shape[:3] == (3, 480, 960)
    left, right = pictures[0, :, :480].astype(int), pictures[0, :, 480:].astype(int)
    assert np.abs(left - right).mean() > 1
    assert np.abs(pictures[0].astype(int) - pictures[2].astype(int)).max() > 20
    assert [p.name for p in path.parent.iterdir()] == ["both.gif"]


def test_a_run_is_filmed_while_it_trains(tmp_path: Path) -> None:
    call(
        "run", "--env=CentipedeFour-v1", "--num_timesteps=384", "--nsteps=128", "--nminibatches=4",
        "--noptepochs=1", "--xla=False", f"--log_path={tmp_path}", "--save_video_interval=200",
        "--save_video_length=2",
    )  # fmt: skip
    films = sorted((tmp_path / "videos").iterdir())
    assert [film.name for film in films] == ["256.mp4"]
    assert iio.imread(films[0]).shape[1:] == (480, 480, 3)


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


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--video", "film.avi"], "--video: film.avi must end in .mp4 or .gif"),
        (["--beside", FOUR], "--beside: given without --video"),
        (["--video_height=15"], "--video_height: must lie between 16 and 2160, not 15"),
        (["--video", "x.mp4", "--beside", "nowhere"], "--beside: cannot read nowhere"),
        (["--video", f"{FOUR}/x.mp4"], "--video: cannot write to .*00970 is not a folder"),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], expected: str) -> None:
    done = call("evaluate", f"--load_path={SIX}", *arguments, status=2)
    assert len(done.stderr.splitlines()) == 1
    assert re.search(expected, done.stderr), done.stderr


def test_without_opengl_a_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from baselines.common import offscreen
    from baselines.common.errors import UserError

    monkeypatch.delenv("MUJOCO_GL", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(offscreen, "_loads", lambda library: "OSMesa" in library)
    offscreen.draw_offscreen("video")
    assert os.environ.pop("MUJOCO_GL") == "osmesa"
    monkeypatch.setattr(offscreen, "_loads", lambda library: False)
    with pytest.raises(UserError, match="--video: there is nothing to draw with, neither EGL"):
        offscreen.draw_offscreen("video")
