"""Runs that differ in what they do not read, in seeds or in places are runs of one method."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from handmade_logs import panels_in, write_run

from baselines.analysis.runs.method_settings import differing, settings_of_method
from baselines.config import Config
from baselines.transfer.mikt import MIKT

CURVE = [1.0, 2.0]


def test_seeds_and_files_make_no_other_method(tmp_path: Path) -> None:
    for seed in (3, 1, 2):
        write_run(
            tmp_path / str(seed), CURVE, sources=["S-v0"], seed=seed, log_path=f"logs/{seed}",
            save_path=f"models/{seed}", pi_scope=f"student{seed}", xla=seed > 1,
        )  # fmt: skip
    [panel] = panels_in(tmp_path)
    [method] = panel.methods
    assert [run.seed for run in method.runs] == [1, 2, 3]


def test_settings_of_the_transfer_do_not_matter_from_scratch(tmp_path: Path) -> None:
    write_run(tmp_path / "old", CURVE, seed=0, mutual_info_coef=0.1)
    write_run(tmp_path / "new", CURVE, seed=1, mutual_info_coef=10.0)
    [panel] = panels_in(tmp_path)
    assert [(method.label, len(method.runs)) for method in panel.methods] == [("PPO", 2)]


@pytest.mark.parametrize("method", [{}, {"sources": ["S-v0"], "transfer": "mlpp"}])
def test_settings_that_a_run_does_not_read_make_no_other_method(
    tmp_path: Path, method: dict[str, Any]
) -> None:
    for seed in range(2):
        write_run(tmp_path / str(seed), CURVE, seed=seed, ps_coef=1.0 + seed, **method)
    [panel] = panels_in(tmp_path)
    assert [len(method.runs) for method in panel.methods] == [2]


def test_mikt_reads_all_of_its_settings() -> None:
    """As the grouping takes for granted, which does not import it."""
    assert {f.name for f in fields(Config) if f.metadata["group"] == "mikt"} == set(MIKT.settings)


def test_settings_that_only_some_methods_have_differ() -> None:
    assert differing([{"b": 1, "a": 1}, {"b": 2, "a": 1}, {"b": 1, "a": 1, "c": 0}]) == ["b", "c"]
    assert differing([{"a": 1}]) == []


def test_a_log_from_before_a_setting_existed_has_its_default() -> None:
    old = settings_of_method({"lr": 0.001})
    assert old == settings_of_method({"lr": 0.001, "clip_range": Config.clip_range})
    assert old != settings_of_method({"lr": 0.001, "clip_range": Config.clip_range / 2})


def test_a_method_with_settings_of_its_own_has_their_defaults(tmp_path: Path) -> None:
    """One log tells the default, one is older than the setting, and one has another value."""
    settings: list[dict[str, Any]] = [{"kickstart_coef": 1.0}, {}, {"kickstart_coef": 2.0}]
    for seed, own in enumerate(settings):
        own |= {"transfer": "kickstart", "sources": ["S-v0"]}
        write_run(tmp_path / str(seed), CURVE, seed=seed, **own)
    [panel] = panels_in(tmp_path)
    found = {method.label: [run.seed for run in method.runs] for method in panel.methods}
    assert found == {"kickstart": [0, 1], "kickstart, kickstart_coef=2.0": [2]}
