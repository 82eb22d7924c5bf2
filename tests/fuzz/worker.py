"""The process that reads damaged inputs: ``python -m tests.fuzz.worker TARGET SEED FIRST SECONDS FOLDER``.

It writes one line of JSON before and one after every input, so that its parent knows which input it hung or died on.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import sys
import time
import traceback
import warnings
from pathlib import Path
from random import Random
from typing import Any

from fairaudit.core.errors import FairauditError
from tests.fuzz.seeds import Seeds
from tests.fuzz.targets import TARGETS, Target

__all__ = ["ADDRESS_SPACE", "RESIDENT", "attempt", "main"]

#: What reading one small input may take beyond what the process had before, in bytes: address space and memory.
ADDRESS_SPACE = 4 << 30
RESIDENT = 512 << 20
FILE_SIZE = 1 << 30
#: Words of libraries that a message to the user must not hold.
_ENGINE = re.compile(
    r"Binder Error|Catalog Error|Parser Error|Conversion Error|Invalid Input Error|Out of Memory|INTERNAL Error"
    r"|Arrow\w+(?:Error|Invalid)|pyogrio|GDAL|thrift|numpy\.|pandas\.|Traceback|object at 0x|codec can't"
)
_PACKAGE = f"{os.sep}fairaudit{os.sep}"
_OWN = f"{os.sep}tests{os.sep}fuzz{os.sep}"


def attempt(target: Target, content: bytes, rng: Random, seeds: Seeds, folder: Path) -> dict[str, Any]:
    """Read one input; tell how it ended: accepted, refused with a kind of message, or a fault with where it is."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"input{target.suffix}"
    path.write_bytes(content)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            target.run(path, rng, seeds)
        outcome: dict[str, Any] = {"end": "accepted"}
    except FairauditError as error:
        message = str(error)
        outcome = {"end": "refused", "kind": f"{type(error).__name__}: {_template(message)}"}
        if _ENGINE.search(message) or "\n" in message:
            outcome = _fault("words of a library in a message", message, error)
    except MemoryError as error:
        outcome = _fault("memory", "MemoryError", error)
    except Exception as error:
        outcome = _fault(type(error).__name__, str(error), error)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    loud = [one for one in caught if not (issubclass(one.category, UserWarning) and _is_ours(one.filename))]
    if loud and outcome["end"] != "fault":
        outcome = {
            "end": "fault",
            "what": f"warning {loud[0].category.__name__}",
            "where": f"{Path(loud[0].filename).name}:{loud[0].lineno}",
            "message": str(loud[0].message)[:300],
        }
    return outcome


def _is_ours(file: str) -> bool:
    return any(part in file for part in (_PACKAGE, _OWN))


def _template(message: str) -> str:
    """The fixed words of a message."""
    return re.sub(r"'[^']*'|\"[^\"]*\"|\[[^\]]*\]|\{[^}]*\}|\([^)]*\)|[0-9][0-9.,e+-]*", "_", message)[:120]


def _fault(what: str, message: str, error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in frame.filename] or [
        frame for frame in frames if _OWN in frame.filename
    ]
    where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return {"end": "fault", "what": what, "where": where, "message": message[:300]}


def _peak() -> int:
    """Most memory since the last call, in bytes."""
    status = Path("/proc/self/status").read_text("ascii")
    peak = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) << 10  # type: ignore[index]
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    return peak


def _address_space() -> int:
    return int(re.search(r"VmSize:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))[1]) << 10  # type: ignore[index]


def main() -> None:
    """Read inputs until the seconds of CPU time are used up."""
    name, seed, first, seconds, folder = sys.argv[1:]
    target, seeds = TARGETS[name], Seeds(Path(folder) / "seeds")
    own = Path(folder) / f"{name}-{os.getpid()}"
    own.mkdir()
    os.environ["TMPDIR"] = str(own)
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8")
    noise = (own / "stderr").open("w+b")
    os.dup2(noise.fileno(), 1)
    os.dup2(noise.fileno(), 2)
    case(name, target, seed, -1, seeds, own)  # imports what the target needs
    limit = _address_space() + ADDRESS_SPACE
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_SIZE, FILE_SIZE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _peak()
    before = _peak()
    noise.truncate(0)
    number = int(first)
    while time.process_time() < float(seconds):
        print(json.dumps({"begin": number, "cpu": time.process_time()}), file=lines, flush=True)
        outcome = case(name, target, seed, number, seeds, own)
        peak = _peak()
        if outcome["end"] != "fault" and peak > before + RESIDENT:
            outcome = {
                "end": "fault",
                "what": "memory",
                "where": "",
                "message": f"{(peak - before) >> 20} MiB more than before",
            }
        if outcome["end"] != "fault" and noise.seek(0, 2):
            noise.seek(0)
            outcome = {
                "end": "fault",
                "what": "output of a library",
                "where": "",
                "message": noise.read(300).decode("utf-8", "replace"),
            }
        noise.seek(0)
        noise.truncate(0)
        print(
            json.dumps({"ended": number, "cpu": time.process_time(), "peak": (peak - before) >> 20, **outcome}),
            file=lines,
            flush=True,
        )
        number += 1
    shutil.rmtree(own, ignore_errors=True)


def case(name: str, target: Target, seed: str, number: int, seeds: Seeds, folder: Path) -> dict[str, Any]:
    """Make and read the input of a number."""
    try:
        content = made(name, target, seed, number, seeds)
    except Exception as error:  # a fault of the fuzz
        return _fault("input that cannot be made", f"{type(error).__name__}: {error}", error)
    _peak()  # what making it took does not count
    return attempt(target, content, Random(f"use {name} {seed} {number}"), seeds, folder / "case")


def made(name: str, target: Target, seed: str, number: int, seeds: Seeds) -> bytes:
    """The input of a number; the same for the same seed."""
    return target.make(Random(f"{name} {seed} {number}"), seeds)


if __name__ == "__main__":
    main()
