"""What makes much of a rate, in a sentence: repetition loops and empty references."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.derived import LOOP_ERRORS, LOOP_FACTOR
from fairaudit.report.words.wording import count, percent

if TYPE_CHECKING:
    from fairaudit.report.words.rates import RateWords
    from fairaudit.results.documents import DriversDoc

__all__ = ["LOOP", "driven", "without_loops"]

#: Share of all errors from which loops and empty references are named beside the verdict.
_LARGE: Final = 0.05
_TIMES: Final = {2: "twice"}
#: What a loop is, but for the words of the exposure.
LOOP: Final = f"more than {_TIMES[LOOP_FACTOR]} as many errors as {{}}, and more than {LOOP_ERRORS}"


def driven(drivers: DriversDoc | None, overall: float | None, rate: RateWords, of: str = "") -> tuple[str, ...]:
    """Say how much of a rate loops and empty references make, if they hold at least 5 % of all errors.

    Parameters
    ----------
    drivers
        The part of a document; ``None`` if the rate is not that of all errors.
    overall
        The rate of the whole log.
    rate
        The words of the rate.
    of
        Whose log it is, such as ``"candidate"``; empty if there is only one.

    Examples
    --------
    >>> from fairaudit.core.rate import RATES
    >>> from fairaudit.report.words.rates import RateWords
    >>> loops = {"utterances": 10, "errors": 1932, "exposure": 109, "undecided_utterances": 0}
    >>> drivers = {"loops": loops, "empty_references": {"utterances": 0, "errors": 0}, "share_errors": 0.06}
    >>> print(*driven({**drivers, "rate_without": 0.18}, 0.195, RateWords.of(RATES["wer"])))
    Caution: 6.0 % of all errors are in 10 repetition loops (utterances with more than twice as many errors as words, \
and more than 20). Without them, the WER is 18.0 %, not 19.5 %.
    """
    if not drivers or (drivers["share_errors"] or 0.0) < _LARGE:
        return ()
    loops, empty = drivers["loops"], drivers["empty_references"]
    parts = []
    if loops["errors"]:
        noun = "repetition loop" if loops["utterances"] == 1 else "repetition loops"
        parts.append(f"{count(loops['utterances'])} {noun} (utterances with {LOOP.format(rate.exposure)})")
    if empty["errors"]:
        noun = "utterance" if empty["utterances"] == 1 else "utterances"
        parts.append(f"{count(empty['utterances'])} {noun} with empty references")
    lead = f"Caution ({of}):" if of else "Caution:"
    return (
        f"{lead} {percent(drivers['share_errors'])} of all {rate.errors} are in {' and '.join(parts)}. "
        f"Without them, the {rate} is {rate.unit.value(drivers['rate_without'])}, not {rate.unit.value(overall)}.",
    )


def without_loops(errors: float, exposure: float, loop_errors: float, loop_exposure: float) -> float | None:
    """Return a rate without loops; ``None`` if nothing else was said.

    Examples
    --------
    >>> without_loops(100, 360, 60, 10) == 40 / 350, without_loops(60, 10, 60, 10)
    (True, None)
    """
    return (errors - loop_errors) / (exposure - loop_exposure) if exposure > loop_exposure else None
