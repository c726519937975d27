import numpy as np
import pytest

from baselines.common.seeding import streams

PURPOSES = ("init", "actions", "minibatches", "teachers")


@pytest.mark.parametrize("num_env", [2, 3, 8, 40])
def test_streams_do_not_depend_on_the_number_of_environments(num_env: int) -> None:
    alone, many = streams(5, 1), streams(5, num_env)
    assert many.env_seeds[:1] == alone.env_seeds
    assert len(many.env_seeds) == num_env
    for purpose in PURPOSES:
        np.testing.assert_array_equal(
            getattr(alone, purpose).random(9), getattr(many, purpose).random(9)
        )


@pytest.mark.parametrize("purpose", PURPOSES)
def test_drawing_more_for_one_purpose_leaves_the_others(purpose: str) -> None:
    drawn, fresh = streams(0, 2), streams(0, 2)
    getattr(drawn, purpose).random(1000)
    for other in set(PURPOSES) - {purpose}:
        np.testing.assert_array_equal(
            getattr(drawn, other).random(9), getattr(fresh, other).random(9)
        )


def test_streams_differ_from_one_another_and_by_seed() -> None:
    firsts = [
        getattr(streams(seed, 1), purpose).random() for seed in range(20) for purpose in PURPOSES
    ]
    assert len(set(firsts)) == 80


def test_the_first_streams_are_those_of_the_first_release() -> None:
    init, actions, minibatches, envs = np.random.SeedSequence(7).spawn(4)
    found = streams(7, 3)
    for seed, purpose in zip((init, actions, minibatches), PURPOSES, strict=False):
        np.testing.assert_array_equal(
            getattr(found, purpose).random(9), np.random.default_rng(seed).random(9)
        )
    assert found.env_seeds == envs.generate_state(3).tolist()


def test_environments_have_different_seeds() -> None:
    seeds = [s for seed in range(10) for s in streams(seed, 50).env_seeds]
    assert len(set(seeds)) == 500
    assert all(isinstance(s, int) and s >= 0 for s in seeds)


def test_ranks_share_their_initial_weights_and_nothing_else() -> None:
    ranks = [streams(5, 2, rank) for rank in range(3)]
    for purpose in PURPOSES:
        firsts = {getattr(rank, purpose).random() for rank in ranks}
        assert len(firsts) == (1 if purpose in ("init", "teachers") else 3), purpose
    together = streams(5, 6).env_seeds
    assert [seed for rank in ranks for seed in rank.env_seeds] == together


def test_the_first_rank_draws_what_a_process_by_itself_would() -> None:
    alone, first = streams(5, 2), streams(5, 2, rank=0)
    assert first.env_seeds == alone.env_seeds
    for purpose in PURPOSES:
        assert getattr(first, purpose).random() == getattr(alone, purpose).random()
