"""Files that were made to do harm; each function returns the bytes of one."""

import bz2
import functools
import gzip
import io
import json
import lzma
import pickle
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np

FIXTURES = Path(__file__).resolve().parent / "fixtures" / "foreign"
CANARY = "canary"
COMMAND = f"touch {CANARY}"
"""What the harmful files try to run; whether it ran shows in the working directory."""


class Calls:
    """Pickles as a call of `function`, and as what its result is told afterwards."""

    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.call = function, arguments, state

    def __reduce__(self) -> Any:
        return self.call


def system() -> Calls:
    import os

    return Calls(os.system, COMMAND)


def named(module: str, name: str, argument: str = COMMAND) -> bytes:
    """A pickle of protocol 0 that calls a function by name."""
    return f"c{module}\n{name}\n(S'{argument}'\ntR.".encode()


def array(shape: tuple[int, ...], raw: bytes = b"", code: str = "f8") -> Calls:
    """Pickles as an array whose bytes need not fit its shape."""
    reconstruct = np.zeros(1).__reduce__()[0]
    state = (1, shape, np.dtype(code), False, raw)
    return Calls(reconstruct, np.ndarray, (0,), b"b", state=state)


def array_pickle(shape: tuple[int, ...], raw: bytes = b"", code: str = "f8") -> bytes:
    """A dictionary with such an array."""
    return pickle.dumps({"w": array(shape, raw, code)}, 4)


def joblib_bytes(value: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    joblib.dump(value, stream, **options)
    return stream.getvalue()


def joblib_shape(shape: tuple[int, ...]) -> bytes:
    """Joblib's array of 3 numbers, with its declared shape replaced."""
    from joblib.numpy_pickle import NumpyArrayWrapper

    wrapper = NumpyArrayWrapper(np.ndarray, shape, "C", np.dtype("f4"))
    return pickle.dumps({"w": wrapper}, 4)[:-1] + bytes(16)


NESTED_TUPLE = b")" + b"2\x86" * 60
"""Opcodes that build t = (t, t) again and again: to hash or print it takes 2^60 steps."""


def zipped(
    files: dict[str, bytes], method: int = zipfile.ZIP_STORED, level: int | None = None
) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, method, level)
    return stream.getvalue()


def duplicated() -> bytes:
    content = zipped({"a.npy": npy(), "b.npy": npy()})
    return content.replace(b"b.npy", b"a.npy")


def npy(array: Any = 1.0, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array), **options)
    return stream.getvalue()


