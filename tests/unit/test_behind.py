"""Work behind a stream: in order, complete at the end, and its failures come out."""

from __future__ import annotations

import threading

import pytest

from ledger.client.behind import Behind

MIB = 1024 * 1024


def test_every_chunk_is_worked_on_in_order_on_another_thread() -> None:
    chunks = [bytes([number]) * size for number, size in enumerate((1, MIB, 3, 2 * MIB, 0, 7))]
    seen: list[bytes] = []
    threads = set()

    def work(chunk: bytes) -> None:
        seen.append(chunk)
        threads.add(threading.get_ident())

    with Behind(work) as behind:
        for chunk in chunks:
            behind.put(chunk)
    assert seen == chunks
    assert len(threads) == 1
    assert threading.get_ident() not in threads


@pytest.mark.parametrize("chunks", [1, 40])
def test_a_failure_of_the_work_comes_out(chunks: int) -> None:
    def work(_chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    def stream() -> None:
        with Behind(work) as behind:
            for _ in range(chunks):
                behind.put(bytes(MIB))

    with pytest.raises(OSError, match="No space left"):
        stream()


def test_a_stream_that_breaks_off_waits_for_no_more_than_what_has_begun() -> None:
    worked = []
    go = threading.Event()

    def work(chunk: bytes) -> None:
        go.wait(timeout=10)
        worked.append(chunk)

    def stream() -> None:
        with Behind(work) as behind:
            for _ in range(4):
                behind.put(bytes(MIB))
            go.set()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stream()
    assert len(worked) <= 4
    assert not [one for one in threading.enumerate() if one.name.startswith("ThreadPoolExecutor")]


def test_no_more_than_a_few_mebibytes_are_held() -> None:
    behind_by = []
    put = 0
    done = 0

    def work(_chunk: bytes) -> None:
        nonlocal done
        done += 1

    with Behind(work) as behind:
        for _ in range(200):
            behind.put(bytes(MIB))
            put += 1
            behind_by.append(put - done)
    assert max(behind_by) <= 6
