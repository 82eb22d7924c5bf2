"""Voice cohorts in two dimensions: an ellipse for each, and no speaker."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.palette import CLASSES, LIGHT, REGION_BORDER, WITHHELD
from fairaudit.report.charts.style import class_patches, key_below, quiet
from fairaudit.report.words.wording import cell_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Ellipse

    from fairaudit.report.views.voices import VoiceMap, VoiceView

__all__ = ["draw_voices"]

#: Standard deviations from the mean within which half of a normal distribution in two dimensions lies.
_HALF: Final = math.sqrt(2 * math.log(2))
#: Height of a label in points, and its possible offsets from the middle of its cohort, in half widths and heights.
_LINE: Final = 12.0
_ASIDE: Final = ((0, 0), (0, 1), (0, -1), (2, 0), (-2, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (0, 2), (0, -2))
_PLATE: Final = {"boxstyle": "round,pad=0.1", "facecolor": "#ffffff", "edgecolor": "none", "alpha": 0.8}


def draw_voices(voices: VoiceMap, ax: Axes, *, rate: str = "WER") -> Axes:
    """Draw, for each cohort, the ellipse that would hold half of it if it were normal, filled by class of rate.

    Parameters
    ----------
    voices
        The cohorts.
    ax
        Axes to draw on; both components get the same scale.
    rate
        Name of the rate.

    Returns
    -------
    Axes
        The same axes.
    """
    # highest rates on top, the narrow ones among them last, then all outlines, so that none hides another
    for voice in sorted(voices.voices, key=_layer):
        face = WITHHELD if voice.step is None else CLASSES[voice.step]
        ax.add_patch(_ellipse(voice, facecolor=face, edgecolor="none"))
    for voice in voices.voices:
        ax.add_patch(_ellipse(voice, facecolor="none", edgecolor=REGION_BORDER, linewidth=0.8))
        if voice.bottom:
            ax.add_patch(_ellipse(voice, facecolor="none", edgecolor=LIGHT["ink"], linewidth=2.4))
    ax.set_aspect("equal", adjustable="datalim")
    ax.autoscale_view()
    ax.apply_aspect()
    _labels(voices, ax)
    ax.set_xlabel(voices.axes[0])
    ax.set_ylabel(voices.axes[1])
    ax.grid(color=LIGHT["rule"], linewidth=0.6)
    ax.set_axisbelow(True)
    quiet(ax, keep=("bottom", "left"))
    _legend(voices, ax, rate)
    return ax


def _layer(voice: VoiceView) -> tuple[int, float]:
    return -1 if voice.step is None else voice.step, -voice.covariance[0][0] * voice.covariance[1][1]


def _labels(voices: VoiceMap, ax: Axes) -> None:
    """Name the cohorts, bottom and worst first; a name moves aside for another, and is left out where none fits."""
    points = 72 / ax.figure.dpi
    taken: list[tuple[float, float, float]] = []
    for voice in sorted(voices.voices, key=lambda voice: (not voice.bottom, -_layer(voice)[0])):
        x, y = (float(at) * points for at in ax.transData.transform(voice.mean))
        half = 3.0 * cell_width(voice.label) + 2
        for across, up in _ASIDE:
            at = x + across * half, y + up * _LINE
            if all(abs(at[0] - x0) > half + half0 or abs(at[1] - y0) > _LINE for x0, y0, half0 in taken):
                taken.append((*at, half))
                ax.annotate(voice.label, voice.mean, (across * half, up * _LINE), textcoords="offset points",
                            ha="center", va="center", parse_math=False, color="#101010",
                            fontweight="bold" if voice.bottom else "normal", bbox=_PLATE)  # fmt: skip
                break


def _legend(voices: VoiceMap, ax: Axes, rate: str) -> None:
    from matplotlib.patches import Patch

    handles = class_patches()
    if any(voice.bottom for voice in voices.voices):
        handles.append(Patch(label="bottom cohort", facecolor="none", edgecolor=LIGHT["ink"], linewidth=2.4))
    key_below(ax, handles, f"{rate} against overall", columns=2, below=36)


def _ellipse(voice: VoiceView, **look: object) -> Ellipse:
    from matplotlib.patches import Ellipse

    (xx, xy), (_, yy) = voice.covariance
    middle, apart = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    wide, high = (2 * _HALF * math.sqrt(max(variance, 0.0)) for variance in (middle + apart, middle - apart))
    return Ellipse(voice.mean, wide, high, angle=math.degrees(math.atan2(2 * xy, xx - yy)) / 2, **look)
