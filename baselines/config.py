"""Every setting of a run, once: its default, meaning, unit, source, bounds and flag.

The command line, `--help`, experiment files and the checkpoint's metadata come from here.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import Field, asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from baselines.coefs import COEF_NAMES, COEFS, DEFAULT_COEFS, KL
from baselines.common.command_line import NOT_NEGATIVE, POSITIVE, Bound
from baselines.common.errors import UserError
from baselines.common.files import expanded
from baselines.common.networks.arrays import ACTIVATIONS
from baselines.common.networks.specs import NETWORKS, not_of_sizes
from baselines.common.registry import Registry
from baselines.common.schedules import Schedule, no_schedule
from baselines.common.trees import MAX_WHOLE
from baselines.common.vec_env.running_stats import STATISTICS_SCOPE
from baselines.common.vec_env.stored_body import ARGUMENT

ALGORITHMS = ("ppo2",)
TEACHER_WEIGHTS = ("loaded", "random_networks", "random")
"""How much of the teachers' training is kept: all of it, a part, nothing."""

ON_DIVERGENCE = ("stop", "rollback")
LATERALS = ("learned", "identity")
MIX_OUTPUTS = ("none", "named", "learned")
TEACHER_PLACES = ("first", "all")
OBS_STATISTICS = ("fresh", "teachers")

PATHS = ("env_xml", "save_path", "load_path", "log_path")
"""The settings that are a single path; `teacher_paths` has several."""

WRITTEN = ("save_path", "log_path")
"""The settings among `PATHS` that are folders which a run writes to."""

GROUPS = {
    "run": "The run",
    "network": "The student's own networks",
    "ppo2": "PPO",
    "transfer": "The transfer",
    "mikt": "MIKT",
    "kickstart": "Kickstarting",
}
"""The titles of the groups of settings, by name."""

TRANSFER_SCOPE = "transfer"
"""First part of the names of all variables that are gone once the student is alone."""

RESERVED_SCOPES = (TRANSFER_SCOPE, STATISTICS_SCOPE)
"""First parts of names that the student's own networks cannot have."""


MAPPINGS = Registry("mapping", not_of_sizes)
"""What `--mapping` may name: functions that make a `StateMapping` (transfer/student/mapping.py)."""

TRANSFERS = Registry("transfer")
"""What `--transfer` may name: `TransferMethod`s (transfer/method.py).

The room of the method says which there are and checks them (transfer/kinds.py).
"""

SCHEDULES = Registry(
    "lr_schedule",
    no_schedule,
    linear="baselines.common.schedules:linear",
    constant="baselines.common.schedules:constant",
)
"""What `--lr_schedule` may name: functions of the part of the run that is left, from 1 to 0, whose
value is a factor of the learning rate."""


FRACTION = Bound(lambda x: 0 < x < 1, "must lie between 0 and 1, both excluded")
DISCOUNT = Bound(lambda x: 0 <= x <= 1, "must lie between 0 and 1")
LOGSTD = Bound(lambda x: -10 <= x <= 2, "must lie between -10 and 2")
STEPS = Bound(lambda x: 0 <= x <= MAX_WHOLE, "must lie between 0 and 2^53")
VERBOSE = Bound(lambda x: x in (0, 1, 2), "must be 0, 1 or 2")
TEAM = Bound(lambda x: 0 < x <= 1 << 12, "must lie between 1 and 4096")
THREADS = Bound(lambda x: 0 <= x <= 1 << 12, "must lie between 0 and 4096")
SCOPE = Bound(
    lambda x: (
        re.fullmatch(r"[A-Za-z0-9_.][A-Za-z0-9_.\-/]*", x) is not None
        and x.split("/")[0] not in RESERVED_SCOPES
    ),
    "must be made of letters, digits, _ . - and / and not begin with "
    + " or ".join(f"{scope}/" for scope in RESERVED_SCOPES),
)


def setting(
    default: Any,
    help: str,
    *,
    group: str,
    bound: Bound | None = None,
    choices: Iterable[str] = (),
    several: bool = False,
    flag: str = "",
    metavar: str = "",
    unit: str = "",
    source: str = "",
    may_change: bool = False,
) -> Any:
    """A field of `Config` with what the command line, the checks and the docs say of it.

    `choices` are its only values, or a registry of names; `several` marks a setting that takes any
    number of these, with commas between them. `metavar` stands for its value in `--help`, where its
    type says too little. `may_change` marks what may be given otherwise when a run is resumed.
    """
    return field(
        default=default,
        metadata={
            "help": help, "group": group, "bound": bound, "choices": choices,
            "several": several, "flag": flag, "metavar": metavar, "unit": unit, "source": source,
            "may_change": may_change,
        },
    )  # fmt: skip


