"""Work on the chunks of a stream that must not hold the stream up: hashing, writing."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Final, Self

_BATCH_BYTES: Final = 1024 * 1024
_MOST_BATCHES: Final = 4


class Behind:
    """Does something with each chunk on a thread of its own, in order, at most a few MiB behind.

    It pays where the work leaves Python to others, as hashing and writing do. At the end of the
    block all of it is done.
    """

    def __init__(self, work: Callable[[bytes], object]) -> None:
        self._work = work
        self._pool = ThreadPoolExecutor(max_workers=1)
        self._batch: list[bytes] = []
        self._batch_bytes = 0
        self._running: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def put(self, chunk: bytes) -> None:
        """Have a chunk worked on; what the work raises comes out here or at the block's end."""
        self._batch.append(chunk)
        self._batch_bytes += len(chunk)
        if self._batch_bytes >= _BATCH_BYTES:
            self._hand_over()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                self._hand_over()
                for batch in self._running:
                    batch.result()
        finally:
            self._pool.shutdown(cancel_futures=True)

    def _hand_over(self) -> None:
        batch, self._batch, self._batch_bytes = self._batch, [], 0
        self._running.append(self._pool.submit(self._work_on, batch))
        if len(self._running) > _MOST_BATCHES:
            self._running.popleft().result()

    def _work_on(self, batch: list[bytes]) -> None:
        for chunk in batch:
            self._work(chunk)
