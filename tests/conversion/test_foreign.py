import bz2
import io
import json
import lzma
import os
import pickle
import tempfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hostile
import joblib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from baselines.common.checkpoint import CheckpointError, read, save
from baselines.common.errors import UserError
from baselines.conversion import joblib_files
from baselines.conversion.limits import MALFORMED, Refused
from baselines.conversion.names import find_networks, find_statistics, from_torch
from baselines.conversion.numpy_data import array_of, read_npy
from baselines.conversion.pickles import Global, Instance, parse
from baselines.conversion.reading import (
    BASELINES,
    NPZ,
    SB3_POLICY,
    SB3_STATISTICS,
    read_foreign,
)
from baselines.conversion.stable_baselines3 import POLICIES, read_facts

RNG = np.random.default_rng(0)
ARRAYS = {
    "ppo2_model/pi/mlp_fc0/w:0": RNG.standard_normal((4, 3)).astype(np.float32),
    "double": RNG.standard_normal((2, 3, 5)),
    "in Fortran's order": np.asfortranarray(RNG.standard_normal((4, 6))),
    "sliced": np.arange(20.0)[::3],
    "big-endian": np.arange(5, dtype=">f4"),
    "empty": np.zeros((0, 3), np.float32),
    "integers": np.arange(6, dtype=np.int16).reshape(2, 3),
    "flags": np.array([True, False]),
    "bytes": np.array([-1, 2], np.int8),
    "half": np.array([0.5, -2.0], np.float16),
    "no axes": np.array(1.5, np.float32),
}
SCALARS = {"ob_rms/count:0": np.float64(3.25), "whole": np.int64(7), "plain": 2.5}


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def assert_same(found: dict[str, np.ndarray], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name].dtype == np.asarray(value).dtype.newbyteorder("="), name
        assert found[name].shape == np.shape(value), name
        np.testing.assert_array_equal(found[name], value, err_msg=name)


