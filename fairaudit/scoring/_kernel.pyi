from collections.abc import Sequence

from numpy import int64
from numpy.typing import NDArray

VERSION: int

def count(
    references: Sequence[str], hypotheses: Sequence[str], characters: bool, counts: NDArray[int64], /
) -> list[int]: ...
def normalize_ascii(text: str, /) -> str: ...
