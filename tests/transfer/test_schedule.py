from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from baselines.common.errors import UserError
from baselines.config import Config
from baselines.transfer.build import stages_of
from baselines.transfer.hand_over import hand_over_lines
from baselines.transfer.kickstart import KickstartConfig, Kickstarted
from baselines.transfer.kinds import TRANSFERS
from baselines.transfer.stages import Stage, first_update_alone, stage_at
from baselines.transfer.student.metric_values import metrics_of, own_shares_of
from baselines.transfer.student.student import Student

OFF = {"ps": 0.0, "vf_ps": 0.0, "mutual_info": 0.1}


def config(nupdates: int, fraction: float = 0.9) -> Config:
    return Config(
        env="Any-v0",
        teacher_paths=("teacher",),
        num_timesteps=nupdates * 2048,
        teacher_fraction=fraction,
        ps_coef=2.0,
        vf_ps_coef=4.0,
        mutual_info_coef=0.1,
    )


def at(parts: list[Stage], update: int) -> Stage:
    """The stage in force: the last of those that have begun."""
    return [stage for stage in parts if stage.first <= update][-1]


@pytest.fixture(scope="module")
def student(make_student: Callable[..., Student]) -> Student:
    return make_student()


def test_a_run_of_the_papers_length(student: Student) -> None:
    parts = stages_of(student, config(976))
    assert [stage.first for stage in parts] == [1, 440, 879]
    assert [stage.alone for stage in parts] == [False, False, True]
    assert [stage.policy for stage in parts][:2] == [student, student]
    assert parts[2].policy is student.plain
    for update in (1, 2, 438, 439):
        assert at(parts, update).coefs(update) == OFF
    for update in (440, 441, 659, 877, 878):
        share = (update - 439.2) / 439.2
        expected = OFF | {"ps": 2.0 * share, "vf_ps": 4.0 * share}
        assert at(parts, update).coefs(update) == pytest.approx(expected)
    assert at(parts, 878).coefs(878)["ps"] > 1.99
    for update in (879, 900, 976):
        assert at(parts, update).coefs(update) == {}


@pytest.mark.parametrize(
    ("nupdates", "expected"),
    [
        (1, "a"),
        (2, "ca"),
        (3, "mca"),
        (10, "mmmmccccca"),
        (20, "m" * 9 + "c" * 9 + "aa"),
        (100, "m" * 45 + "c" * 45 + "a" * 10),
    ],
)
def test_the_stage_of_each_update(student: Student, nupdates: int, expected: str) -> None:
    parts = stages_of(student, config(nupdates))
    assert [s.first for s in parts] == sorted(s.first for s in parts)
    found = ""
    for update in range(1, nupdates + 1):
        stage = at(parts, update)
        found += "a" if stage.alone else "c" if stage.coefs(update)["ps"] else "m"
        assert stage_at(parts, update) is stage
    assert found == expected


@given(st.integers(1, 5000), st.floats(0.01, 0.99))
@example(100, 0.29)
@example(976, 0.9)
def test_every_run_has_the_methods_three_parts(
    student: Student, nupdates: int, fraction: float
) -> None:
    parts = stages_of(student, config(nupdates, fraction))
    assert parts[0].first == 1
    assert parts[-1].first <= nupdates, "the student is alone at the end"
    end, half = fraction * nupdates, fraction * nupdates / 2
    weights = []
    for update in {1, 2, int(half), int(half) + 1, int(end), int(end) + 1, nupdates} - {0}:
        if update > nupdates:
            continue
        stage = at(parts, update)
        near_end = abs(update - end) < 1e-6
        assert stage.alone == (update > end) or near_end
        assert stage.policy is (student.plain if stage.alone else student)
        coefs = stage.coefs(update)
        if stage.alone:
            assert coefs == {}
        else:
            assert coefs["mutual_info"] == 0.1
            expected = max(0.0, (update - half) / half)
            assert coefs["ps"] == pytest.approx(2.0 * expected, abs=1e-6)
            assert coefs["vf_ps"] == pytest.approx(4.0 * expected, abs=1e-6)
            assert coefs["ps"] <= 2.0
            weights.append((update, coefs["ps"]))
    assert [w for _, w in sorted(weights)] == sorted(w for _, w in weights)


