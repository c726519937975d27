import hashlib
import json
import os
import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from baselines.common import checkpoint
from baselines.common.checkpoint import (
    CheckpointError,
    TooLarge,
    checked_arrays,
    newest_checkpoint,
    read,
    save,
)

ARRAYS = {
    "pi/w": np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32),
    "odd": np.array([np.nan, np.inf, -0.0, 1e-45], np.float32),
    "double": np.array([1 / 3, 1e300]),
    "scalar": np.array(0.1),
    "empty": np.zeros((0, 3), np.float32),
    "transposed": np.arange(6, dtype=np.int64).reshape(2, 3).T,
    "half": np.array([0.5, -0.0], np.float16),
    "bytes": np.arange(3, dtype=np.uint8),
    "flags": np.array([True, False]),
}
METADATA = {"update": 970, "env": {"id": "CentipedeFour-v1", "kwargs": {}}, "é": [1.5, None, "σ"]}


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def refused(path: Path) -> str:
    """The message with which a file is refused: one line with the flag and the file's name."""
    with pytest.raises(CheckpointError) as caught:
        read(path, "--load_path")
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("--load_path: ")
    assert str(path) in message
    return message


@pytest.fixture(scope="module")
def saved() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder, "x"), ARRAYS, METADATA)
        return Path(folder, "x").read_bytes()


def test_what_is_saved_comes_back_to_the_bit(tmp_path: Path) -> None:
    save(tmp_path / "00010", ARRAYS, METADATA)
    stored = read(tmp_path / "00010", "--load_path")
    assert stored.arrays.keys() == ARRAYS.keys()
    for name, value in ARRAYS.items():
        found = stored.arrays[name]
        assert (found.dtype, found.shape) == (value.dtype, value.shape), name
        assert found.tobytes() == value.tobytes()
    assert METADATA.items() <= stored.metadata.items()
    content = (tmp_path / "00010").read_bytes()
    assert stored.sha256 == hashlib.sha256(content).hexdigest()


def test_the_same_content_gives_the_same_file(tmp_path: Path, saved: bytes) -> None:
    save(tmp_path / "x", dict(reversed(ARRAYS.items())), dict(reversed(METADATA.items())))
    assert (tmp_path / "x").read_bytes() == saved


def test_numbers_in_the_other_order_of_bytes_are_read_again(tmp_path: Path) -> None:
    big = np.array([1 / 3, -2.0], ">f8")
    save(tmp_path / "x", {"big": big}, METADATA)
    assert read(tmp_path / "x", "--load_path").arrays["big"].tolist() == big.tolist()


LIMITS = {
    "arrays": ("MAX_BYTES", {"a": np.zeros(1000)}, {}),
    "names": ("MAX_HEADER", {"a" * 9000: np.zeros(1)}, {}),
    "description": ("MAX_HEADER", {}, {"text": "a" * 9000}),
}


