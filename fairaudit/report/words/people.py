"""Who is counted: speakers, sampling units that are coarser, or utterances, if nobody knows who speaks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from fairaudit.core.columns import SPEAKER
from fairaudit.core.privacy import BECAUSE_SMALL, SUPPRESS_BELOW
from fairaudit.report.words.wording import count, plain

if TYPE_CHECKING:
    from fairaudit.results.documents import AuditDoc, BoardDoc, ComparisonDoc, HistoryDoc, ResultDoc

__all__ = ["SPEAKERS", "all_small", "people", "size", "who_counts"]

SPEAKERS: Final = "speakers"
_UTTERANCES: Final = "utterances"


def people(document: AuditDoc | BoardDoc | ComparisonDoc | HistoryDoc) -> str:
    """Return what numbers of sampling units are numbers of: speakers, or utterances if all speakers are unknown.

    Examples
    --------
    >>> people({"overall": {"speakers": 863, "unknown_speakers": 863}}), people({"overall": {"speakers": 863}})
    ('utterances', 'speakers')
    """
    if "overall" not in document:  # a history
        return SPEAKERS
    overall = cast("ResultDoc | BoardDoc", document)["overall"]
    unknown, speakers = overall.get("unknown_speakers", 0), overall["speakers"]
    return _UTTERANCES if unknown >= speakers > 0 else SPEAKERS


def all_small(audit: AuditDoc) -> tuple[str, ...]:
    """Say that a log of few speakers shows no group at all, if all groups of all searches are too small.

    Examples
    --------
    >>> small = {"suppressed": True, "withheld_because": "fewer than 11 speakers"}
    >>> audit = {"redacted": True, "overall": {"speakers": 30}, "discoveries": [{"cohorts": [small, small]}]}
    >>> all_small(audit)[0].partition(":")[0], all_small({**audit, "redacted": False})
    ('Every group has fewer than 11 speakers, so none is shown', ())
    """
    cohorts = [cohort for search in audit["discoveries"] for cohort in search["cohorts"]]
    small = all(cohort["suppressed"] and cohort.get("withheld_because") == BECAUSE_SMALL for cohort in cohorts)
    if not audit["redacted"] or not cohorts or not small:
        return ()
    return (
        f"Every group has fewer than {SUPPRESS_BELOW} {people(audit)}, so none is shown: --unredacted lists them with "
        "their rates, for people who may see such data.",
    )


def size(result: ResultDoc | BoardDoc, utterances: str) -> str:
    """Say of what the number of sampling units is, and how many utterances there are.

    Examples
    --------
    >>> overall = {"speakers": 863, "unknown_speakers": 863}
    >>> size({"sampling_unit": "speaker_id", "overall": {**overall, "unknown_speakers": 0}}, "9,177 utterances")
    'speakers; 9,177 utterances'
    >>> size({"sampling_unit": "speaker_id", "overall": overall}, "863 paired utterances")
    'utterances, speakers unknown'
    >>> size({"sampling_unit": "home", "overall": {**overall, "unknown_speakers": 63}}, "863 utterances")
    'speakers, each one home, 63 of them utterances without one; 863 utterances'
    """
    unit, unknown = result["sampling_unit"], result["overall"].get("unknown_speakers", 0)
    if people(result) != SPEAKERS:
        return f"{_UTTERANCES}, {SPEAKERS if unit == SPEAKER else plain(unit)} unknown"
    each = "" if unit == SPEAKER else f", each one {plain(unit)}"
    some = f", {count(unknown)} of them utterances without one" if unknown else ""
    return f"{SPEAKERS}{each}{some}; {utterances}"


def who_counts(result: ResultDoc | BoardDoc) -> tuple[str, ...]:
    """Say what counts as a speaker, unless it is the speaker.

    Examples
    --------
    >>> who_counts({"sampling_unit": "voice", "overall": {"speakers": 9}})
    ('“Speaker” means one voice here; people who share a voice count as one.',)
    >>> who_counts({"sampling_unit": "speaker_id", "overall": {"speakers": 9}})
    ()
    >>> who_counts({"sampling_unit": "speaker_id", "overall": {"speakers": 9, "unknown_speakers": 9}})
    ('“Speaker” means one utterance here, because nobody knows who speaks.',)
    """
    if people(result) != SPEAKERS:
        return ("“Speaker” means one utterance here, because nobody knows who speaks.",)
    unit = result["sampling_unit"]
    if unit == SPEAKER:
        return ()
    name = plain(unit)
    article = "an" if name[:1].lower() in "aeiou" else "a"
    return (f"“Speaker” means one {name} here; people who share {article} {name} count as one.",)
