from numpy import int32, int64
from numpy.typing import NDArray

VERSION: int

def count(
    offsets: NDArray[int32],
    data: object,
    other_offsets: NDArray[int32],
    other_data: object,
    basic: bool,
    characters: bool,
    counts: NDArray[int64],
    hashes: NDArray[int64],
    other_hashes: NDArray[int64],
    /,
) -> list[int]: ...
def plain(offsets: NDArray[int32], data: object, /) -> tuple[int, int, list[int]]: ...