@pytest.mark.parametrize("case", LIMITS)
def test_what_could_not_be_read_is_not_written(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit, arrays, metadata = LIMITS[case]
    save(tmp_path / "x", arrays, metadata)
    before = (tmp_path / "x").read_bytes()
    monkeypatch.setattr(checkpoint, limit, 8000)
    with pytest.raises(TooLarge, match="what can be read again"):
        save(tmp_path / "x", arrays, metadata)
    assert (tmp_path / "x").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_description_that_can_just_be_read_is_written(
    tmp_path: Path, saved: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = int.from_bytes(saved[:8], "little")
    monkeypatch.setattr(checkpoint, "MAX_HEADER", header)
    save(tmp_path / "x", ARRAYS, METADATA)
    assert (tmp_path / "x").read_bytes() == saved
    monkeypatch.setattr(checkpoint, "MAX_HEADER", header - 1)
    with pytest.raises(TooLarge):
        save(tmp_path / "x", ARRAYS, METADATA)


@pytest.mark.parametrize("excess", [0, 1])
def test_the_limit_of_the_description_is_that_of_the_format(excess: int) -> None:
    length = checkpoint.MAX_HEADER + excess
    with pytest.raises(safetensors.SafetensorError) as caught:
        safetensors.numpy.load(length.to_bytes(8, "little") + b"{}")
    assert ("too large" in str(caught.value)) == bool(excess)


def test_a_missing_file(tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / "00010")


def test_a_folder_instead_of_a_file(tmp_path: Path) -> None:
    assert "directory" in refused(tmp_path)


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file(tmp_path: Path, saved: bytes, kept: float) -> None:
    assert "truncated" in refused(write(tmp_path / "x", saved[: int(kept * len(saved))]))


@pytest.mark.parametrize("length", [1, 7, 8, 9])
def test_a_file_truncated_in_its_first_bytes(tmp_path: Path, saved: bytes, length: int) -> None:
    refused(write(tmp_path / "x", saved[:length]))


def test_a_file_with_one_byte_too_few_or_too_many(tmp_path: Path, saved: bytes) -> None:
    refused(write(tmp_path / "x", saved[:-1]))
    refused(write(tmp_path / "y", saved + b"\0"))


@pytest.mark.parametrize(
    "content", [pickle.dumps([0.5] * 3), b'TASK =  {"a": 1}'], ids=["pickle", "text"]
)
def test_what_another_program_wrote_is_told_to_be_converted(tmp_path: Path, content: bytes) -> None:
    """One begins with what could be a header's length, the other has a brace behind it."""
    begins, brace = int.from_bytes(content[:8], "little") <= 1 << 30, content[8:9] == b"{"
    assert begins != brace
    assert "becomes one with python -m baselines.convert" in refused(write(tmp_path / "x", content))


def test_what_has_another_name_is_no_checkpoint_of_a_folder(tmp_path: Path) -> None:
    for name in ("00970", "9999", "00980.mp4", "x00990"):
        (tmp_path / name).touch()
    assert newest_checkpoint(tmp_path, "--load_path") == tmp_path / "00970"


def test_a_folder_that_cannot_be_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", denied)
    assert refused(tmp_path) == f"--load_path: cannot look into {tmp_path}: Permission denied"


def foreign(header: dict[str, Any] | str) -> bytes:
    text = header if isinstance(header, str) else json.dumps(header)
    text += " " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text.encode()


FOREIGN = {
    "no metadata": foreign({}),
    "null metadata": foreign({"__metadata__": None}),
    "another program's": foreign({"__metadata__": {"format": "pt"}}),
    "with an array": safetensors.numpy.save({"w": np.zeros(3)}),
}


@pytest.mark.parametrize("content", FOREIGN.values(), ids=FOREIGN)
def test_a_safetensors_file_of_another_program(tmp_path: Path, content: bytes) -> None:
    safetensors.numpy.load(content)
    assert "another program" in refused(write(tmp_path / "x", content))


def test_an_array_type_that_numpy_lacks(tmp_path: Path) -> None:
    header = {"w": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}
    refused(write(tmp_path / "x", foreign(header) + b"\0" * 4))


@pytest.mark.parametrize(
    "description",
    ["", "{", "[]", "3", "null", '"format_version"', "{}", '{"update": 3}', "[" * 100_000],
    ids=lambda text: text[:20] or "empty",
)
def test_a_damaged_description(tmp_path: Path, description: str) -> None:
    content = safetensors.numpy.save({"w": np.zeros(3)}, {"baselines": description})
    assert "damaged" in refused(write(tmp_path / "x", content))


@pytest.mark.parametrize("version", [0, 2, 1.5, "1", None, [1]])
def test_another_version_of_the_format(tmp_path: Path, version: Any) -> None:
    described = json.dumps({"format_version": version})
    content = safetensors.numpy.save({"w": np.zeros(3)}, {"baselines": described})
    assert f"version {version}" in refused(write(tmp_path / "x", content))


def test_a_later_version_is_told_whatever_its_checksum(tmp_path: Path) -> None:
    """Which it may have of other things, or by another hash."""
    described = json.dumps({"format_version": 2, "sha256": "0"})
    content = safetensors.numpy.save({"w": np.zeros(3)}, {"baselines": described})
    assert "has format version 2; this program reads 1" in refused(write(tmp_path / "x", content))


def test_an_old_file_without_a_checksum_is_read(tmp_path: Path) -> None:
    described = json.dumps({"format_version": 1, "update": 3})
    content = safetensors.numpy.save({"w": np.arange(3.0)}, {"baselines": described})
    found = read(write(tmp_path / "x", content), "--load_path")
    assert (found.metadata["update"], found.arrays["w"].tolist()) == (3, [0, 1, 2])


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "link").symlink_to("fifo")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("fifo", "link"):
        assert "not a regular file" in refused(tmp_path / name)
    assert "links" in refused(tmp_path / "loop")
    assert "not a regular file" in refused(Path("/dev/zero"))
    with pytest.raises(CheckpointError, match="null byte"):
        read("a\0b", "--load_path")


def test_a_file_of_gigabytes_is_not_read(tmp_path: Path) -> None:
    with open(tmp_path / "x", "wb") as file:
        file.truncate(1 << 40)
    assert "larger than 1024 MiB" in refused(tmp_path / "x")


HOSTILE_HEADERS: dict[str, bytes] = {
    "a header of a terabyte": (1 << 40).to_bytes(8, "little") + b"{}",
    "overlapping arrays": foreign(
        {name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in "ab"}
    )
    + bytes(8),
    "a gap between arrays": foreign({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})
    + bytes(8),
    "a shape whose size overflows": foreign(
        {"a": {"dtype": "F32", "shape": [1 << 32, 1 << 32], "data_offsets": [0, 0]}}
    ),
    "a shape of 2^60": foreign({"a": {"dtype": "F32", "shape": [1 << 60], "data_offsets": [0, 8]}})
    + bytes(8),
    "nothing in 65 axes": foreign(
        {"a": {"dtype": "F32", "shape": [0] * 65, "data_offsets": [0, 0]}}
    ),
    "a negative length": foreign({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}})
    + bytes(4),
    "offsets backwards": foreign({"a": {"dtype": "F32", "shape": [1], "data_offsets": [4, 0]}})
    + bytes(4),
    "offsets behind the end": foreign(
        {"a": {"dtype": "F32", "shape": [1], "data_offsets": [1 << 62, (1 << 62) + 4]}}
    ),
    "nesting": foreign('{"a":' * 50_000),
    "nested lists": foreign('{"a":' + "[" * 50_000),
    "not UTF-8": (8).to_bytes(8, "little") + b'{"\xff":1}',
    "no object": foreign("[1, 2]  "),
}


