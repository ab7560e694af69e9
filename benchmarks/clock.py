"""A clock that adds up the time of functions, by named parts of a program's work."""

import inspect
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Clock:
    """Adds up the time of each part, without the time of other parts that are called inside it.

    A clock is for use in a single thread.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """Wall time in seconds, by part."""
        self.cpu_seconds: defaultdict[str, float] = defaultdict(float)
        """Processor time in seconds of all threads of this process, by part."""
        self.calls: Counter[str] = Counter()
        """Number of calls, by part."""
        self._inside = [(0.0, 0.0)]
        self._is_whole = False

    @contextmanager
    def part(self, name: str, *, is_whole: bool = False) -> Iterator[None]:
        """Add the time of a ``with`` block to a part.

        Args:
            name: Name of the part.
            is_whole: True to add the time of other parts that are called inside the block to this
                part.
        """
        if self._is_whole:
            yield
            return
        self._is_whole = is_whole
        self.calls[name] += 1
        started, cpu_started = time.perf_counter(), time.process_time()
        self._inside.append((0.0, 0.0))
        try:
            yield
        finally:
            whole = time.perf_counter() - started
            cpu_whole = time.process_time() - cpu_started
            inside, cpu_inside = self._inside.pop()
            self.seconds[name] += whole - inside
            self.cpu_seconds[name] += cpu_whole - cpu_inside
            others, cpu_others = self._inside[-1]
            self._inside[-1] = others + whole, cpu_others + cpu_whole
            if is_whole:
                self._is_whole = False

    def timed(
        self, name: str, function: Callable[..., Any], *, is_whole: bool = False
    ) -> Callable[..., Any]:
        """Return a function that does the same as ``function`` and adds its time to a part.

        The steps of a generator are timed, not the time between them.

        Args:
            name: Name of the part.
            function: A function or a generator function.
            is_whole: True to add the time of other parts that are called inside to this part.
        """

        def wrapped(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - any function's
            with self.part(name, is_whole=is_whole):
                return function(*args, **kwargs)

        def stepped(*args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
            steps, end = function(*args, **kwargs), object()
            while True:
                with self.part(name, is_whole=is_whole):
                    step = next(steps, end)
                if step is end:
                    return
                yield step

        return stepped if inspect.isgeneratorfunction(function) else wrapped
