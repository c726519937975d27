"""Log folders with curves that can be worked out by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from baselines.analysis.runs.panels import Panel, panels
from baselines.analysis.runs.runs import find_runs


def write_run(
    folder: Path,
    returns: Sequence[float | None],
    *,
    step: int = 100_000,
    env: str = "Target-v0",
    sources: Sequence[str] = (),
    teacher_timesteps: int | None = 500_000,
    sha256: str = "",
    body: str = "",
    columns: Mapping[str, Sequence[float | None]] | None = None,
    **config: Any,
) -> Path:
    """Write a run with a row every `step` timesteps; finished, unless `num_timesteps` is more."""
    folder.mkdir(parents=True)
    known = {} if teacher_timesteps is None else {"timesteps": teacher_timesteps}
    header = {
        "env": {"id": env, "kwargs": {}},
        "config": {
            "env": env, "seed": 0, "num_timesteps": step * len(returns), "nsteps": step,
            "num_env": 1, "teacher_paths": [f"models/{source}" for source in sources], **config,
        },
        "teachers": [
            {"path": f"models/{source}", "env": {"id": source, "kwargs": {}}}
            | {"sha256": sha256 or source, **known}
            for source in sources
        ],
    }  # fmt: skip
    if body:
        header["body"] = {"sha256": body}
    (folder / "config.json").write_text(json.dumps(header))
    rows = {
        "total_timesteps": [step * (i + 1) for i in range(len(returns))],
        "eprewmean": returns,
        **(columns or {}),
    }
    lines = [",".join(rows)] + [
        ",".join("" if cell is None else repr(cell) for cell in row)
        for row in zip(*rows.values(), strict=True)
    ]
    (folder / "progress.csv").write_text("\n".join(lines) + "\n")
    return folder


def straight(final: float, points: int = 10) -> list[float]:
    """A curve that would begin in 0 and ends at `final`."""
    return [float(value) for value in final * np.arange(1, points + 1) / points]


def panels_in(folder: Path) -> list[Panel]:
    """All runs in a folder, grouped."""
    return panels(find_runs([str(folder)]))


def write_method(
    folder: Path, name: str, factor: float, seeds: Iterable[int] = range(3), **settings: Any
) -> None:
    """Runs of a method that end at 100, 110, ... times a factor; its name may begin with ppo."""
    for seed in seeds:
        sources = [] if name.startswith("ppo") else ["S-v0"]
        final = factor * (100 + 10 * seed)
        write_run(
            folder / name / str(seed), straight(final), seed=seed, sources=sources, **settings
        )


def write_transfer(folder: Path) -> None:
    """Three seeds from scratch that end at 1000, 2000, 3000; three of MIKT at twice of that."""
    for seed in range(3):
        final = 1000.0 * (seed + 1)
        write_run(folder / f"scratch{seed}", straight(final), seed=seed)
        write_run(
            folder / f"mikt{seed}", straight(2 * final), seed=seed, sources=["Source-v0"],
            columns=student_columns(),
        )  # fmt: skip


def student_columns(points: int = 10) -> dict[str, list[float | None]]:
    """What students log: coupling after the fourth row, alone after the ninth of ten."""
    alone = [i >= 9 for i in range(points)]
    share = [1.0 if a else 0.5 for a in alone]
    coupling = [0.0 if a else max(0.0, i - 3) / 4 for i, a in enumerate(alone)]
    return {
        "student_ps": list(share), "student_ps_0": list(share), "student_ps_1": list(share),
        "vf_student_ps_0": list(share), "vf_student_ps_1": list(share),
        "ps_coef": list(coupling),
        "mutual_info_coef": [0.0 if a else 0.1 for a in alone],
        "mutual_info_loss": [None if a else -0.25 * i for i, a in enumerate(alone)],
    }  # fmt: skip
