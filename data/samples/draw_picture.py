"""Draw the README's first picture, ``demo.svg``, from the ``audit.json`` of ``fairaudit demo``.

Run::

    fairaudit demo
    python data/samples/draw_picture.py fairaudit-demo/audit.json

The plots are those of the page. A test fails when the picture is older than the audit.
"""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch
from matplotlib.transforms import IdentityTransform

from fairaudit.report import caterpillar_chart, draw_chart, draw_regions, null_chart, view_of
from fairaudit.results.reading import read_audit

FOLDER: Final = Path(__file__).parent
#: Points.
WIDTH, HEIGHT, MARGIN, CORNER = 640, 600, 18, 8
PANEL, RULE, INK, MUTED, ACCENT = "#fefefe", "#d3d9e0", "#1b2430", "#57626f", "#9c3a10"
#: Text stays text, and equal audits give equal bytes.
LOOK: Final = {
    "svg.fonttype": "none",
    "svg.hashsalt": "fairaudit",
    "font.size": 9.0,
    "legend.fontsize": 8.5,
    "axes.facecolor": "none",
    "text.color": INK,
    **dict.fromkeys(("axes.labelcolor", "xtick.labelcolor", "ytick.labelcolor"), MUTED),
}


def draw(audit: Mapping[str, Any]) -> Figure:
    """Draw the verdict, the cohorts of its search, a map, and the search on shuffled logs.

    They are drawn on a light panel, so that they can be read on a dark page as well.
    """
    view = view_of(audit)
    search, on_map = view.headline, view.mapped[0]
    figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), facecolor="none")
    panel = FancyBboxPatch((1, 1), WIDTH - 2, HEIGHT - 2, boxstyle=f"round,pad=0,rounding_size={CORNER}",
                           facecolor=PANEL, edgecolor=RULE, transform=IdentityTransform(), zorder=-1)  # fmt: skip
    figure.add_artist(panel)
    write(figure, MARGIN, 30, f"{view.mark} {view.verdict_title}", size=15, color=ACCENT, weight="bold")
    for row, line in enumerate(textwrap.wrap(view.sentence, 108)):
        write(figure, MARGIN, 54 + 16 * row, line, size=10)

    write(figure, MARGIN, 136, f"Who? {search.rate} by {search.title}", weight="bold")
    ax = axes(figure, 98, 144, 470, 140)
    draw_chart(caterpillar_chart(search.marks, overall=search.overall), ax)
    for row, mark in enumerate(search.marks):
        ax.text(1.02, row, f"{100 * mark.rate:.1f} %", va="center", transform=ax.get_yaxis_transform())

    write(figure, MARGIN, 340, f"Where? The area that {on_map.title} found", weight="bold")
    draw_regions(on_map, axes(figure, 62, 352, 230, 150), FOLDER / "boundaries.geojson")
    write(figure, 372, 340, "Chance? The search on shuffled logs", weight="bold")
    draw_chart(null_chart(search.null), axes(figure, 404, 372, 214, 130))
    return figure


def axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Add axes at a place in points from the upper left corner."""
    return figure.add_axes((left / WIDTH, 1 - (top + height) / HEIGHT, width / WIDTH, height / HEIGHT))


def write(figure: Figure, left: float, top: float, text: str, **look: Any) -> None:
    """Write a line; the place of its base line is in points from the upper left corner."""
    figure.text(left / WIDTH, 1 - top / HEIGHT, text, parse_math=False, **look)


def main() -> None:
    """Draw what the command line says."""
    parser = argparse.ArgumentParser(description="Draw the README's first picture.")
    parser.add_argument("audit", type=Path, help="audit.json of fairaudit demo")
    parser.add_argument("--out", type=Path, default=FOLDER / "demo.svg", help="SVG to write")
    arguments = parser.parse_args()
    with rc_context(LOOK):
        draw(read_audit(arguments.audit)).savefig(arguments.out, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