def npy_header(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    text = header.ljust(118) + "\n"
    return b"\x93NUMPY" + version + struct.pack("<H", len(text)) + text.encode() + data


def declared(size: int) -> bytes:
    """An archive whose only file unpacks to 2 MiB and is declared to be of another size."""
    content = bytearray(zipped({"w.npy": bytes(1 << 21)}, zipfile.ZIP_DEFLATED))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        start = content.index(signature) + offset
        content[start : start + 4] = struct.pack("<I", size)
    return bytes(content)


def encrypted() -> bytes:
    content = bytearray(zipped({"w.npy": npy()}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    return bytes(content)


def genuine() -> dict[str, bytes]:
    with zipfile.ZipFile(FIXTURES / "pendulum.zip") as archive:
        return {entry: archive.read(entry) for entry in archive.namelist()}


def sb3(**changes: bytes) -> bytes:
    """A genuine policy of Stable-Baselines3 with some of its files replaced."""
    return zipped(genuine() | {k.replace("_pth", ".pth"): v for k, v in changes.items()})


def sb3_data(**changes: Any) -> bytes:
    data = json.loads(genuine()["data"])
    return sb3(data=json.dumps(data | changes).encode())


def repacked(content: bytes, **changes: bytes) -> bytes:
    """An archive of one folder with some of its files replaced."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    folder = next(iter(files)).split("/")[0]
    return zipped(files | {f"{folder}/{name}": part for name, part in changes.items()})


def torch_file(program: bytes) -> bytes:
    return sb3(policy_pth=zipped({"archive/data.pkl": program, "archive/data/0": bytes(16)}))


def tensor(size: str, stride: str, offset: int = 0, key: str = "0", kind: str = "Float") -> bytes:
    """`policy.pth` with one tensor; sizes are opcodes such as `K\\x02\\x85`, the tuple (2,)."""
    reference = f"(X\x07\0\0\0storagectorch\n{kind}Storage\nX{chr(len(key))}\0\0\0{key}"
    program = (
        f"ccollections\nOrderedDict\n)R(X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n"
        f"({reference}X\x03\0\0\0cpuK\x04tQ"
    ).encode("latin-1")
    program += b"J" + struct.pack("<i", offset) + size.encode("latin-1") + stride.encode("latin-1")
    return torch_file(program + b"\x89ccollections\nOrderedDict\n)RtRu.")


def huge(number: int) -> str:
    """Opcodes of the tuple (number,)."""
    return (b"\x8a\x08" + struct.pack("<q", number) + b"\x85").decode("latin-1")


def many_opcodes() -> bytes:
    return b"N0" * 200_000 + b"N."


def shared_bytes() -> bytes:
    """A thousand arrays that all are the same megabyte."""
    raw = bytes(1 << 20)
    return pickle.dumps({str(i): array((1 << 17,), raw) for i in range(1000)}, 4)


def lzma_of_a_gigabyte() -> bytes:
    """An honest file whose header asks for as much memory to unpack it."""
    content = lzma.compress(pickle.dumps({"w": np.zeros(3)}), lzma.FORMAT_ALONE)
    return content[:1] + struct.pack("<I", 1 << 30) + content[5:]


def object_array(value: Any) -> np.ndarray:
    result = np.empty(1, object)
    result[0] = value
    return result


PICKLES: dict[str, Callable[[], bytes]] = {
    "os.system": lambda: pickle.dumps(system()),
    "os.system, protocol 0": lambda: pickle.dumps(system(), 0),
    "posix.system by name": lambda: named("posix", "system"),
    "builtins.eval": lambda: pickle.dumps(Calls(eval, f"__import__('os').system('{COMMAND}')")),
    "builtins.exec": lambda: pickle.dumps(Calls(exec, f"import os; os.system('{COMMAND}')")),
    "getattr of a module": lambda: pickle.dumps(Calls(getattr, object, "__subclasses__")),
    "functools.partial": lambda: pickle.dumps(functools.partial(subprocess.call, COMMAND.split())),
    "subprocess.Popen": lambda: pickle.dumps(Calls(subprocess.Popen, COMMAND.split())),
    "an INST opcode": lambda: f"(S'{COMMAND}'\nios\nsystem\n.".encode(),
    "an OBJ opcode": lambda: f"(cos\nsystem\nS'{COMMAND}'\no.".encode(),
    "a name made on the stack": lambda: (
        b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c"
        + bytes([len(COMMAND)]) + COMMAND.encode() + b"\x85R."
    ),
    "called, dropped, then an honest value": lambda: (
        pickle.dumps(system(), 2)[:-1] + b"0" + pickle.dumps({"w": np.zeros(3)}, 2)[2:]
    ),
    "as a variable": lambda: pickle.dumps({"pi/mlp_fc0/w:0": system()}),
    "as a name": lambda: pickle.dumps({system(): np.zeros(3)}),
    "in an object array": lambda: pickle.dumps({"w": object_array(system())}),
    "in joblib's object array": lambda: joblib_bytes({"w": object_array(system())}),
    "in a compressed file": lambda: zlib.compress(pickle.dumps({"w": system()})),
    "numpy's own loader": lambda: named("numpy", "load", "/etc/passwd"),
    "numpy's test runner": lambda: named("numpy.testing._private.utils", "runstring"),
    "joblib's loader": lambda: named("joblib", "load", "/etc/passwd"),
    "a state for a function": lambda: b"cnumpy\ndtype\n}X\x01\0\0\0xK\x01sb.",
    "an extension code": lambda: b"\x80\x02\x82\x01.",
    "a buffer from outside": lambda: b"\x80\x05\x97.",
    "a persistent reference": lambda: b"Pfile:///etc/passwd\n.",
    "a tuple of 2^60 as a key": lambda: b"}" + NESTED_TUPLE + b"K\x01s.",
    "a tuple of 2^60 as an ordered key": lambda: (
        b"ccollections\nOrderedDict\n)R" + NESTED_TUPLE + b"K\x01s."
    ),
    "a tuple of 2^60 as a variable": lambda: b"}X\x01\0\0\0w" + NESTED_TUPLE + b"s.",
    "a memo index of 2^31": lambda: b"Nr\xff\xff\xff\x7f.",
    "bytes of 2^62": lambda: b"\x80\x04\x8e" + struct.pack("<Q", 1 << 62) + b"abc.",
    "a byte array of 2^62": lambda: b"\x80\x05\x96" + struct.pack("<Q", 1 << 62) + b"abc.",
    "a frame of 2^62": lambda: b"\x80\x04\x95" + struct.pack("<Q", 1 << 62) + b"N.",
    "a text of 2^62": lambda: b"\x80\x04\x8d" + struct.pack("<Q", 1 << 62) + b"abc.",
    "a number of 100,000 digits": lambda: b"I" + b"9" * 100_000 + b"\n.",
    "text that is not UTF-8": lambda: b"X\x02\0\0\0\xff\xfe.",
    "400,000 steps": many_opcodes,
    "lists in lists": lambda: b"]" * 50_000 + b"a" * 49_999 + b".",
    "no values": lambda: b"0.",
    "no mark": lambda: b"t.",
    "no end": lambda: b"}",
    "more after the end": lambda: pickle.dumps({"w": np.zeros(3)}) + b"x",
    "a list without names": lambda: pickle.dumps([np.zeros(3)]),
    "numbers as names": lambda: pickle.dumps({1: np.zeros(3)}),
    "a text as a variable": lambda: pickle.dumps({"w": "x"}),
    "records": lambda: pickle.dumps({"w": np.zeros(1, [("a", "f4")])}),
    "texts": lambda: pickle.dumps({"w": np.array(["a"])}),
    "dates": lambda: pickle.dumps({"w": np.array(["2020-01-01"], "M8[D]")}),
    "a shape of 2^60": lambda: array_pickle((1 << 60,)),
    "a shape that overflows": lambda: array_pickle((1 << 32, 1 << 32)),
    "a negative shape": lambda: array_pickle((-1, -8), bytes(64)),
    "a shape of 33 axes": lambda: array_pickle((1,) * 33, bytes(8)),
    "too few bytes": lambda: array_pickle((3,), bytes(16)),
    "too many bytes": lambda: array_pickle((3,), bytes(32)),
    "pointers as bytes": lambda: array_pickle((1,), bytes(8), "O"),
    "joblib's shape of 2^60": lambda: joblib_shape((1 << 60,)),
    "joblib's negative shape": lambda: joblib_shape((-3,)),
    "joblib's shape that does not fit": lambda: joblib_shape((100,)),
    "the same bytes a thousand times": shared_bytes,
    "gzip of 150 MB": lambda: gzip.compress(bytes(150_000_000), 1),
    "zlib, truncated": lambda: zlib.compress(pickle.dumps({"w": np.zeros(99)}))[:-9],
    "zlib without its checksum": lambda: zlib.compress(pickle.dumps({"w": np.zeros(3)}))[:-2],
    "lzma of a dictionary of 1 GiB": lzma_of_a_gigabyte,
    "gzip of nothing": lambda: gzip.compress(b""),
    "bz2, damaged": lambda: bz2.compress(b"abc")[:10] + b"x" * 30,
    "xz, damaged": lambda: lzma.compress(b"abc")[:20],
    "lz4": lambda: b"\x04\x22\x4d\x18" + bytes(30),
    "empty": lambda: b"",
    "zeros": lambda: bytes(100),
    "text": lambda: b"hello",
    "HDF5": lambda: b"\x89HDF\r\n\x1a\n" + bytes(100),
}  # fmt: skip

ARCHIVES: dict[str, Callable[[], bytes]] = {
    "declared as 4 GB": lambda: declared((1 << 32) - 16),
    "declared as 10 bytes": lambda: declared(10),
    "150 MB of zeros": lambda: zipped({"w.npy": bytes(150_000_000)}, zipfile.ZIP_DEFLATED, 1),
    "a bomb inside policy.pth": lambda: sb3(policy_pth=declared((1 << 32) - 16)),
    "1,001 files": lambda: zipped({f"{i}.npy": b"" for i in range(1001)}),
    "a path upwards": lambda: zipped({"../../canary.npy": npy()}),
    "a path upwards in Windows": lambda: zipped({"a\\..\\..\\canary.npy": npy()}),
    "an absolute path": lambda: zipped({"/tmp/canary.npy": npy()}),
    "a name twice": duplicated,
    "bzip2 inside": lambda: zipped({"w.npy": npy()}, zipfile.ZIP_BZIP2),
    "encrypted": encrypted,
    "no files": lambda: zipped({}),
    "other files": lambda: zipped({"README": b"hello"}),
    "only the beginning": lambda: zipped({"w.npy": npy()})[:20],
    "an npz of objects": lambda: zipped({"w.npy": npy(object_array(system()), allow_pickle=True)}),
    "an npz of 2^60 numbers": lambda: zipped({"w.npy": npy_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1152921504606846976,)}")}),
    "an npz of a negative shape": lambda: zipped({"w.npy": npy_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}", bytes(8))}),
    "an npz with code in its header": lambda: zipped({"w.npy": npy_header(
        f"__import__('os').system('{COMMAND}')")}),
    "an npz of another version": lambda: zipped({"w.npy": npy_header("{}", version=b"\x09\x00")}),
    "an npz of records": lambda: zipped({"w.npy": npy(np.zeros(1, [("a", "f4")]))}),
    "an npz of texts": lambda: zipped({"w.npy": npy("hello")}),
    "an npz with a number as env": lambda: zipped({"env.npy": npy(3)}),
    "an npz with a negative update": lambda: zipped({"update.npy": npy(-3)}),
    "an npz with an update of 2^60": lambda: zipped({"update.npy": npy(1 << 60)}),
    "an npz truncated inside": lambda: zipped({"w.npy": npy(np.zeros(9))[:-1]}),
    "data that is not UTF-8": lambda: sb3(data=b'{"policy_class": "\xff"}'),
    "data of deep nesting": lambda: sb3(data=b"[" * 200_000),
    "data that is no object": lambda: sb3(data=b"[]"),
    "data with a deep activation": lambda: sb3_data(policy_kwargs=3),
    "data with exploration noise": lambda: sb3_data(use_sde=True),
    "data with another activation": lambda: sb3_data(
        policy_kwargs={"activation_fn": "<class 'torch.nn.modules.activation.LeakyReLU'>"}),
    "a policy.pth that calls": lambda: torch_file(pickle.dumps(system(), 2)),
    "a policy.pth that calls torch": lambda: torch_file(named("torch", "load", "/etc/passwd")),
    "a policy.pth of before torch 1.6": lambda: sb3(policy_pth=pickle.dumps(3)),
    "a policy.pth of a list": lambda: torch_file(b"]."),
    "a policy.pth of big-endian numbers": lambda: sb3(
        policy_pth=repacked(genuine()["policy.pth"], byteorder=b"big")),
    "a tensor of 2^40 repeated numbers": lambda: tensor(huge(1 << 40), huge(0)),
    "a tensor of 2^60 numbers": lambda: tensor(huge(1 << 60), huge(1)),
    "a tensor of a negative size": lambda: tensor(huge(-1), huge(1)),
    "a tensor of a negative stride": lambda: tensor(huge(2), huge(-1), 3),
    "a tensor behind its storage": lambda: tensor(huge(2), huge(1), 3),
    "a tensor before its storage": lambda: tensor(huge(2), huge(1), -1),
    "a tensor of a huge stride": lambda: tensor(huge(2), huge(1 << 61)),
    "a tensor in a file elsewhere": lambda: tensor(huge(2), huge(1), key="../../../etc/passwd"),
    "a tensor of integers": lambda: tensor(huge(2), huge(1), kind="Long"),
}  # fmt: skip

HOSTILE = PICKLES | ARCHIVES

FEW = (
    "os.system", "as a variable", "in joblib's object array", "joblib's shape of 2^60",
    "a path upwards", "an npz of objects", "a policy.pth that calls",
)  # fmt: skip
"""Those for a command whose reader is tested with all of them."""
