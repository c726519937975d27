import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from baselines.common.vec_env.running_stats import RunningMeanStd
from baselines.common.vec_env.shared_stats import unite

batches = st.lists(
    st.integers(1, 5).flatmap(
        lambda rows: arrays(float, (rows, 2), elements=st.floats(-1000, 1000, width=32))
    ),
    min_size=1,
    max_size=8,
)


def moments(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance of the samples and of 1e-4 of a sample of mean 0 and variance 1."""
    total = len(samples) + 1e-4
    mean = samples.sum(axis=0) / total
    spread = ((samples - mean) ** 2).sum(axis=0) + 1e-4 * (1 + mean**2)
    return mean, spread / total


@given(batches)
def test_batch_by_batch_is_as_all_at_once(data: list[np.ndarray]) -> None:
    stats = RunningMeanStd((2,))
    for batch in data:
        stats.update(batch)
    mean, var = moments(np.concatenate(data))
    np.testing.assert_allclose(stats.mean, mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(stats.var, var, rtol=1e-8, atol=1e-9)
    assert stats.count == pytest.approx(sum(len(batch) for batch in data) + 1e-4)


def test_the_start_weighs_next_to_nothing() -> None:
    samples = np.random.default_rng(0).normal(3.0, 2.0, (1000, 4))
    stats = RunningMeanStd((4,))
    stats.update(samples)
    np.testing.assert_allclose(stats.mean, samples.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(stats.var, samples.var(axis=0), rtol=1e-6)


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
@pytest.mark.parametrize("rows", [1, 4])
def test_statistics_keep_their_shape_and_precision(shape: tuple[int, ...], rows: int) -> None:
    stats = RunningMeanStd(shape)
    stats.update(np.ones((rows, *shape)))
    for value in (stats.mean, stats.var):
        assert np.shape(value) == shape
        assert np.asarray(value).dtype == np.float64


def test_single_samples_are_as_one_batch() -> None:
    samples = np.random.default_rng(1).standard_normal((6, 3))
    singly, together = RunningMeanStd((3,)), RunningMeanStd((3,))
    for sample in samples:
        singly.update(sample[None])
    together.update(samples)
    np.testing.assert_allclose(singly.mean, together.mean, rtol=1e-12)
    np.testing.assert_allclose(singly.var, together.var, rtol=1e-12)


def test_moments_alone_are_as_good_as_the_samples() -> None:
    samples = np.random.default_rng(2).standard_normal((7, 3))
    by_samples, by_moments = RunningMeanStd((3,)), RunningMeanStd((3,))
    by_samples.update(samples)
    by_moments.merge(samples.mean(axis=0), samples.var(axis=0), 7)
    np.testing.assert_allclose(by_moments.mean, by_samples.mean, rtol=1e-12)
    np.testing.assert_allclose(by_moments.var, by_samples.var, rtol=1e-12)


def test_a_restored_copy_goes_on_alike_and_apart() -> None:
    stats = RunningMeanStd((2,))
    stats.update(np.array([[1.0, 2.0], [5.0, -1.0]]))
    copy = RunningMeanStd.from_state(stats.state())
    before = stats.mean.copy()
    copy.update(np.array([[3.0, 3.0]]))
    np.testing.assert_array_equal(stats.mean, before)
    stats.update(np.array([[3.0, 3.0]]))
    assert stats.count == copy.count
    np.testing.assert_array_equal(stats.mean, copy.mean)
    np.testing.assert_array_equal(stats.var, copy.var)


def test_a_state_stays_as_it_was_taken() -> None:
    stats = RunningMeanStd((2,))
    stats.update(np.array([[1.0, 2.0], [5.0, -1.0]]))
    state = stats.state()
    kept = {name: value.copy() for name, value in state.items()}
    for going_on in (stats, RunningMeanStd.from_state(state)):
        going_on.update(np.array([[3.0, 3.0]]))  # a single sample is taken in in place
        for name, value in state.items():
            np.testing.assert_array_equal(value, kept[name])


@given(batches, st.lists(batches, min_size=1, max_size=3))
def test_united_parts_are_as_all_their_samples_together(
    past: list[np.ndarray], since: list[list[np.ndarray]]
) -> None:
    together, common = RunningMeanStd((2,)), RunningMeanStd((2,))
    for batch in past:
        together.update(batch)
        common.update(batch)
    parts = []
    for data in since:
        parts.append(RunningMeanStd.from_state(common.state()))
        for batch in data:
            together.update(batch)
            parts[-1].update(batch)
    united = RunningMeanStd((2,))
    unite(united, common, parts)
    np.testing.assert_allclose(united.mean, together.mean, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(united.var, together.var, rtol=1e-8, atol=1e-8)
    assert united.count == pytest.approx(together.count)


def test_parts_that_have_seen_nothing_change_nothing() -> None:
    stats = RunningMeanStd((3,))
    stats.update(np.random.default_rng(3).standard_normal((5, 3)))
    before = stats.state()
    unite(stats, RunningMeanStd.from_state(before), [RunningMeanStd.from_state(before)] * 2)
    for name, value in stats.state().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_constant_that_all_parts_have_seen_keeps_a_variance_of_nothing() -> None:
    past = RunningMeanStd((1,))
    past.update(np.full((1000, 1), 0.1))
    parts = [RunningMeanStd.from_state(past.state()) for _ in range(2)]
    for part in parts:
        for _ in range(100):
            part.update(np.full((1, 1), 0.1))
    united = RunningMeanStd((1,))
    unite(united, past, parts)
    assert 0 <= united.var[0] < 1e-6
    np.testing.assert_allclose(united.mean, 0.1, rtol=1e-6)
