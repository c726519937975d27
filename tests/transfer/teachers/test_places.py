"""Where teachers are found again on a student's body, and the statistics it begins with."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.common.checkpoint import Checkpoint, CheckpointError, read
from baselines.common.errors import UserError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.seeding import streams
from baselines.common.vec_env.running_stats import Normalizer, RunningMeanStd
from baselines.common.vec_env.stored_body import described_body
from baselines.config import Config
from baselines.training.teacher_files import teacher_from_checkpoint
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.teachers import teacher_weights
from baselines.transfer.teachers.correspondence import ABSENT, Window
from baselines.transfer.teachers.places import (
    STATISTICS_WEIGHT,
    known_statistics,
    placed_teachers,
    places,
)
from baselines.transfer.teachers.teacher import Teacher

ROOT = Path(__file__).resolve().parents[3]
FOUR = ROOT / "teacher_models" / "centipede_four" / "0" / "00970"
LIZARD = ROOT / "examples" / "lizard.xml"
MOTORS = 9

POLICY = PlainPolicy(16 - 2 + 15 + 6 * 10, DiagGaussian(MOTORS), NetworkSpec(1, 4, "tanh"))
"""Of the lizard: 9 hinges and a free root, and forces on 10 bodies."""


def checkpoint_of(body: Path) -> Checkpoint:
    """Of a teacher that was trained in a body of one's own."""
    arrays = POLICY.init(np.random.default_rng(0)) | Normalizer.fresh(POLICY.obs_size).arrays()
    metadata = {
        "policy": POLICY.describe(),
        "env": {"id": "Ant-v5", "kwargs": {"xml_file": str(body)}},
        "observation_space": {"kind": "Box", "shape": [POLICY.obs_size], "dtype": "float64"},
        "action_space": {"kind": "Box", "shape": [MOTORS], "dtype": "float32"},
        "update": 12,
        "body": described_body(str(body)),
    }
    return Checkpoint(arrays, metadata, "a hash")


def found(checkpoint: Checkpoint) -> list[list[Window]]:
    config = Config(env_xml=str(LIZARD), teacher_paths=("teacher",))
    teacher = teacher_from_checkpoint(checkpoint, "teacher")
    return places(POLICY, (teacher,), config, "--mapping: named")


@pytest.mark.parametrize("now", ["gone", "edited"])
def test_a_teachers_body_is_that_of_its_training(tmp_path: Path, now: str) -> None:
    body = tmp_path / "body.xml"
    body.write_bytes(LIZARD.read_bytes())
    checkpoint = checkpoint_of(body)
    [[window]] = found(checkpoint)
    assert window.motors == tuple((i, i) for i in range(MOTORS))
    assert window.entries.count(-1) < len(window.entries) == POLICY.obs_size
    body.unlink()
    if now == "edited":
        body.write_text("<mujoco/>")
    assert found(checkpoint) == [[window]]


def test_a_damaged_body_is_refused(tmp_path: Path) -> None:
    checkpoint = checkpoint_of(LIZARD)
    body = checkpoint.metadata["body"] | {"xml": "<mujoco/>"}
    damaged = replace(checkpoint, metadata=checkpoint.metadata | {"body": body})
    with pytest.raises(CheckpointError, match="--teacher_paths: teacher is damaged"):
        found(damaged)


WINDOWS = (Window((2, ABSENT, 0, 4), ((0, 2),)), Window((1, 3, 0, 0), ((3, 1),)))
"""Two places of a teacher of 4 entries on a student of 5."""


def test_statistics_begin_with_the_teachers(make_teacher: Callable[..., Teacher]) -> None:
    statistics = RunningMeanStd((4,))
    statistics.mean, statistics.var = np.array([1.0, 2, 3, 4]), np.array([5.0, 6, 7, 8])
    statistics.count = 2e6
    teacher = replace(make_teacher(1), statistics=statistics)
    found = known_statistics(5, [(teacher, WINDOWS)])
    assert found is not None
    assert found.mean.tolist() == [3, 1, 1, 2, 4]
    assert found.var.tolist() == [7, 5, 5, 6, 8]
    assert found.count == STATISTICS_WEIGHT
    first = known_statistics(5, [(teacher, WINDOWS[:1])])
    assert first is not None
    assert first.mean.tolist() == [3, 0, 1, 0, 4]
    assert first.var.tolist() == [7, 1, 5, 1, 8]
    young = replace(teacher, statistics=deepcopy(statistics))
    assert young.statistics is not None
    young.statistics.count = 3e3
    for teachers in ([young, teacher], [teacher, young]):
        both = known_statistics(5, [(one, WINDOWS) for one in teachers])
        assert both is not None
        assert both.count == 3e3
    untrained = teacher_weights.untrained(teacher, np.random.default_rng(0))
    assert known_statistics(5, [(untrained, WINDOWS)]) is None


@pytest.mark.parametrize("weights", ["loaded", "random_networks"])
@pytest.mark.parametrize("transfer", ["kickstart", "surgery"])
def test_a_teacher_whose_normalisation_is_not_known_is_refused(
    mlp_policy: Callable[..., PlainPolicy],
    make_teacher: Callable[..., Teacher],
    transfer: str,
    weights: str,
) -> None:
    """Of another program's file, whose observations the student's would stand in for."""
    config = Config(
        "CentipedeFour-v1", teacher_paths=("x.zip",), transfer=transfer, teacher_weights=weights
    )
    teacher = replace(make_teacher(1), path="x.zip")
    told = rf"^--teacher_paths: x.zip .*baselines.convert .*--transfer={transfer} .* first$"
    with pytest.raises(UserError, match=told):
        TRANSFERS.known(transfer).start(mlp_policy(), (teacher,), config, streams(0, 1))


def test_an_untrained_teacher_needs_no_statistics() -> None:
    stored = teacher_from_checkpoint(read(str(FOUR), "teacher_paths"), str(FOUR))
    teacher = replace(stored, statistics=None)
    config = Config(
        "CentipedeFour-v1", teacher_paths=("x.zip",), transfer="surgery", teacher_weights="random"
    )
    [(found, [window])] = placed_teachers(teacher.policy, (teacher,), config, streams(0, 1))
    assert found.random
    assert window.entries == tuple(range(teacher.policy.obs_size))
    assert window.motors == tuple((i, i) for i in range(10))
