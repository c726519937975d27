"""The student: a policy whose hidden layers mix in the features of frozen teachers.

    h^i = tanh( p_0^i (W^i h^{i-1} + b^i) + Σ_j p_j^i z_j^i(φ_j(s)) U_j^i )

(Wan et al. 2020, section 4.1). φ_j embeds the student's observation in that of teacher j, z_j^i
is the pre-activation of the teacher's layer i, U_j^i a lateral matrix, and p^i = softmax of
1 + J mixing logits. The policy side takes z from the teachers' policy networks, the value side
from their value networks; each source task has one φ, which both sides and all of the task's
teachers share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from math import prod
from typing import Any

import numpy as np

from baselines.common.checkpoint import checked_arrays
from baselines.common.networks import arrays
from baselines.common.networks.arrays import Array, Params
from baselines.common.networks.distributions import Distribution, Pi
from baselines.common.networks.networks import dense_layers
from baselines.common.networks.policies import Actor, PlainPolicy, check_sizes, plain_actor
from baselines.common.networks.variables import (
    Variable,
    Variables,
    constant,
    drawn,
    glorot_uniform,
    joined,
    shapes,
)
from baselines.transfer import acting, embedding
from baselines.transfer.embedding import SCOPE
from baselines.transfer.figures import (
    MappingFigures,
    mapping_figures,
    share_figures,
    teacher_figures,
)
from baselines.transfer.mapping import MappingSpec, StateMapping
from baselines.transfer.objectives import (
    coupling_loss,
    explained_share,
    mutual_information_loss,
)
from baselines.transfer.teacher import Teacher, describe_teacher, stored_teacher, teacher_scope

OWN_LOGIT = -0.1
"""Initial mixing logit of the student's own share."""

TEACHER_LOGIT = 0.01
"""Initial mixing logit of each teacher's share."""

MIXING, MAPPING_PARTS = "lateral matrices and mixing weights", ("mapping", "decoder")
"""What a user is told that the variables beside those of the body are."""