@pytest.mark.parametrize("content", HOSTILE_HEADERS.values(), ids=HOSTILE_HEADERS)
def test_a_hostile_header(tmp_path: Path, content: bytes) -> None:
    refused(write(tmp_path / "x", content))


@settings(deadline=None)
@given(st.binary(max_size=300))
@example((1 << 63).to_bytes(8, "little"))
@example(b"\xff" * 64)
@example(b"\x80\x04\x95")
def test_garbage(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        refused(write(Path(folder, "x"), content))


@settings(deadline=None)
@given(st.data())
def test_a_damaged_byte_is_refused_or_harmless(saved: bytes, data: st.DataObject) -> None:
    header_end = 8 + int.from_bytes(saved[:8], "little")
    damaged = bytearray(saved)
    damaged[data.draw(st.integers(0, header_end - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "x"), bytes(damaged))
        try:
            read(path, "--load_path")
        except CheckpointError:
            refused(path)


CHANGED: dict[str, tuple[bytes, bytes]] = {
    "a name": (b'"scalar"', b'"scalaR"'),
    "a type": (b'"F16"', b'"I16"'),
    "a shape": (b'"shape":[4,3]', b'"shape":[3,4]'),
    "a value": (np.array(0.1).tobytes(), np.array(0.2).tobytes()),
    "the description": (b": 970", b": 971"),
}
"""What is still a whole file afterwards, but another one."""


@pytest.mark.parametrize("case", CHANGED)
def test_what_was_changed_since_it_was_saved_is_refused(
    case: str, tmp_path: Path, saved: bytes
) -> None:
    before, after = CHANGED[case]
    assert saved.count(before) == 1
    told = refused(write(tmp_path / "x", saved.replace(before, after)))
    assert told.endswith("is damaged: its content does not fit its checksum")


def test_of_arrays_those_that_are_needed_are_checked_and_given() -> None:
    arrays = {"w": np.ones((2, 3)), "b": np.zeros(3), "other": np.array([np.nan])}
    found = checked_arrays(arrays, {"b": (3,), "w": (2, 3)}, np.floating)
    assert {name: array.tolist() for name, array in found.items()} == {
        "b": [0, 0, 0], "w": [[1, 1, 1], [1, 1, 1]],
    }  # fmt: skip


@pytest.mark.parametrize("error", [OSError("no space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("interrupted", ["replace", "fsync"])
@pytest.mark.parametrize("earlier", [True, False])
def test_an_interrupted_write_leaves_what_was_there(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    interrupted: str,
    earlier: bool,
) -> None:
    path = tmp_path / "00010"
    if earlier:
        save(path, {"w": np.ones(3)}, {"update": 1})

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(os, interrupted, fail)
        with pytest.raises(type(error)):
            save(path, {"w": np.zeros(3)}, {"update": 2})
    assert list(tmp_path.iterdir()) == ([path] if earlier else [])
    if earlier:
        assert read(path, "--load_path").metadata["update"] == 1


def test_a_checkpoint_replaces_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its content is on the disk before it takes the place, and then its name is."""
    done = []
    sync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (done.append(os.path.isdir(fd)), sync(fd)))
    monkeypatch.setattr(os, "replace", lambda *names: (done.append("replace"), replace(*names)))
    for update in (1, 2):
        save(tmp_path / "00010", {"w": np.full(3, update)}, {"update": update})
    checkpoint = read(tmp_path / "00010", "--load_path")
    assert checkpoint.metadata["update"] == 2
    assert checkpoint.arrays["w"].tolist() == [2, 2, 2]
    assert [p.name for p in tmp_path.iterdir()] == ["00010"]
    assert done == [False, "replace", True] * 2
