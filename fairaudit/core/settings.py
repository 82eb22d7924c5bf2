"""Settings that define a number: how a log was scored and counted. They travel with every file that holds numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypedDict, cast

from fairaudit.core.columns import SPEAKER
from fairaudit.core.errors import InputError, setting
from fairaudit.core.text import plain

__all__ = [
    "HUMAN",
    "PSEUDO",
    "ScoringDoc",
    "common",
    "differences",
    "kind_of",
    "options_of",
    "rate_to_read",
    "require_alike",
    "scoring_from",
    "scoring_of_signature",
    "spelled",
]


class ScoringDoc(TypedDict, total=False):
    """How a log was scored; ``None`` is a setting of texts that a log of counts does not have, and absent is unknown.

    The keys are those of :func:`fairaudit.read_log` and the rate. ``normalizer`` has a version, and ``cluster`` is the
    column of the sampling unit, which is ``speaker_id`` by default. ``reference_kind`` is there only if references are
    pseudo-references of a model.
    """

    rate: str
    unit: str
    normalizer: str | None
    strip_tags: bool | None
    alternatives: str | None
    missing_hypothesis: str | None
    missing_speaker: str
    cluster: str
    reference_kind: str


#: Settings of texts, which nobody knows of a log of counts.
_OF_TEXTS: Final = ("normalizer", "strip_tags", "alternatives", "missing_hypothesis")
#: Values of ``missing_speaker`` that differ in whether a few ids such as "NA" are asked about.
_ALIKE: Final = {"auto", "quarantine"}
#: Settings that are unknown if they are absent; without ``reference_kind``, references are of people.
_NAMES: Final = ("rate", "unit", *_OF_TEXTS, "missing_speaker", "cluster")
#: Kinds of references: of people, and of a model (a teacher).
HUMAN: Final = "human"
PSEUDO: Final = "pseudo"
_KINDS: Final = {HUMAN: "human references", PSEUDO: "pseudo-references of a teacher model"}


def differences(first: ScoringDoc, second: ScoringDoc, *, counts: bool = True) -> Iterator[str]:
    """Yield the names of the settings that both know and that differ.

    Parameters
    ----------
    first, second
        Settings of two results.
    counts
        Whether a log of counts differs from a log of texts, whose normaliser is known.

    Examples
    --------
    >>> texts, unknown = {"unit": "word", "normalizer": "basic-1"}, {"unit": "word", "normalizer": None}
    >>> list(differences(texts, unknown)), list(differences(texts, unknown, counts=False)), list(differences(texts, {}))
    (['normalizer'], [], [])
    """
    one: Mapping[str, Any] = first
    other: Mapping[str, Any] = second
    if one and other and kind_of(first) != kind_of(second):
        yield "reference_kind"
    for name in _NAMES:
        if name not in one or name not in other or one[name] == other[name]:
            continue
        if name == "missing_speaker" and {one[name], other[name]} == _ALIKE:
            continue
        if counts or None not in (one[name], other[name]):
            yield name


def kind_of(scoring: ScoringDoc) -> str:
    """Return the kind of references of a result: :data:`HUMAN` or :data:`PSEUDO`."""
    return scoring.get("reference_kind", HUMAN)


def spelled(name: str, scoring: ScoringDoc) -> str:
    """Write a setting for the message of an error: ``normalizer basic-1``."""
    settings: Mapping[str, Any] = scoring
    value = settings[name]
    if value is None:
        return f"counts, whose {setting(name)} is unknown"
    if isinstance(value, bool):
        value = "on" if value else "off"
    return f"{setting(name)} {plain(value)}"


def require_alike(
    first: ScoringDoc, second: ScoringDoc, names: tuple[str, str], *, counts: bool = True, advice: str = ""
) -> None:
    """Refuse two results whose settings differ.

    Parameters
    ----------
    first, second
        Their settings.
    names
        What they are, in the singular, with the names of their files.
    counts
        As in :func:`differences`.
    advice
        What to do, as the end of a sentence.

    Raises
    ------
    InputError
        If a setting differs; the message names both values and both files.

    Examples
    --------
    >>> require_alike({"unit": "word"}, {"unit": "char"}, ("a.csv", "b.csv"))
    Traceback (most recent call last):
    ...
    fairaudit.core.errors.InputError: a.csv was scored with unit word, but b.csv with unit char
    """
    differing = list(differences(first, second, counts=counts))
    if "reference_kind" in differing:
        kinds = [f"{name} has {_KINDS[kind_of(one)]}" for name, one in zip(names, (first, second), strict=True)]
        raise InputError(f"{kinds[0]}, but {kinds[1]}; disagreement with a teacher is not comparable with errors")
    if differing:
        ours, theirs = (", ".join(spelled(name, of) for name in differing) for of in (first, second))
        hint = f"; {advice}" if advice else ""
        raise InputError(f"{names[0]} was scored with {ours}, but {names[1]} with {theirs}{hint}")


def common(scorings: Iterable[tuple[str, ScoringDoc]]) -> ScoringDoc:
    """Return the settings of several results, which must be alike.

    Parameters
    ----------
    scorings
        Name and settings of each result.

    Raises
    ------
    InputError
        If a setting differs.
    """
    known: dict[str, Any] = {}
    first = ""
    for name, scoring in scorings:
        require_alike(cast("ScoringDoc", known), scoring, (first, name), counts=False)
        first = first or name
        known |= {key: value for key, value in scoring.items() if known.get(key) is None}
    return cast("ScoringDoc", known)


def options_of(scoring: ScoringDoc) -> dict[str, Any]:
    """Return the options of :func:`fairaudit.read_log` with which a log is scored like this.

    Examples
    --------
    >>> options_of({"rate": "wer", "unit": "word", "normalizer": "whisper-en-1", "cluster": "speaker_id"})
    {'unit': 'word', 'normalizer': 'whisper-en'}
    >>> options_of({"rate": "fnmr=false_rejects/trials", "unit": "none"})  # a log without errors
    {}
    """
    left_out = ("rate", "reference_kind")  # the kind of references is a fact about a log, which nobody chooses for it
    options: dict[str, Any] = {
        name: value for name, value in scoring.items() if name not in left_out and value is not None
    }
    if "normalizer" in options:
        options["normalizer"] = str(options["normalizer"]).rpartition("-")[0]
        if "/" in options["normalizer"]:  # a user's, which no name selects
            del options["normalizer"]
    if options.get("cluster") == SPEAKER:
        del options["cluster"]
    if options.get("unit") == "none":
        del options["unit"]
    if options.get("alternatives") == "none":  # the default scores alike, but refuses a log that lists alternatives
        del options["alternatives"]
    return options


def rate_to_read(scoring: ScoringDoc) -> str | None:
    """Return the rate without which a log that was scored like this cannot be read: that of a log without errors.

    Examples
    --------
    >>> rate_to_read({"rate": "fnmr=false_rejects/trials", "unit": "none"})
    'fnmr=false_rejects/trials'
    >>> rate_to_read({"rate": "wer", "unit": "word"})
    """
    return scoring.get("rate") if scoring.get("unit") == "none" else None


def scoring_from(data: Any) -> ScoringDoc:
    """Read settings from JSON.

    Raises
    ------
    InputError
        If a value has the wrong type. Keys of later versions are left out.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"'scoring' must be an object, not {data!r}")
    known: dict[str, Any] = {name: data[name] for name in (*_NAMES, "reference_kind") if name in data}
    for name, value in known.items():
        kinds = (bool if name == "strip_tags" else str, *((type(None),) if name in _OF_TEXTS else ()))
        if type(value) not in kinds:
            raise InputError(f"'scoring': {name!r} cannot be {value!r}")
    if "normalizer" in known:  # earlier versions knew no alternatives
        known.setdefault("alternatives", None if known["normalizer"] is None else "none")
    return cast("ScoringDoc", known)


