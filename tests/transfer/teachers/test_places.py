"""Where teachers are found again on a student's body, also when a teacher's own is a user's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from baselines.common.checkpoint import Checkpoint, CheckpointError
from baselines.common.networks.diag_gaussian import DiagGaussian
from baselines.common.networks.plain_policy import PlainPolicy
from baselines.common.networks.specs import NetworkSpec
from baselines.common.vec_env.running_stats import Normalizer
from baselines.common.vec_env.stored_body import described_body
from baselines.config import Config
from baselines.transfer.teachers.correspondence import Window
from baselines.transfer.teachers.places import places
from baselines.transfer.teachers.stored_teachers import teacher_from_checkpoint

LIZARD = Path(__file__).resolve().parents[3] / "examples" / "lizard.xml"
MOTORS = 9

POLICY = PlainPolicy(16 - 2 + 15 + 6 * 10, DiagGaussian(MOTORS), NetworkSpec(1, 4, "tanh"))
"""Of the lizard: 9 hinges and a free root, and forces on 10 bodies."""


def checkpoint_of(body: Path) -> Checkpoint:
    """Of a teacher that was trained in a body of one's own."""
    arrays = POLICY.init(np.random.default_rng(0)) | Normalizer.fresh(POLICY.obs_size).arrays()
    metadata = {
        "policy": POLICY.describe(),
        "env": {"id": "Ant-v5", "kwargs": {"xml_file": str(body)}},
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
