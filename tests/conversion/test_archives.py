"""What an archive is refused for; that nothing in it is run is in `test_foreign.py`."""

import tracemalloc
from collections.abc import Callable

import hostile
import pytest

from baselines.conversion import archives
from baselines.conversion.archives import read_zip
from baselines.conversion.limits import Refused

BOMB = "is a zip archive that unpacks to more than 128 MiB"
PATH = "is a zip archive with the path "
PACKED = "is a zip archive with w.npy packed in an unusual way"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (hostile.ARCHIVES["declared as 4 GB"], BOMB),
        (lambda: hostile.declared(1 << 22), "is a zip archive with w.npy truncated"),
        (lambda: hostile.declared(10), "is a damaged zip archive (Bad CRC-32 for file 'w.npy')"),
        (hostile.ARCHIVES["1,001 files"], "is a zip archive of more than 1,000 files"),
        (hostile.ARCHIVES["a path upwards"], f"{PATH}../../canary.npy"),
        (hostile.ARCHIVES["a path upwards in Windows"], f"{PATH}a\\..\\..\\canary.npy"),
        (hostile.ARCHIVES["an absolute path"], f"{PATH}/tmp/canary.npy"),
        (hostile.duplicated, "is a zip archive in which a name appears twice"),
        (hostile.ARCHIVES["bzip2 inside"], PACKED),
        (hostile.encrypted, PACKED),
    ],
)
def test_it_is_told_why(make: Callable[[], bytes], told: str) -> None:
    content = make()
    for what, where in (("", ""), ("policy.pth", "holds policy.pth, which ")):
        with pytest.raises(Refused) as caught:
            read_zip(content, what)
        assert str(caught.value) == where + told


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ((60, 40), ""),
        ((60, 41), "unpacks to more than"),
        ((10, 10, 10), ""),
        ((1, 1, 1, 1), "more than 3 files"),
    ],
)
def test_bounds_are_on_all_files_together(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], told: str
) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 100)
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    files = {str(i): bytes(size) for i, size in enumerate(sizes)}
    if not told:
        assert read_zip(hostile.zipped(files)) == files
        return
    with pytest.raises(Refused, match=told):
        read_zip(hostile.zipped(files))


def test_no_more_is_unpacked_than_an_archive_declares() -> None:
    content = hostile.declared(10)  # of 2 MiB
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            read_zip(content)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_name_is_told_so_that_a_terminal_can_show_it() -> None:
    with pytest.raises(Refused) as caught:
        read_zip(hostile.zipped({"/\x1b" + "x" * 1000: b""}))
    assert str(caught.value) == PATH + "/\\x1b" + "x" * 75 + "..."