@dataclass(frozen=True)
class Student:
    """A policy with teachers.

    Attributes:
        body: the student's own networks; all that is left once it goes alone.
        teachers: the frozen teachers.
        mapping_spec: φ and its decoder.
        min_std: noise that the decoder's σ_q is never below (see `mutual_information_loss`).
        frozen_mapping: the variables of φ when they are not to be learned, else empty.
    """

    body: PlainPolicy
    teachers: tuple[Teacher, ...]
    mapping_spec: MappingSpec
    min_std: float
    frozen_mapping: Params = field(default_factory=dict)

    @property
    def mapping(self) -> StateMapping:
        """φ and its decoder."""
        return self.mapping_spec.build()

    @property
    def distribution(self) -> Distribution:
        """The action distribution."""
        return self.body.distribution

    @property
    def obs_size(self) -> int:
        """Number of the student's observation dimensions d."""
        return self.body.obs_size

    @property
    def loss_names(self) -> tuple[str, ...]:
        """C_π, C_V and L_MI under the names of their coefficients."""
        return ("ps", "vf_ps", "mutual_info")

    @property
    def sources(self) -> list[dict[str, Any]]:
        """The source tasks, each once, in the order in which the teachers name them."""
        tasks: list[dict[str, Any]] = []
        for teacher in self.teachers:
            if teacher.env not in tasks:
                tasks.append(teacher.env)
        return tasks

    def _source_size(self, source: dict[str, Any]) -> int:
        return next(t.policy.obs_size for t in self.teachers if t.env == source)

    def with_frozen_mapping(self, rng: np.random.Generator) -> Student:
        """The same student whose φ stays at a random start."""
        return replace(self, frozen_mapping=drawn(self._of_sources(embedding.variables), rng))

    def variables(self) -> Variables:
        """All trainable variables: the body's, U Glorot uniform, φ's and the decoder's."""
        return joined([
            self.body.variables(),
            self._mixing_variables(self.body.pi_scope),
            self._mixing_variables(self.body.vf_scope),
            {} if self.frozen_mapping else self._of_sources(embedding.variables),
            self._of_sources(embedding.decoder_variables),
        ])  # fmt: skip

    def _mixing_variables(self, scope: str) -> Variables:
        variables: Variables = {}
        logits = np.array([OWN_LOGIT] + [TEACHER_LOGIT] * len(self.teachers), np.float32)
        for i, width in enumerate(self.body.network.widths):
            variables[_mixing(scope, i)] = constant(logits)
            for j, teacher in enumerate(self.teachers):
                shape = (teacher.policy.network.widths[i], width)
                variables[_lateral(scope, i, j)] = Variable(shape, glorot_uniform)
        return variables

    def _of_sources(self, variables: Callable[..., Variables]) -> Variables:
        """Those of the φ or of the decoders, of all source tasks."""
        sizes = [size for _, size in self.source_sizes()]
        return joined([variables(i, self.obs_size, n, self.mapping) for i, n in enumerate(sizes)])

    def init(self, rng: np.random.Generator) -> dict[str, np.ndarray]:
        """Initial values of all trainable variables."""
        return drawn(self.variables(), rng)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shapes of all trainable variables by name."""
        return shapes(self.variables())

    def source_sizes(self) -> list[tuple[dict[str, Any], int]]:
        """The source tasks with their number of observation dimensions."""
        return [(source, self._source_size(source)) for source in self.sources]

    def variable_counts(self) -> dict[str, int]:
        """Those of the body, of what mixes the teachers in, of the mappings and the decoders."""
        own = self.body.shapes()
        counts = self.body.variable_counts() | dict.fromkeys((MIXING, *MAPPING_PARTS), 0)
        for name, shape in self.shapes().items():
            if name not in own:
                counts[_part_of(name)] += prod(shape)
        return counts

    def outline(self) -> list[str]:
        """What is mapped to what."""
        return [
            f"mapping: {self.obs_size} dimensions to the {size} of {source['id']}"
            for source, size in self.source_sizes()
        ]

    def frozen(self) -> dict[str, np.ndarray]:
        """The teachers' variables, and φ's where it is not learned."""
        return dict(self.frozen_mapping) | {
            f"{teacher_scope(j)}/{name}": value
            for j, teacher in enumerate(self.teachers)
            for name, value in teacher.params.items()
        }

    def pi(self, params: Params, obs: Array) -> Pi:
        """The action distribution of [B, obs_size] observations."""
        return self._pi(params, obs, self._embed(params, obs))

    def actor(self, params: Mapping[str, np.ndarray]) -> Actor:
        """Acting with these variables; as one plain network, where all parts are MLPs."""
        scope, mapping = self.body.pi_scope, self.frozen_mapping or params
        layers = range(len(self.body.network.widths))
        parts = acting.Parts(
            body=dense_layers(self.body.network, params, scope),
            mappings=[
                dense_layers(self.mapping.embedding, mapping, embedding.embedding_scope(i))
                for i in range(len(self.sources))
            ],
            teachers=[
                dense_layers(t.policy.network, t.params, t.policy.pi_scope) for t in self.teachers
            ],
            sources=[self.sources.index(teacher.env) for teacher in self.teachers],
            laterals=[
                [params[_lateral(scope, i, j)] for j in range(len(self.teachers))] for i in layers
            ],
            shares=[arrays.softmax(params[_mixing(scope, i)]) for i in layers],
        )
        if not all([parts.body, *parts.mappings, *parts.teachers]):
            return plain_actor(self, params)
        return self.body.acting(params, acting.as_one_network(parts, self.body.head(params)))

    def value(self, params: Params, obs: Array) -> Array:
        """The values [B] of [B, obs_size] observations."""
        return self._value(params, obs, self._embed(params, obs))

    def learning_outputs(self, params: Params, obs: Array) -> tuple[Pi, Array, dict[str, Array]]:
        """The distribution, the values [B], and the losses C_π, C_V and L_MI (scalars)."""
        embedded = self._embed(params, obs)
        losses = {
            "ps": self._coupling(params, self.body.pi_scope),
            "vf_ps": self._coupling(params, self.body.vf_scope),
            "mutual_info": self._mutual_information(params, obs, embedded),
        }
        return self._pi(params, obs, embedded), self._value(params, obs, embedded), losses

    def _embed(self, params: Params, obs: Array) -> list[Array]:
        """φ(s) for each source task, [B, d_j]."""
        values, mapping = self.frozen_mapping or params, self.mapping
        return [embedding.embed(values, i, obs, mapping) for i in range(len(self.sources))]

    def _for_teachers(self, embedded: Sequence[Array]) -> list[Array]:
        """φ_j(s) for each teacher: that of its source task."""
        return [embedded[self.sources.index(teacher.env)] for teacher in self.teachers]

    def _pi(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Pi:
        pairs = zip(self.teachers, self._for_teachers(embedded), strict=True)
        features = [teacher.policy_features(x) for teacher, x in pairs]
        return self.body.pi_head(params, self._hidden(params, self.body.pi_scope, obs, features))

    def _value(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Array:
        pairs = zip(self.teachers, self._for_teachers(embedded), strict=True)
        features = [teacher.value_features(x) for teacher, x in pairs]
        return self.body.value_head(params, self._hidden(params, self.body.vf_scope, obs, features))

    def _hidden(
        self, params: Params, scope: str, obs: Array, features: Sequence[Sequence[Array]]
    ) -> Array:
        """The last hidden layer of one side, [B, width], by the equation above."""
        network, h = self.body.network, [obs]
        for i in range(len(network.widths)):
            share = arrays.softmax(params[_mixing(scope, i)])
            mixed = share[0] * network.layer(params, scope, h)
            for j, z in enumerate(features):
                mixed = mixed + share[1 + j] * (z[i] @ params[_lateral(scope, i, j)])
            h.append(network.activate(mixed))
        return h[-1]

    def _coupling(self, params: Params, scope: str) -> Array:
        layers = range(len(self.body.network.widths))
        return coupling_loss([arrays.log_softmax(params[_mixing(scope, i)])[0] for i in layers])

    def _mutual_information(self, params: Params, obs: Array, embedded: Sequence[Array]) -> Array:
        """L_MI, the mean over the source tasks."""
        losses = [
            mutual_information_loss(obs, mean, logstd, self.min_std)
            for mean, logstd in self._decode(params, embedded)
        ]
        return sum(losses) / len(losses)

    def _decode(self, params: Params, embedded: Sequence[Array]) -> list[tuple[Array, Array]]:
        """The decoder's Gaussian over s for each source task: mean [B, d], log σ_q [d]."""
        mapping = self.mapping
        return [embedding.decode(params, i, x, mapping) for i, x in enumerate(embedded)]

    def figures(self, params: Params, obs: np.ndarray) -> dict[str, float]:
        """What is logged of its use of the teachers (`baselines.transfer.figures`).

        Args:
            params: its variables, NumPy arrays.
            obs: normalised observations of a rollout, float32 of [N, d].
        """
        embedded = self._embed(params, obs)
        pairs = zip(embedded, self._decode(params, embedded), strict=True)
        sources = [
            MappingFigures(explained_share(obs, mean), *embedding.moments(x))
            for x, (mean, _) in pairs
        ]
        teachers = teacher_figures(*self._shares(params))
        return self.own_shares(params) | teachers | mapping_figures(sources)

    def own_shares(self, params: Params) -> dict[str, float]:
        """p_0 of every hidden layer of both sides, and the mean of each side, as logged."""
        return share_figures(*([float(p[0]) for p in side] for side in self._shares(params)))

    def _shares(self, params: Params) -> list[list[np.ndarray]]:
        """All shares p of every hidden layer, [1 + J], of the policy side and of the value side."""
        layers = range(len(self.body.network.widths))
        return [
            [arrays.softmax(params[_mixing(scope, i)]) for i in layers]
            for scope in (self.body.pi_scope, self.body.vf_scope)
        ]

    def describe(self) -> dict[str, Any]:
        """The body, and under `transfer` the teachers and the mapping, for a checkpoint."""
        return self.body.describe() | {
            "transfer": {
                "mapping_spec": asdict(self.mapping_spec),
                "min_std": self.min_std,
                "frozen_mapping": bool(self.frozen_mapping),
                "teachers": [describe_teacher(teacher) for teacher in self.teachers],
            }
        }

    @classmethod
    def from_description(
        cls, described: dict[str, Any], stored: Mapping[str, np.ndarray]
    ) -> Student:
        """The student that a checkpoint describes; `stored` are the checkpoint's arrays.

        Raises:
            KeyError, TypeError, ValueError: the description is damaged.
        """
        transfer = described["transfer"]
        student = cls(
            PlainPolicy.from_description(described),
            tuple(
                stored_teacher(j, teacher, stored) for j, teacher in enumerate(transfer["teachers"])
            ),
            MappingSpec(**transfer["mapping_spec"]),
            float(transfer["min_std"]),
        )
        for source in student.sources:
            check_sizes(student.mapping_spec, student.obs_size, student._source_size(source))
        if not transfer["frozen_mapping"]:
            return student
        needed = shapes(student._of_sources(embedding.variables))
        return replace(student, frozen_mapping=checked_arrays(stored, needed))


def _part_of(name: str) -> str:
    """The part that a variable beside those of the body belongs to."""
    scope, _, rest = name.partition("/")
    inner = rest.split("/")[0].rstrip("0123456789")
    return {"embedding": "mapping", "decoder": "decoder"}[inner] if scope == SCOPE else MIXING


def _mixing(scope: str, layer: int) -> str:
    return f"{scope}/mixing{layer}"


def _lateral(scope: str, layer: int, teacher: int) -> str:
    return f"{scope}/lateral{layer}_{teacher}"
