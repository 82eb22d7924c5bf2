"""Voice cohorts in two dimensions: an ellipse for each, and no speaker."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from fairaudit.report.charts.chart import (
    Bar,
    Chart,
    Ellipse,
    Entry,
    Mark,
    Point,
    Text,
    class_entries,
    number_axis,
    spanning,
)
from fairaudit.report.charts.palette import CLASSES, LIGHT, REGION_BORDER, WITHHELD
from fairaudit.report.words.wording import cell_width

if TYPE_CHECKING:
    from fairaudit.report.views.voices import VoiceMap, VoiceView

__all__ = ["voices_chart"]

#: Standard deviations from the mean within which half of a normal distribution in two dimensions lies.
_HALF: Final = math.sqrt(2 * math.log(2))
#: Height of a label in points, and its possible offsets from the middle of its cohort, in half widths and heights.
_LINE: Final = 12.0
_ASIDE: Final = ((0, 0), (0, 1), (0, -1), (2, 0), (-2, 0), (1, 1), (-1, 1), (1, -1), (-1, -1), (0, 2), (0, -2))


def voices_chart(voices: VoiceMap, *, rate: str = "WER", room: Point) -> Chart:
    """Describe, for each cohort, the ellipse that would hold half of it if it were normal, filled by class of rate.

    Parameters
    ----------
    voices
        The cohorts.
    rate
        Name of the rate.
    room
        Width and height of the chart in points; both components get the same scale.

    Examples
    --------
    >>> from fairaudit.report.views.voices import VoiceMap, VoiceView
    >>> voice = VoiceView("V1", (0.0, 0.0), ((1.0, 0.0), (0.0, 1.0)), step=2, bottom=False)
    >>> chart = voices_chart(VoiceMap((voice,), ("component 1", "component 2")), room=(200, 100))
    >>> [round(end, 2) for end in (*chart.x.ends, *chart.y.ends)]
    [-2.59, 2.59, -1.3, 1.3]
    """
    shapes = [_ellipse(voice) for voice in voices.voices]
    x, y, scale = _ends(shapes, room)
    fills = [
        replace(shape, fill=WITHHELD if voice.step is None else CLASSES[voice.step])
        for voice, shape in sorted(zip(voices.voices, shapes, strict=True), key=lambda drawn: _layer(drawn[0]))
    ]
    borders = [replace(shape, edge=REGION_BORDER, width=0.8) for shape in shapes]
    bottom = [
        replace(shape, edge=LIGHT["ink"], width=2.4)
        for voice, shape in zip(voices.voices, shapes, strict=True)
        if voice.bottom
    ]
    # highest rates on top, the narrow ones among them last, then all outlines, so that none hides another
    marks: tuple[Mark, ...] = (*fills, *borders, *bottom, *_labels(voices, scale))
    key = class_entries()
    if bottom:
        key += (Entry("bottom cohort", (Bar((0, 0), (1, 1), "none", LIGHT["ink"], 2.4),)),)
    across, up = number_axis(x, voices.axes[0]), number_axis(y, voices.axes[1])
    return Chart(across, up, marks, key, f"{rate} against overall", aspect=1.0)


def _layer(voice: VoiceView) -> tuple[int, float]:
    return -1 if voice.step is None else voice.step, -voice.covariance[0][0] * voice.covariance[1][1]


def _ends(shapes: Sequence[Ellipse], room: Point) -> tuple[Point, Point, float]:
    """Ends of both axes that hold all ellipses in one scale, and how many points a unit is."""
    spans = []
    for axis in (0, 1):
        reach = [(shape.middle[axis], _reach(shape, axis)) for shape in shapes]
        spans.append(spanning([middle + side * half for middle, half in reach for side in (-1, 1)]))
    scale = min(points / (high - low) for points, (low, high) in zip(room, spans, strict=True))
    middles = [(low + high) / 2 for low, high in spans]
    x, y = ((middle - points / scale / 2, middle + points / scale / 2)
            for middle, points in zip(middles, room, strict=True))  # fmt: skip
    return x, y, scale


def _reach(shape: Ellipse, axis: int) -> float:
    """How far an ellipse reaches from its middle along an axis."""
    angle = math.radians(shape.angle) - axis * math.pi / 2
    return math.hypot(shape.radii[0] * math.cos(angle), shape.radii[1] * math.sin(angle))


def _labels(voices: VoiceMap, scale: float) -> Iterator[Text]:
    """Name the cohorts, bottom and worst first; a name moves aside for another, and is left out where none fits."""
    taken: list[tuple[float, float, float]] = []
    for voice in sorted(voices.voices, key=lambda voice: (not voice.bottom, -_layer(voice)[0])):
        x, y = (scale * at for at in voice.mean)
        half = 3.0 * cell_width(voice.label) + 2
        for across, up in _ASIDE:
            aside = across * half, up * _LINE
            at = x + aside[0], y + aside[1]
            if all(abs(at[0] - x0) > half + half0 or abs(at[1] - y0) > _LINE for x0, y0, half0 in taken):
                taken.append((*at, half))
                yield Text(voice.mean, voice.label, "#101010", "middle", aside, bold=voice.bottom, halo="#ffffff")
                break


def _ellipse(voice: VoiceView) -> Ellipse:
    (xx, xy), (_, yy) = voice.covariance
    middle, apart = (xx + yy) / 2, math.hypot((xx - yy) / 2, xy)
    long, short = (_HALF * math.sqrt(max(variance, 0.0)) for variance in (middle + apart, middle - apart))
    return Ellipse(voice.mean, (long, short), math.degrees(math.atan2(2 * xy, xx - yy)) / 2, "none")
