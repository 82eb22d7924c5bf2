"""Decide from the scripts of all references how they are counted, and what a reader of the rates must know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from fairaudit.core.errors import InputError, setting
from fairaudit.scoring import Normalizer, Scripts, Token

__all__ = ["caveats_of", "require_script", "token_for"]

#: Share from which scripts with and without spaces are a mixture, and from which a normaliser is refused.
_MIXED: Final = 0.01
#: Share of references with accents from which a reader must know that they are removed.
_ACCENTED: Final = 0.1


def token_for(name: str, scripts: Scripts, wanted: Literal["word", "char", "mixed", "auto"]) -> Token:
    """Return whether words or characters are counted, decided on all references.

    Parameters
    ----------
    name
        Name of the log, for the message.
    scripts
        Scripts of all references.
    wanted
        What the user asked for.

    Raises
    ------
    InputError
        If nothing was asked for, and neither words nor characters suit all references.
    """
    if wanted != "auto":
        return wanted
    if scripts.share_of_fewer >= _MIXED:
        mixed = f", or {setting('unit', 'mixed')} if speakers switch between them" if scripts.switched else ""
        raise InputError(
            f"{name}: the log mixes scripts: {_listed(scripts.of_kind(spaced=True))} with spaces between words, and "
            f"{_listed(scripts.of_kind(spaced=False))} without. Error rates in words and in characters cannot be "
            f"compared. Read each part by itself, or choose what is counted in all of them: {setting('unit', 'char')} "
            f"or {setting('unit', 'word')}{mixed}"
        )
    return scripts.token


def require_script(name: str, scripts: Scripts, normalizer: Normalizer) -> None:
    """Raise if texts are in another script than the normaliser is made for.

    Raises
    ------
    InputError
        If 1 % of the references or more are in another script, or have letters of one.
    """
    others = _others(scripts, normalizer)
    if normalizer.script and not others and scripts.part_latin >= max(1, _MIXED * scripts.references.total()):
        raise InputError(
            f"{name}: {_number(scripts.part_latin)} references in Latin script also have letters of other scripts, "
            f"which normalizer {normalizer.name!r} removes or splits, so that wrong words count as right; use "
            f"{setting('normalizer', 'basic')}"
        )
    if sum(others.values()) >= _MIXED * scripts.references.total() and others:
        raise InputError(
            f"{name}: {_listed(others)} are not in {normalizer.script} script, for which normalizer "
            f"{normalizer.name!r} is made. It removes or splits letters of other scripts, so that wrong words count as "
            f"right; use {setting('normalizer', 'basic')}"
        )


def caveats_of(scripts: Scripts, token: Token, *normalizers: Normalizer) -> tuple[str, ...]:
    """Return what a reader of the error rates must know about the scripts of a log."""
    caveats = []
    spaced, unspaced = (scripts.of_kind(spaced=kind) for kind in (True, False))
    if token == "word" and spaced and unspaced:
        caveats.append(
            f"{_listed(unspaced)} are in a script without spaces between words. Each stretch without a space counts "
            "as one word, so their error rates cannot be compared with those of the other references."
        )
    if token != "mixed" and scripts.switched >= max(1, _MIXED * scripts.references.total()):
        counted = "characters" if token == "char" else "words, and each stretch without a space as one word"
        caveats.append(
            f"{_number(scripts.switched)} references switch between scripts with and without spaces between words. "
            f"All of each is counted in {counted}. The unit “mixed” counts words in the former, and characters in the "
            "latter."
        )
    if token == "mixed":
        caveats.append(
            "Words are counted in scripts with spaces between words, and characters in others. Error rates of groups "
            "that use different scripts, or switch more or less often, cannot be compared."
        )
    if token == "char" and spaced and unspaced and scripts.share_of_fewer >= _MIXED:
        caveats.append(
            f"All texts are counted in characters, although {_listed(spaced)} are in scripts with spaces between "
            "words. Error rates of groups that use different scripts cannot be compared."
        )
    for normalizer in normalizers:
        if others := _others(scripts, normalizer):
            caveats.append(
                f"{_listed(others)} are not in {normalizer.script} script, for which the normalizer "
                f"{normalizer.name!r} is made. Their errors are not counted correctly."
            )
        if normalizer.script and scripts.accented >= max(1, _ACCENTED * scripts.references.total()):
            caveats.append(
                f"{_number(scripts.accented)} references have letters with accents, which the normalizer "
                f"{normalizer.name!r} removes: words that differ only in accents count as the same."
            )
    if scripts.strange >= max(1, _MIXED * scripts.references.total()):
        caveats.append(
            f"In {_number(scripts.strange)} utterances nothing is right and the hypothesis is in another script than "
            "the reference (such as a romanisation). All of their words count as errors."
        )
    return tuple(caveats)


def _others(scripts: Scripts, normalizer: Normalizer) -> dict[str, int]:
    numbers = {**scripts.of_kind(spaced=True), **scripts.of_kind(spaced=False)}
    return {script: n for script, n in numbers.items() if normalizer.script not in (None, script)}


def _listed(numbers: Mapping[str, int]) -> str:
    parts = [f"{_number(n)} {script}" for script, n in numbers.items()]
    return f"{', '.join(parts[:-1])} and {parts[-1]} references" if len(parts) > 1 else f"{parts[0]} references"


def _number(n: int) -> str:
    return f"{n:,}"