@pytest.mark.parametrize("fraction", [1e-9, 0.1, 0.2, 0.34, 0.5, 0.9, 0.96, 0.9999999999])
@pytest.mark.parametrize("method", ["mikt", "kickstart"])
def test_a_run_is_refused_whose_stages_have_no_updates(
    student: Student, method: str, fraction: float
) -> None:
    """By going through the updates: each stage must be met, the last of them at the end."""
    trained, stages = (student, 3) if method == "mikt" else (Kickstarted.like(student.plain), 2)
    for nupdates in range(1, 31):
        given = config(nupdates, fraction)
        parts = TRANSFERS.known(method).stages(trained, given)
        met = {id(at(parts, update)) for update in range(1, nupdates + 1)}
        if len(met) == stages:
            TRANSFERS.known(method).check(given)
            continue
        flag = "num_timesteps" if nupdates < stages else "teacher_fraction"
        with pytest.raises(UserError, match=f"^--{flag}: .*{stages}.* stages"):
            TRANSFERS.known(method).check(given)


@pytest.mark.parametrize("method", ["mikt", "kickstart"])
def test_the_default_share_of_the_teachers_suits_every_length(method: str) -> None:
    for nupdates in range(3, 3000):
        TRANSFERS.known(method).check(config(nupdates))


@pytest.mark.parametrize(("fraction", "taught_updates"), [(0.9, 9), (0.5, 5)])
def test_the_imitation_falls_from_the_weight_and_as_long_as_is_asked_for(
    student: Student, fraction: float, taught_updates: int
) -> None:
    given = KickstartConfig(
        env="Any-v0", teacher_paths=("teacher",), transfer="kickstart", num_timesteps=10 * 2048,
        kickstart_coef=0.5, teacher_fraction=fraction,
    )  # fmt: skip
    trained = Kickstarted.like(student.plain)
    taught, alone = TRANSFERS.known("kickstart").stages(trained, given)
    for update in range(1, taught_updates + 1):
        expected = {"kickstart": 0.5 * (taught_updates + 1 - update) / taught_updates}
        assert taught.coefs(update) == pytest.approx(expected)
    assert (alone.first, alone.coefs(10)) == (taught_updates + 1, {})
    assert [taught.alone, alone.alone] == [False, True]  # the window of returns starts afresh
    assert (taught.policy, alone.policy) == (trained, student.plain)


def test_without_teachers_there_is_one_stage(mlp_policy: Callable[..., Any]) -> None:
    policy = mlp_policy()
    (only,) = stages_of(policy, replace(config(976), teacher_paths=()))
    assert only.first == 1
    assert only.policy is policy
    assert only.coefs(1) == only.coefs(976) == {}
    assert only.metrics({}, np.zeros((1, 3), np.float32)) == {}
    assert not only.alone


def test_each_stage_is_announced_and_has_its_metrics(student: Student) -> None:
    params = student.init(np.random.default_rng(0))
    start, coupling, alone = stages_of(student, config(100))
    assert start.announcement(params) == []
    assert "coupling begins" in coupling.announcement(params)[0]
    assert "goes alone" in alone.announcement(params)[0]
    obs = np.random.default_rng(1).standard_normal((9, 3)).astype(np.float32)
    metrics = metrics_of(student, params, obs)
    assert start.metrics(params, obs) == coupling.metrics(params, obs) == metrics
    shares = own_shares_of(student, params).keys()
    weights = {"ps_coef": 0.0, "vf_ps_coef": 0.0, "mutual_info_coef": 0.0}
    assert alone.metrics(params, obs) == weights | dict.fromkeys(shares, 1.0)


@pytest.mark.parametrize(
    ("fraction", "nupdates", "expected"), [(0.9, 976, 879), (0.7, 90, 64), (0.29, 100, 30)]
)
def test_the_first_update_alone(fraction: float, nupdates: int, expected: int) -> None:
    assert first_update_alone(config(nupdates, fraction)) == expected


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
@example([0.95, 1.0])
@example([1.0, 0.9499])
@example([0.9499, 1.0])
def test_the_hand_over_warns_of_a_low_share_of_the_policy(shares: list[float]) -> None:
    half = len(shares) // 2
    sides = {"student_ps": shares[:half], "vf_student_ps": shares[half:]}
    metrics: dict[str, float] = {}
    for name, layers in sides.items():
        metrics |= {name: float(np.mean(layers))}
        metrics |= {f"{name}_{i}": p for i, p in enumerate(layers)}
    lines = hand_over_lines(metrics)
    warned = [line for line in lines if "WARNING" in line]
    assert bool(warned) == (min(shares[:half]) < 0.95)
    assert lines[0].endswith(
        ", ".join(f"{name}_{i} {p:.3f}" for name, ps in sides.items() for i, p in enumerate(ps))
    )
    assert len(lines) == 1 + len(warned)
