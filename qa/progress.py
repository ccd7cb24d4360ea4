"""Bars on stderr that say how far a long work is, how fast it goes and how long it still takes.

The door to tqdm. Knows nothing of the work.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

__all__ = ["Bar", "counted"]

Item = TypeVar("Item")


def counted(items: Iterable[Item], unit: str) -> Iterator[Item]:
    """The items, with a bar on stderr that counts them as they are taken."""
    return iter(tqdm(items, unit=unit, file=sys.stderr))


class Bar:
    """A bar of `total` steps, beside lines that are printed meanwhile. Drawn on a terminal alone, and not for one step."""

    def __init__(self, total: int, unit: str) -> None:
        self._bar = tqdm(total=total, unit=f" {unit}", file=sys.stderr, disable=None if total > 1 else True, leave=False)

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def step(self, said: str = "") -> None:
        """One step is done; `said` stands behind the numbers."""
        self._bar.set_postfix_str(said, refresh=False)
        self._bar.update()

    def print(self, line: str, *, error: bool = False) -> None:
        """Print a line on stdout or stderr, out of the bar's way."""
        with tqdm.external_write_mode(file=sys.stdout):
            print(line, file=sys.stderr if error else sys.stdout)