BASELINES = "Baselines ppo2, MuJoCo defaults"
PPO = "Schulman et al. 2017"
GAE = "Schulman et al. 2016"
MIKT = "Wan et al. 2020"
SETS = ", ".join(f"{name}: {s.source}" for name, s in COEFS.items())


@dataclass(frozen=True)
class Config:
    """The settings of a training run; the field's name is its flag, unless a flag is given.

    A transfer method may have a subclass of it, whose fields are the method's own settings; they
    are given, checked and kept as all others are.
    """

    # The run
    env: str = setting("", "task to learn, a Gymnasium id", group="run", metavar="ID")
    env_kwargs: str = setting(
        "{}", "keyword arguments of the task as a JSON object", group="run", metavar="JSON"
    )
    env_xml: str = setting(
        "", "MuJoCo XML of a body of your own, to walk in Ant-v5 or in the task that --env names",
        group="run", metavar="FILE",
    )  # fmt: skip
    alg: str = setting("ppo2", "algorithm", group="run", choices=ALGORITHMS)
    num_timesteps: int = setting(
        1_000_000, "length of the run, over all environments", group="run", bound=STEPS,
        unit="environment steps", source="Baselines", may_change=True,
    )  # fmt: skip
    num_env: int = setting(
        1, "environments stepped at once", group="run", bound=TEAM, source=BASELINES
    )
    num_ranks: int = setting(
        1, "processes that train together, each with environments of its own; 1: as many as"
        " mpiexec has started", group="run", bound=TEAM,
    )  # fmt: skip
    seed: int = setting(0, "seed of everything random", group="run", bound=NOT_NEGATIVE)
    save_path: str = setting(
        "", "folder of the checkpoints; without it nothing is saved", group="run", metavar="DIR",
        may_change=True,
    )  # fmt: skip
    save_interval: int = setting(
        0, "save after the first update, then every N updates; 0: only at the end", group="run",
        bound=NOT_NEGATIVE, unit="updates", may_change=True,
    )  # fmt: skip
    load_path: str = setting(
        "", "checkpoint to start from, or a folder (its newest is taken)", group="run",
        metavar="FILE",
    )  # fmt: skip
    log_path: str = setting(
        "", "folder of the logs; without it only the terminal", group="run", metavar="DIR",
        may_change=True,
    )  # fmt: skip
    log_interval: int = setting(
        1, "log every N updates", group="run", bound=POSITIVE, unit="updates",
        source="Baselines", may_change=True,
    )  # fmt: skip
    verbose: int = setting(
        1, "what is printed: 0 warnings only; 1 a progress bar and tables on a terminal, elsewhere"
        " a line for each row of the logs; 2 tables everywhere", group="run", bound=VERBOSE,
        may_change=True,
    )  # fmt: skip
    eval_interval: int = setting(
        0, "evaluate the policy every N updates, and after the last of the run, with its most"
        " likely actions, in a separate environment; the best policy is kept as best in"
        " --save_path; 0: never", group="run", bound=NOT_NEGATIVE, unit="updates",
        may_change=True,
    )  # fmt: skip
    eval_episodes: int = setting(
        10, "episodes of each such evaluation, always with the same starts", group="run",
        bound=POSITIVE, may_change=True,
    )  # fmt: skip
    resume: bool = setting(
        False, "continue the run in --save_path from its last complete save",
        group="run", may_change=True,
    )  # fmt: skip
    state_interval: int = setting(
        10, "save what --resume needs every N updates; 0: only when the run begins, ends or"
        " is stopped", group="run", bound=NOT_NEGATIVE, unit="updates", may_change=True,
    )  # fmt: skip
    keep: int = setting(
        2, "how many of the newest of these states are kept", group="run", bound=POSITIVE,
        may_change=True,
    )  # fmt: skip
    on_divergence: str = setting(
        "stop", "when a value is not finite: stop, or go back to the newest state with half the"
        " learning rate", group="run", choices=ON_DIVERGENCE, may_change=True,
    )  # fmt: skip
    max_rollbacks: int = setting(
        3, "how often a run may go back before it ends", group="run",
        bound=NOT_NEGATIVE, may_change=True,
    )  # fmt: skip
    save_video_interval: int = setting(
        0, "film the policy every N steps, with sampled actions, one film at a time, into"
        " videos/ in the folder of the logs; 0: never",
        group="run", bound=NOT_NEGATIVE, unit="environment steps", source="Baselines",
        may_change=True,
    )  # fmt: skip
    save_video_length: int = setting(
        200, "greatest length of these films", group="run", bound=POSITIVE,
        unit="environment steps", source="Baselines", may_change=True,
    )  # fmt: skip
    play: bool = setting(
        False, "show the result in a window after training (with --num_timesteps=0: at once)",
        group="run", may_change=True,
    )  # fmt: skip
    num_threads: int = setting(
        0, "threads that step the environments; 0: one per usable core", group="run",
        bound=THREADS, may_change=True,
    )  # fmt: skip
    xla: bool = setting(True, "compile the update with XLA", group="run")

    # The student's own networks
    network: str = setting(
        "mlp", "kind of the policy and value networks", group="network", choices=NETWORKS
    )
    num_layers: int = setting(
        2, "hidden layers of each network", group="network", bound=POSITIVE, source=BASELINES
    )
    num_hidden: int = setting(
        64, "units of a hidden layer", group="network", bound=POSITIVE, source=BASELINES
    )
    activation: str = setting(
        "tanh", "activation of the hidden layers", group="network", choices=tuple(ACTIVATIONS),
        source=BASELINES,
    )  # fmt: skip
    init_logstd: float = setting(
        0.0, "log σ of a Gaussian policy at the start, for each action; at 0, σ is 1",
        group="network", bound=LOGSTD, source=BASELINES,
    )  # fmt: skip
    pi_scope: str = setting(
        "pi", "first part of the names of the policy's variables", group="network", bound=SCOPE
    )
    vf_scope: str = setting(
        "vf", "first part of the names of the value function's variables", group="network",
        bound=SCOPE,
    )  # fmt: skip

    # PPO
    nsteps: int = setting(
        2048, "steps of each environment per update", group="ppo2", bound=POSITIVE,
        unit="environment steps", source=BASELINES,
    )  # fmt: skip
    nminibatches: int = setting(
        32, "minibatches per epoch", group="ppo2", bound=POSITIVE, source=BASELINES
    )
    noptepochs: int = setting(
        10, "epochs per update", group="ppo2", bound=POSITIVE, source=BASELINES
    )
    gamma: float = setting(
        0.99, "discount γ", group="ppo2", bound=DISCOUNT, unit="per step", source=BASELINES
    )
    lam: float = setting(0.95, "λ of GAE", group="ppo2", bound=DISCOUNT, source=GAE)
    lr: float = setting(
        3e-4, "Adam's learning rate at the start", group="ppo2", bound=POSITIVE, source=BASELINES
    )
    lr_schedule: str = setting(
        "linear", "schedule of the learning rate: falling linearly to 0, or constant", group="ppo2",
        choices=SCHEDULES, source=BASELINES,
    )  # fmt: skip
    clip_range: float = setting(
        0.2, "clip range ε of ratio and value", group="ppo2", bound=POSITIVE, flag="cliprange",
        source=PPO,
    )  # fmt: skip
    vf_coef: float = setting(
        0.5, "coefficient c_v of the value loss", group="ppo2", bound=NOT_NEGATIVE, source=BASELINES
    )
    ent_coef: float = setting(
        0.0, "coefficient c_ent of the entropy", group="ppo2", bound=NOT_NEGATIVE, unit="per nat",
        source=BASELINES,
    )  # fmt: skip
    coefs: str = setting(
        DEFAULT_COEFS, "set of values for ps_coef, vf_ps_coef, mutual_info_coef, kl_coef and"
        " decoder_min_std in a run of MIKT; one that is given by its own flag overrides the set",
        group="mikt", choices=tuple(COEFS), source=SETS, may_change=True,
    )  # fmt: skip
    kl_coef: float = setting(
        None, "coefficient β_KL of the KL term; by default 0 in runs without MIKT", group="ppo2",
        bound=NOT_NEGATIVE, unit="per nat²", source="--coefs",
    )  # fmt: skip
    max_grad_norm: float = setting(
        0.5, "bound on the norm of the whole gradient", group="ppo2", bound=POSITIVE,
        source=BASELINES,
    )  # fmt: skip
    target_kl: float = setting(
        0.0, "end an update early once the policy's KL divergence from that before it exceeds 1.5"
        " times this; 0: never", group="ppo2", bound=NOT_NEGATIVE, unit="nats",
        source="Stable-Baselines3",
    )  # fmt: skip

    # The transfer
    teacher_paths: tuple[str, ...] = setting(
        (), "teachers' files or folders; none: PPO from scratch", group="transfer", metavar="FILE"
    )
    source_env: str = setting(
        "", "the teachers' task; checked against their files, and needed if one does not name it",
        group="transfer", metavar="ID",
    )  # fmt: skip
    teacher_network: str = setting(
        "", "kinds of the teachers' networks, separated by commas; checked against their files",
        group="transfer", choices=NETWORKS, several=True,
    )  # fmt: skip
    transfer: str = setting(
        "mikt", "what the student takes: its teachers' features (mikt); a teacher's weights as the"
        " start, by shape (mlpp) or by joints and bodies (surgery); or their actions,"
        " imitated less and less (kickstart)", group="transfer", choices=TRANSFERS, source=MIKT,
    )  # fmt: skip

    # MIKT; other methods read those of it that their `TransferMethod.settings` name
    teacher_weights: str = setting(
        "loaded", "how much of the teachers' training is used: all of it (loaded), nothing"
        " (random), or σ and the statistics of the observations, for surgery, kickstarting and"
        " obs_statistics (random_networks)",
        group="mikt", choices=TEACHER_WEIGHTS, source=MIKT,
    )  # fmt: skip
    mapping: str = setting(
        "learned", "the mapping φ: learned; frozen at its random start; or named: learned,"
        " starting from entries of the same joints and bodies", group="mikt", choices=MAPPINGS,
        source=MIKT,
    )  # fmt: skip
    laterals: str = setting(
        "learned", "the lateral matrices U: learned, or the identity, which needs networks as wide"
        " as the teachers'", group="mikt", choices=LATERALS, source=MIKT,
    )  # fmt: skip
    mix_outputs: str = setting(
        "none", "whether the output layers are mixed too: no (none), or with the teachers' actions"
        " for the motors of the same names (named) or through a learned matrix (learned)",
        group="mikt", choices=MIX_OUTPUTS,
    )  # fmt: skip
    teacher_places: str = setting(
        "first", "where on the student's body a teacher teaches: in the first place that its own"
        " body fits by name, or in all of them, as one teacher in each", group="mikt",
        choices=TEACHER_PLACES,
    )  # fmt: skip
    obs_statistics: str = setting(
        "fresh", "what the statistics of the observations start with: nothing (fresh), or the"
        " teachers' of the entries of the same names (teachers)", group="mikt",
        choices=OBS_STATISTICS,
    )  # fmt: skip
    ps_coef: float = setting(
        None, "coefficient β_π of the policy's coupling loss at the hand-over", group="mikt",
        bound=NOT_NEGATIVE, unit="per nat", source="--coefs",
    )  # fmt: skip
    vf_ps_coef: float = setting(
        None, "coefficient β_V of the value function's coupling loss at the hand-over",
        group="mikt", bound=NOT_NEGATIVE, unit="per nat", source="--coefs",
    )  # fmt: skip
    mutual_info_coef: float = setting(
        None, "coefficient β_MI of the mutual-information loss", group="mikt", bound=NOT_NEGATIVE,
        unit="per nat", source="--coefs",
    )  # fmt: skip
    value_alignment_coef: float = setting(
        0.0, "coefficient β_A of the value-alignment loss; 0: none", group="mikt",
        bound=NOT_NEGATIVE, unit="per square of the normalised return",
    )  # fmt: skip
    distillation_coef: float = setting(
        0.0, "coefficient β_D of the distillation loss, by which the student's own networks learn"
        " to act without the teachers as with them; 0: none", group="mikt", bound=NOT_NEGATIVE,
        unit="per nat",
    )  # fmt: skip
    teacher_fraction: float = setting(
        0.9, "part of the run with teachers; MIKT's coupling rises in its second half, and the"
        " imitation of kickstarting falls over all of it", group="mikt", bound=FRACTION,
        source=MIKT,
    )  # fmt: skip
    mapping_num_layers: int = setting(
        2, "hidden layers of φ and of its decoder", group="mikt", bound=POSITIVE, source=MIKT
    )
    mapping_num_hidden: int = setting(
        64, "units of a hidden layer of φ and of its decoder", group="mikt", bound=POSITIVE,
        source=MIKT,
    )  # fmt: skip
    decoder_min_std: float = setting(
        None, "standard deviation m of a noise that is added to the decoder, whose variance is then"
        " σ_q² + m²; 0: none", group="mikt", bound=NOT_NEGATIVE,
        unit="standard deviations of the observation", source="--coefs",
    )  # fmt: skip

    def __post_init__(self) -> None:
        """Settle what follows from what is given.

        A body without a task is to walk; coefficients that are not given are those of `coefs`; the
        task's arguments are spaced in one way; and `~` in a path is the user's folder.
        """
        for name in PATHS:
            object.__setattr__(self, name, expanded(getattr(self, name), f"--{name}"))
        teachers = tuple(expanded(path, "--teacher_paths") for path in self.teacher_paths)
        object.__setattr__(self, "teacher_paths", teachers)
        object.__setattr__(self, "env_kwargs", _respaced(self.env_kwargs))
        if self.env_xml and not self.env:
            from baselines.common.vec_env.own_body import WALKING  # only here: it loads MuJoCo

            object.__setattr__(self, "env", WALKING)
        for f in fields(self):
            if getattr(self, f.name) is None:
                object.__setattr__(self, f.name, self.default_of(f))

    def default_of(self, f: Field[Any]) -> Any:
        """The value that a setting has in this run if it is not given."""
        return self.default_and_source(f)[0]

    def default_and_source(self, f: Field[Any]) -> tuple[Any, str]:
        """The value that a setting has in this run if it is not given, and where it comes from."""
        if f.name not in COEF_NAMES or self.coefs not in COEFS:
            return f.default, f.metadata["source"]
        if f.name == KL and not self.has_student:
            return 0.0, "none: no student of MIKT"
        chosen = COEFS[self.coefs]
        return chosen.values[f.name], f"--coefs={self.coefs}: {chosen.source}"

    @property
    def has_student(self) -> bool:
        """Whether the run trains a student of MIKT."""
        return trains_student(self.teacher_paths, self.transfer)

    @cached_property
    def nrollout(self) -> int:
        """Samples per update that each rank collects."""
        return self.nsteps * self.num_env

    @cached_property
    def nbatch(self) -> int:
        """Samples per update, of all ranks."""
        return self.nrollout * self.num_ranks

    @cached_property
    def nupdates(self) -> int:
        """Updates of the run."""
        return self.num_timesteps // self.nbatch

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the learning rate."""
        schedule: Schedule = SCHEDULES.known(self.lr_schedule)
        return schedule

    @property
    def env_arguments(self) -> dict[str, Any]:
        """The task's keyword arguments: `env_kwargs`, and the user's own body."""
        arguments: dict[str, Any] = json.loads(self.env_kwargs)
        # A path that does not begin with a folder would be one of Gymnasium's own bodies.
        body = {ARGUMENT: os.path.join(os.curdir, self.env_xml)} if self.env_xml else {}
        return arguments | body

    def on_ranks(self, ranks: int) -> Config:
        """The settings of the run on as many ranks as there are.

        Raises:
            UserError: it was to have another number of them.
        """
        if self.num_ranks not in (1, ranks):
            started = f"mpiexec has started {ranks}" if ranks > 1 else "this is one by itself"
            raise UserError(
                f"--num_ranks: {self.num_ranks} processes were to train together, but {started};"
                f" start it with mpiexec -n {self.num_ranks}"
            )
        return replace(self, num_ranks=ranks)

    def in_absolute_folders(self) -> Config:
        """These settings with absolute folders, so that a task that calls os.chdir moves none."""
        folders: dict[str, Any] = {
            name: str(Path(folder).absolute())
            for name in WRITTEN
            if (folder := getattr(self, name))
        }
        return replace(self, **folders)

    def to_json(self) -> dict[str, Any]:
        """All settings by name."""
        settings: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return settings


def settings_in(group: str) -> list[str]:
    """The names of the settings in one of the `GROUPS`."""
    return [f.name for f in fields(Config) if f.metadata["group"] == group]


def trains_student(teacher_paths: Sequence[str], transfer: str) -> bool:
    """Whether a run with these trains a student of MIKT, which reads `coefs`."""
    return bool(teacher_paths) and transfer == "mikt"


def is_own(f: Field[Any]) -> bool:
    """Whether a setting is a transfer method's own, not one of `Config`."""
    return f.name not in Config.__dataclass_fields__


def flag_of(f: Field[Any]) -> str:
    """The command-line flag of a field, without dashes."""
    return str(f.metadata["flag"] or f.name)


def default_text(f: Field[Any]) -> str:
    """A field's default, and what other sets of `--coefs` make of it; empty where it has none."""
    if f.name in COEF_NAMES:
        values = {name: str(s.values[f.name]) for name, s in COEFS.items()}
        default = values.pop(DEFAULT_COEFS)
        return ", ".join([default, *(f"{x} (--coefs={name})" for name, x in values.items())])
    return "" if f.default in ("", ()) else str(f.default)


def _respaced(text: str) -> str:
    """A JSON text with the spaces that `json.dumps` puts; a text that is no JSON as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, TypeError, RecursionError):
        return text
