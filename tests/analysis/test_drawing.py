"""Figures show what they should: read back from Matplotlib's own objects."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from handmade_logs import panels_in, student_columns, write_run, write_transfer
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend

from baselines.analysis import drawing
from baselines.analysis.drawing import RESERVED, STYLES
from baselines.analysis.learning_curves import learning_curves
from baselines.analysis.logged_metrics import logged_metrics
from baselines.analysis.runs.panels import Panel
from baselines.analysis.runs.statistics import STATISTICS
from baselines.analysis.runs.transfer_logs import shown_and_missing, student_panels

MEAN = STATISTICS["mean"]


@pytest.fixture
def transfer(tmp_path: Path) -> list[Panel]:
    write_transfer(tmp_path)
    return panels_in(tmp_path)


@pytest.fixture(autouse=True)
def look() -> Iterator[None]:
    with drawing.appearance():
        yield


def curves_only(panels: list[Panel], seeds: bool = False) -> Figure:
    return learning_curves(panels, MEAN, seeds, "", drawing.styles(panels))


def legend(axes: Axes) -> list[str]:
    """The texts of all legends of the axes."""
    legends = [child for child in axes.get_children() if isinstance(child, Legend)]
    texts = [text.get_text() for found in legends for text in found.get_texts()]
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def test_lines_are_the_mean_over_the_seeds_with_their_interval(transfer: list[Panel]) -> None:
    [axes] = curves_only(transfer).axes
    assert legend(axes) == ["PPO (n = 3)", "MIKT (n = 3)"]
    assert axes.get_title() == "Source-v0 → Target-v0"
    assert axes.get_xlabel() == "timesteps (millions)"
    assert axes.get_xlim() == (0.0, 1.0)
    assert axes.get_ylabel().replace("\n", " ") == "mean return of the last 100 training episodes"
    scratch, mikt = axes.lines[:2]
    x, y = np.asarray(mikt.get_xdata()), np.asarray(mikt.get_ydata())
    assert (x[0], x[-1]) == (0.1, 1.0)
    np.testing.assert_allclose(y, 4000 * x)
    np.testing.assert_allclose(np.asarray(scratch.get_ydata()), 2000 * x)
    band = axes.collections[1].get_paths()[0].vertices
    # 2000, 4000, 6000: the standard error is 2000 / √3, Student's quantile for three 4.302653
    end = band[np.isclose(band[:, 0], 1.0), 1]
    np.testing.assert_allclose([end.min(), end.max()], [-968.275, 8968.275], atol=0.001)


def test_seeds_are_drawn_on_request(transfer: list[Panel]) -> None:
    figures = [curves_only(transfer, seeds) for seeds in (False, True)]
    captions = ["".join(text.get_text() for text in figure.texts) for figure in figures]
    assert ["single seeds" in caption.replace("\n", " ") for caption in captions] == [False, True]
    plain, with_seeds = (figure.axes[0] for figure in figures)
    assert len(with_seeds.lines) == len(plain.lines) + 6
    thin = [line for line in with_seeds.lines if line.get_linewidth() < 1 and line.get_alpha()]
    assert sorted(float(np.asarray(line.get_ydata())[-1]) for line in thin) == [
        1000, 2000, 2000, 3000, 4000, 6000,
    ]  # fmt: skip


def test_the_phases_are_marked(transfer: list[Panel]) -> None:
    [axes] = curves_only(transfer).axes
    found = {text.get_text(): text.xy[0] for text in axes.texts}  # type: ignore[attr-defined]
    assert found == {"coupling begins": 0.4, "student alone": 0.9}


def test_phases_that_come_at_another_time_for_another_student_are_not_marked(
    tmp_path: Path,
) -> None:
    """The coupling of one of two begins a row earlier; both go alone at one time."""
    late = student_columns()
    early = {**late, "ps_coef": [*late["ps_coef"][1:], 0.0]}
    for seed, columns in enumerate((late, early)):
        write_run(tmp_path / str(seed), [1.0] * 10, sources=["S-v0"], seed=seed, columns=columns)
    [axes] = curves_only(panels_in(tmp_path)).axes
    assert [text.get_text() for text in axes.texts] == ["student alone"]


def test_few_seeds_have_no_band(tmp_path: Path) -> None:
    for seed in range(2):
        write_run(tmp_path / str(seed), [1.0, 2.0], seed=seed)
    [axes] = curves_only(panels_in(tmp_path)).axes
    assert len(axes.collections) == 0
    assert legend(axes) == ["PPO (n = 2)"]


def test_panels_fill_rows_of_three(tmp_path: Path) -> None:
    for i in range(4):
        write_run(tmp_path / str(i), [1.0, 2.0], env=f"Task{i}-v0")
    axes = curves_only(panels_in(tmp_path)).axes
    assert [a.get_title() for a in axes if a.get_visible()] == [f"Task{i}-v0" for i in range(4)]


def test_names_are_written_as_they_stand(tmp_path: Path) -> None:
    write_run(tmp_path / "a", [1.0, 2.0], env="$\\frac{$-v0", network="$x$")
    write_run(tmp_path / "b", [1.0, 2.0], env="$\\frac{$-v0")
    panels = panels_in(tmp_path)
    looks = drawing.styles(panels)
    figure = learning_curves(panels, MEAN, False, "100 $ and \\", looks)
    assert drawing.rendered(figure, "png").startswith(b"\x89PNG")


def test_seeds_that_never_overlap_are_left_out_of_the_picture(tmp_path: Path) -> None:
    write_run(tmp_path / "a", [None] * 5 + [1.0], seed=0)
    write_run(tmp_path / "b", [1.0, 2.0], seed=1, num_timesteps=600_000)
    [axes] = curves_only(panels_in(tmp_path)).axes
    assert legend(axes) == ["PPO (n = 2)"]
    assert not axes.lines


def test_students_and_their_teachers(tmp_path: Path) -> None:
    for seed in range(3):
        write_run(
            tmp_path / str(seed), [1.0] * 10, sources=["S-v0"], seed=seed,
            columns=student_columns()
            | {"embedding_std_0": [0.5 + 0.1 * seed] * 10, "embedding_std_1": [1.5] * 10},
        )  # fmt: skip
    panels = panels_in(tmp_path)
    students = student_panels(panels)
    metrics, _ = shown_and_missing(students)
    figure = logged_metrics(students, metrics, MEAN, "", drawing.styles(panels))
    policy, value, bound, std = figure.axes
    assert legend(policy) == legend(value) == ["layer 0", "layer 1"]
    assert policy.get_title() == "S-v0 → Target-v0"
    assert sorted(legend(std)) == ["MIKT (n = 3)", "source task 0", "source task 1"]
    np.testing.assert_allclose(np.asarray(bound.lines[0].get_ydata())[-1], 2.0)
    np.testing.assert_allclose(np.asarray(std.lines[0].get_ydata()), 0.6)
    assert [1.0, 1.0] in [list(np.asarray(line.get_ydata())) for line in std.lines]  # expected


def methods_called(labels: list[str]) -> list[Panel]:
    from baselines.analysis.runs.panels import Method

    return [Panel("Task", tuple(Method(label, (), {}) for label in labels))]


def test_a_method_looks_the_same_in_every_figure() -> None:
    for label in RESERVED:
        alone = drawing.styles(methods_called([label, "another"]))
        assert alone[label] == drawing.styles(methods_called(list(RESERVED)))[label]
        assert alone[label] != alone["another"]


def test_a_method_with_other_settings_looks_like_it_where_it_is_missing() -> None:
    whole = drawing.styles(methods_called(list(RESERVED)))
    labels = ["all named", "PPO, small noise", "PPO, no noise", "PPO + KL, small noise", "MIKTO"]
    looks = drawing.styles(methods_called(labels))
    assert looks["PPO, small noise"] == whole["PPO"]
    assert looks["PPO + KL, small noise"] == whole["PPO + KL"]
    assert looks["MIKTO"] != whole["MIKT"]
    both = drawing.styles(methods_called([*labels, "PPO"]))
    assert both["PPO"] == whole["PPO"]
    assert len(set(both.values())) == len(labels) + 1


def test_labels_that_share_a_colour_have_other_lines() -> None:
    """With up to twice as many labels as colours."""
    labels = [f"method {i}" for i in range(2 * len(STYLES))]
    looks = drawing.styles(methods_called(labels)).values()
    drawn = {(look.color, str(look.line)) for look in looks}
    assert len(drawn) == len(labels)


@pytest.mark.parametrize("reserved", range(len(RESERVED) + 1))
def test_many_methods_look_different(reserved: int) -> None:
    """Whatever colours are left for the others: at the end none."""
    for others in (1, 20, len(STYLES) ** 2 - reserved):
        labels = [*RESERVED[:reserved], *(f"MIKT, lr={i}" for i in range(others))]
        looks = drawing.styles(methods_called(labels))
        assert list(looks) == labels
        assert len(set(looks.values())) == len(labels)


def test_more_methods_than_there_are_styles_are_drawn() -> None:
    labels = [f"MIKT, lr={i}" for i in range(len(STYLES) ** 2 + 1)]
    assert list(drawing.styles(methods_called(labels))) == labels


def test_styles_differ_without_their_colours() -> None:
    assert len({(str(style.line), style.marker) for style in STYLES}) == len(STYLES)
    assert len({style.color for style in STYLES}) == len(STYLES)


def test_the_markers_of_methods_stand_apart() -> None:
    places = [drawing._markers(style, 70) for style in STYLES]
    assert len({first for first, _ in places}) == len(STYLES)
    assert all(first < distance for first, distance in places)


@pytest.mark.parametrize(
    ("labels", "lines"),
    [
        (["short"] * 10, 0),
        (["short"] * 14, 2),
        (["x" * 40] * 7, 2),
        (["x" * 40 + " " + "y" * 40] * 4, 3),
    ],
)
def test_a_long_legend_has_room(labels: list[str], lines: int) -> None:
    """There is room for five lines: short labels stand in two columns, very long ones take two."""
    assert drawing.room_below(labels) == pytest.approx(lines * drawing.LEGEND_LINE)


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_equal_figures_have_equal_bytes(
    transfer: list[Panel], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for now in ("0", "86400"):  # what Matplotlib takes for the time of day
        monkeypatch.setenv("SOURCE_DATE_EPOCH", now)
        found.append(drawing.rendered(curves_only(transfer), kind))
    assert found[0] == found[1]