def scoring_of_signature(line: str) -> ScoringDoc:
    """Read the settings in a signature, for files of earlier versions, which hold them nowhere else.

    Parameters
    ----------
    line
        The signature of an audit or a comparison.

    Returns
    -------
    dict
        All settings, or none if the line is not such a signature.

    Examples
    --------
    >>> scoring_of_signature("rate:wer|unit:word|normalizer:basic-1|sampling:voice|seed:0")["cluster"]
    'voice'
    >>> scoring_of_signature("")
    {}
    """
    parts = {key: value for key, _, value in (part.partition(":") for part in line.split("|"))}
    if not {"rate", "unit", "sampling"} <= parts.keys():
        return {}
    texts = "normalizer" in parts
    scoring: ScoringDoc = {
        "rate": parts["rate"],
        "unit": parts["unit"],
        "normalizer": parts.get("normalizer"),
        "strip_tags": "removed" in parts if texts else None,
        "alternatives": parts.get("alternatives", "none") if texts else None,
        "missing_hypothesis": parts.get("missing_hypothesis", "error") if texts else None,
        "missing_speaker": parts.get("missing_speaker", "auto"),
        "cluster": parts["sampling"],
    }
    if parts.get("reference_kind") == PSEUDO:
        scoring["reference_kind"] = PSEUDO
    return scoring
