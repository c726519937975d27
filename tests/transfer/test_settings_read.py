"""Which settings a run reads, and where its coefficients come from."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from called import python

from baselines.checks import check
from baselines.coefs import COEFS, DEFAULT_COEFS
from baselines.common.registry import NotKnown
from baselines.config import Config
from baselines.transfer.settings_read import coefs_in_force, unread, without_unread

TAUGHT = {"teacher_paths": ("t",)}
[OTHER] = COEFS.keys() - {DEFAULT_COEFS}
"""The set that is not the default."""

OF_TEACHERS = {"teacher_paths", "source_env", "teacher_network", "transfer"}
"""Settings that every run with teachers reads, and no other."""

READ = {
    "mlpp": set(),
    "surgery": {"teacher_weights"},
    "kickstart": {"teacher_weights", "teacher_fraction"},
}
"""What other methods read of the settings of MIKT."""


def settings_of_mikt() -> set[str]:
    return {f.name for f in fields(Config) if f.metadata["group"] == "mikt"}


@pytest.mark.parametrize("transfer", READ)
def test_a_method_reads_those_of_mikt_that_it_names(transfer: str) -> None:
    found = unread(Config("E", transfer=transfer, **TAUGHT))
    assert found.keys() == settings_of_mikt() - READ[transfer]
    told = f"with --transfer={transfer}, which does not read it; leave it out"
    assert set(found.values()) == {told}


@pytest.mark.parametrize("transfer", ["mikt", *READ])
def test_without_teachers_nothing_of_a_transfer_is_read(transfer: str) -> None:
    found = unread(Config("E", transfer=transfer))
    assert found.keys() == settings_of_mikt() | OF_TEACHERS
    assert set(found.values()) == {"without --teacher_paths; name the teachers' files"}


def test_a_student_of_mikt_reads_every_setting() -> None:
    assert unread(Config("E", **TAUGHT)) == {}


def test_what_a_method_from_outside_reads_is_not_known_before_the_user_names_it() -> None:
    with pytest.raises(NotKnown):
        unread(Config("E", transfer="a:b", **TAUGHT))


def test_the_methods_are_known_without_any_other_module() -> None:
    """Their names are filled in where they are needed."""
    program = (
        "from baselines.config import Config\n"
        "from baselines.transfer.settings_read import coefs_in_force\n"
        "print(*coefs_in_force(Config('E', teacher_paths=('t',), transfer='kickstart')))"
    )
    assert python("-c", program).stdout == "kl_coef\n"


def test_the_coefficients_in_force_are_told_with_their_sources() -> None:
    given = {"coefs": "paper", "kl_coef": 0.3, "mutual_info_coef": 1.0}
    from_set = "--coefs=paper: the authors' code of Wan et al. 2020"
    assert coefs_in_force(Config("E", **TAUGHT, **given)) == {
        "kl_coef": {"value": 0.3, "source": "--kl_coef"},
        "ps_coef": {"value": 1.0, "source": from_set},
        "vf_ps_coef": {"value": 0.1, "source": from_set},
        "mutual_info_coef": {"value": 1.0, "source": from_set},
        "decoder_min_std": {"value": 0.0, "source": from_set},
    }
    none = {"value": 0.0, "source": "none: no student of MIKT"}
    assert coefs_in_force(Config("E")) == {"kl_coef": none}


@pytest.mark.parametrize(
    "reads", [{}, {"transfer": "mlpp", **TAUGHT}, {"ps_coef": 7.0, **TAUGHT}], ids=str
)
def test_settings_that_are_not_read_can_be_left_out(reads: dict[str, Any]) -> None:
    run = Config("E", lr=1e-5, **reads)
    logged = replace(run, **({"ps_coef": 7.0, "mapping": "learned"} | reads))
    assert without_unread(logged) == run
    check(run)


def test_a_set_of_weights_that_is_not_read_leaves_none_of_them() -> None:
    """As in the log of a run from scratch from when a set could be given to it."""
    assert without_unread(Config("E", coefs=OTHER)) == Config("E")
