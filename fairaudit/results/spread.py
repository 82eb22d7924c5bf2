"""How uneven the rates of speakers are, as a part of ``audit.json`` that reveals no single speaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fairaudit.core.columns import DELETIONS, ERRORS, INSERTIONS, SUBSTITUTIONS
from fairaudit.core.privacy import SUPPRESS_BELOW
from fairaudit.core.rate import PERCENT
from fairaudit.core.verdicts import too_many_unknown
from fairaudit.results.drivers import unknown_speakers
from fairaudit.results.numbers import to_page
from fairaudit.stats.dispersion import fit_dispersion
from fairaudit.stats.spread import SpeakerRates, equal_speakers, is_separable, speaker_rates, true_rates

if TYPE_CHECKING:
    from fairaudit.core.rate import Rate
    from fairaudit.results.documents import KindRatesDoc, SpeakerRatesDoc, SpeakersSpreadDoc
    from fairaudit.units.build import SpeakerTable

__all__ = ["overall_kinds", "spread_to_dict"]

_FEW_BEYOND: Final = "fewer than 11 speakers have rates beyond each percentile"
_MIXED: Final = "there are too few speakers, or they have too similar amounts of speech"


def spread_to_dict(table: SpeakerTable, rate: Rate) -> SpeakersSpreadDoc | None:
    """Return how uneven the rates of speakers are, beside what speakers with equal true rates would show by chance.

    Percentiles are given if at least 11 speakers have rates on the far side of each. Speakers without exposure have no
    rate and are left out.

    Parameters
    ----------
    table
        Sampling units of the log.
    rate
        The rate. There is no result unless it is a share.

    Returns
    -------
    SpeakersSpreadDoc or None
        ``None`` as well if there are no errors, fewer than 11 speakers, or too many utterances of unknown speakers.
    """
    used = table.exposure > 0
    errors, exposure = table.errors[used], table.exposure[used]
    unknown = too_many_unknown(unknown_speakers(table.totals), round(table.totals.get("utterances", 0.0)))
    if rate.unit != PERCENT or unknown or len(errors) < SUPPRESS_BELOW or not errors.any():
        return None
    dispersion = fit_dispersion(errors, exposure)
    separable = is_separable(errors, exposure, dispersion)
    shown = len(errors) // 10 >= SUPPRESS_BELOW
    low, high = map(to_page, true_rates(dispersion)) if separable else (None, None)
    return {
        "observed": _rates(speaker_rates(errors, exposure)) if shown else None,
        "equal": _rates(equal_speakers(exposure, dispersion)) if shown and separable else None,
        "true_percentile_10": low,
        "true_percentile_90": high,
        "withheld_because": None if shown else _FEW_BEYOND,
        "not_separated_because": None if separable else _MIXED,
    }


def _rates(rates: SpeakerRates) -> SpeakerRatesDoc:
    """Return percentiles with the digits of a page, and shares in whole percent."""
    return {
        "percentile_10": to_page(rates.low),
        "percentile_90": to_page(rates.high),
        "worst_tenth_errors": round(rates.worst_errors, 2),
        "worst_tenth_exposure": round(rates.worst_exposure, 2),
    }


def overall_kinds(table: SpeakerTable, rate: Rate) -> KindRatesDoc | None:
    """Return the rates of substitutions, deletions and insertions of a log, if they are counted in its rate."""
    exposure = table.totals.get(rate.denominator)
    if rate.numerator != ERRORS or not exposure or not {SUBSTITUTIONS, DELETIONS, INSERTIONS} <= table.totals.keys():
        return None
    return {
        "substitutions": to_page(table.totals[SUBSTITUTIONS] / exposure),
        "deletions": to_page(table.totals[DELETIONS] / exposure),
        "insertions": to_page(table.totals[INSERTIONS] / exposure),
    }
