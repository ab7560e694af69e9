"""Adds up the time that functions take, by the part of the work that they belong to."""

import inspect
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class Clock:
    """Adds up the time of each part, without that of other parts called inside it.

    It is for one thread.
    """

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        """On the wall."""
        self.cpu_seconds: defaultdict[str, float] = defaultdict(float)
        """Of the processor, by all threads of this process."""
        self.calls: Counter[str] = Counter()
        self._inside = [(0.0, 0.0)]
        self._is_whole = False

    @contextmanager
    def part(self, name: str, *, is_whole: bool = False) -> Iterator[None]:
        """Count what happens meanwhile as this part's.

        Args:
            name: The part's.
            is_whole: Whether other parts called inside it count as this part too.
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
        """Wrap a function so that its calls count as the part's; of a generator, each step."""

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