@pytest.mark.parametrize(
    "compress", [0, 3, ("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 1), ("lzma", 1)], ids=str
)
@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_what_joblib_writes_is_read(tmp_path: Path, compress: Any, protocol: int) -> None:
    joblib.dump(ARRAYS | SCALARS, tmp_path / "x", compress=compress, protocol=protocol)
    found = read_foreign(tmp_path / "x", "IN")
    assert found.kind == BASELINES
    assert_same(found.arrays, ARRAYS | SCALARS)


@pytest.mark.parametrize("protocol", range(6))
def test_what_pickle_writes_is_read(tmp_path: Path, protocol: int) -> None:
    write(tmp_path / "x", pickle.dumps(ARRAYS | SCALARS, protocol))
    assert_same(read_foreign(tmp_path / "x", "IN").arrays, ARRAYS | SCALARS)


@pytest.mark.parametrize("save_npz", [np.savez, np.savez_compressed])
def test_what_numpy_writes_is_read(tmp_path: Path, save_npz: Any) -> None:
    arrays = {name.replace(":", ""): value for name, value in ARRAYS.items()}
    name = "Pendulum" * 11 + "-v1"  # longer than a message would show it
    facts = {"env": name, "activation": "relu", "update": 12, "timesteps": 2_000_000}
    save_npz(tmp_path / "x.npz", **arrays, **facts)
    found = read_foreign(tmp_path / "x.npz", "IN")
    assert found.kind == NPZ
    assert found.facts == facts
    assert_same(found.arrays, arrays)


def test_a_text_of_npy_is_read() -> None:
    for text in ("", "tanh", "σ and 🐛"):
        assert read_npy(hostile.npy(text), "x").item() == text


def test_an_array_with_a_long_header_is_read() -> None:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, ARRAYS["double"], version=(2, 0))
    np.testing.assert_array_equal(read_npy(stream.getvalue(), "x"), ARRAYS["double"])


def test_stable_baselines3_is_read_without_it() -> None:
    policy = read_foreign(hostile.FIXTURES / "pendulum.zip", "IN")
    expected = np.load(hostile.FIXTURES / "pendulum_expected.npz")
    assert policy.kind == SB3_POLICY
    assert policy.facts == {"activation": "tanh", "timesteps": 256, "version": "2.9.2"}
    np.testing.assert_array_equal(policy.arrays["log_std"], expected["log_std"])
    statistics = read_foreign(hostile.FIXTURES / "pendulum_vecnormalize.pkl", "IN")
    assert statistics.kind == SB3_STATISTICS
    assert statistics.facts == {"norm_obs": True, "clip_obs": 10.0, "epsilon": 1e-3}
    np.testing.assert_array_equal(statistics.arrays["normalize/obs/mean"], expected["obs_mean"])
    np.testing.assert_array_equal(statistics.arrays["normalize/ret/var"], expected["ret_var"])


@pytest.mark.parametrize(("kind", "dtype"), [("Half", "<f2"), ("Float", "<f4"), ("Double", "<f8")])
def test_a_tensor_has_its_own_precision(tmp_path: Path, kind: str, dtype: str) -> None:
    path = write(tmp_path / "x", hostile.tensor(hostile.huge(2), hostile.huge(1), kind=kind))
    assert read_foreign(path, "IN").arrays["w"].dtype == dtype


def test_a_tensor_may_be_a_part_of_its_storage(tmp_path: Path) -> None:
    """Every second of four numbers, from the second on."""
    content = hostile.tensor(hostile.huge(2), hostile.huge(2), offset=1)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        variables = file.read("policy.pth")
    numbers = {"data/0": np.arange(4, dtype="<f4").tobytes()}
    content = hostile.sb3(policy_pth=hostile.repacked(variables, **numbers))
    assert read_foreign(write(tmp_path / "x", content), "IN").arrays["w"].tolist() == [1, 3]


class Statistics:
    """As `RunningMeanStd` there."""

    def __init__(self, mean: Any, var: Any, count: float) -> None:
        self.mean, self.var, self.count = mean, var, count


class VecNormalize:
    """What is read of one; only its name matters."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)


@pytest.mark.parametrize("obs", ["obs_rms", "ob_rms"])
@pytest.mark.parametrize("protocol", range(6))
def test_statistics_are_read_from_any_pickle(tmp_path: Path, obs: str, protocol: int) -> None:
    told = {"norm_obs": False, "clip_obs": np.float32(5), "epsilon": 0}
    there = VecNormalize(**{obs: Statistics(np.zeros(2), np.ones(2), 7.0)}, **told)
    found = read_foreign(write(tmp_path / "x", pickle.dumps(there, protocol)), "IN")
    assert found.kind == SB3_STATISTICS
    assert found.facts == told
    assert_same(found.arrays, {
        "normalize/obs/mean": np.zeros(2), "normalize/obs/var": np.ones(2),
        "normalize/obs/count": 7.0,
    })  # fmt: skip


def test_a_setting_too_large_for_a_float_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x", pickle.dumps(VecNormalize(epsilon=10**400)))
    with pytest.raises(CheckpointError, match="x is damaged"):
        read_foreign(path, "IN")


def test_an_activation_of_stable_baselines3_that_is_not_known_is_told() -> None:
    named = {"activation_fn": "<class 'torch.nn.modules.activation.Leaky'>"}
    data = {"policy_class": {"__module__": POLICIES}, "policy_kwargs": named}
    with pytest.raises(Refused, match=r"activation .*Leaky.*; known here are Tanh, ReLU, ELU, "):
        read_facts({"data": json.dumps(data).encode()})


def test_a_torch_module_between_the_layers_is_refused() -> None:
    with pytest.raises(Refused, match=r"policy_net\.1\.weight, which no plain MLP policy has"):
        from_torch({"mlp_extractor.policy_net.1.weight": np.ones((3, 3), np.float32)})


@pytest.mark.parametrize("content", [b"(N0K\x01t.", b"((0K\x01t.", b"K\x02(NN1K\x01\x86."])
def test_what_is_dropped_is_what_pickle_drops(content: bytes) -> None:
    assert parse(content).root == pickle.loads(content)


class Named:
    """Is made with a keyword argument, for which pickles have an opcode."""

    def __getnewargs_ex__(self) -> tuple[tuple[int], dict[str, int]]:
        return (1,), {"two": 2}


def test_a_call_with_keywords_is_taken_apart() -> None:
    root = parse(pickle.dumps(Named(), 4)).root
    assert (root.made_by, root.arguments) == (Global(__name__, "Named"), (1,))
    assert root.pairs == [("two", 2)]


def test_a_pickle_is_taken_apart_without_calling() -> None:
    parsed = parse(pickle.dumps({"x": hostile.system(), "y": [1, (2.5, None), b"z"]}))
    call = parsed.root["x"]
    assert isinstance(call, Instance)
    assert (call.made_by, call.arguments) == (Global("posix", "system"), (hostile.COMMAND,))
    assert parsed.root["y"] == [1, (2.5, None), b"z"]
    assert parsed.globals == {Global("posix", "system")}


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(PLAIN, st.integers(0, 5))
def test_plain_data_comes_out_as_pickle_would_have_it(value: Any, protocol: int) -> None:
    content = pickle.dumps(value, protocol)
    if b"_codecs" not in content and b"__builtin__" not in content:  # bytes before protocol 3
        assert parse(content).root == pickle.loads(content) == value


@pytest.mark.parametrize("make", hostile.HOSTILE.values(), ids=hostile.HOSTILE)
def test_a_hostile_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[], bytes]
) -> None:
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path / "x", make())
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError) as caught:
            read_foreign(path, "IN")
        assert tracemalloc.get_traced_memory()[1] < 400 << 20
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith(f"IN: {path} ")
    assert message.isprintable()
    assert len(message) < 400
    assert os.listdir(tmp_path) == ["x"]


@pytest.mark.parametrize("pack", [zlib.compress, bz2.compress, lzma.compress])
def test_no_more_is_unpacked_than_allowed(monkeypatch: pytest.MonkeyPatch, pack: Any) -> None:
    packed = pack(bytes(40 << 20))
    monkeypatch.setattr(joblib_files, "MAX_BYTES", 30 << 20)
    with pytest.raises(Refused, match="more than 30 MiB"):
        joblib_files.unpacked(packed)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "dangling").symlink_to("nowhere")
    for path in (
        "fifo",
        "link",
        "loop",
        "dangling",
        ".",
        "missing",
        "a\0b",
        "x" * 5000,
        "/dev/zero",
    ):
        with pytest.raises(UserError, match=r"^IN: cannot read"):
            read_foreign(f"{tmp_path}/{path}" if path != "/dev/zero" else path, "IN")


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "x", "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(UserError, match="larger than 128 MiB"):
        read_foreign(tmp_path / "x", "IN")


def valid_files() -> dict[str, bytes]:
    arrays = {"pi/mlp_fc0/w": np.ones((3, 2), np.float32), "normalize/obs/count": np.array(3.0)}
    stream = io.BytesIO()
    np.savez_compressed(stream, **arrays, env="X-v0")  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder, "x"), arrays, {"env": {"id": "X-v0", "kwargs": {}}})
        checkpoint = Path(folder, "x").read_bytes()
    return {
        "checkpoint": checkpoint,
        "joblib": hostile.joblib_bytes(arrays | {"count": np.float64(3)}),
        "joblib, compressed": hostile.joblib_bytes(arrays, compress=3),
        "npz": stream.getvalue(),
        "zip": (hostile.FIXTURES / "cartpole.zip").read_bytes(),
        "policy.pth": hostile.genuine()["policy.pth"],
        "VecNormalize": (hostile.FIXTURES / "pendulum_vecnormalize.pkl").read_bytes(),
    }


VALID = valid_files()


def outcome(content: bytes) -> str:
    """What becomes of a file; any exception but a UserError fails the test."""
    if content == VALID["policy.pth"] or b"data.pkl" in content[:100]:
        content = hostile.zipped(hostile.genuine() | {"policy.pth": content})
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "x"), content)
        try:
            if content[8:9] == b"{":
                read(path, "--load_path")
                return "read"
            arrays = read_foreign(path, "IN").arrays
        except UserError as error:
            assert "\n" not in str(error)
            return "refused"
        for find in (find_networks, find_statistics):
            try:
                find(arrays)  # type: ignore[operator]
            except Refused as error:
                assert "\n" not in str(error)
    return "read"


@pytest.mark.parametrize("kind", VALID)
def test_the_files_to_be_damaged_are_valid(kind: str) -> None:
    assert outcome(VALID[kind]) == "read"


@pytest.mark.parametrize("kind", VALID)
@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_damaged_bytes_are_refused_or_harmless(kind: str, data: st.DataObject) -> None:
    content = bytearray(VALID[kind])
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content) - 1))
        length = data.draw(st.integers(0, 4))
        content[start : start + length] = data.draw(st.binary(max_size=6))
        content = content or bytearray(b"x")
    outcome(bytes(content))


@pytest.mark.parametrize("kind", VALID)
def test_a_truncated_file_is_refused(kind: str) -> None:
    content = VALID[kind]
    for part in range(24):
        assert outcome(content[: part * len(content) // 24]) == "refused", part


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_a_random_program_is_refused_or_harmless(content: bytes) -> None:
    try:
        array_of(parse(content, joblib_files.read_wrapped).root, "x")
    except Refused:
        pass
    except Exception as error:
        assert isinstance(error, MALFORMED)
