"""The look of the figures, apart from the figures: a Vega configuration for light pages and one for dark ones."""

from __future__ import annotations

from typing import Any

# Okabe & Ito 2008, told apart by readers with any kind of colour vision. Their yellow is too pale for a white page.
CATEGORIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
OTHER = "#8A8A8A"  # 3.5 : 1 on white, 5 : 1 on the dark page
# By the third base; black letters on any of them have a contrast of 6 : 1 or more.
BASES = {"A": "#56B4E9", "C": "#009E73", "G": "#E69F00", "T": "#CC79A7"}
ON_BASES = "#000000"
# From orange over nearly white to blue, which all kinds of colour vision tell apart.
DIVERGING = {"scheme": "blueorange", "extent": [1, 0]}
UNKNOWN = "#A6A6A6"  # of a cell without a value; no colour of the scale is grey

# Marks with this style are no data: expected curves, lines of regression, centre lines.
GUIDE = "guide"


def theme(dark: bool) -> dict[str, Any]:
    """The configuration for a page, given to vega-embed as `config`. The background is that of the page."""
    ink, faint, grid = ("#E8E8E8", "#B4B4B4", "#3A3A3A") if dark else ("#1A1A1A", "#555555", "#E2E2E2")
    return {
        "background": None,
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {
            "labelColor": faint,
            "titleColor": ink,
            "gridColor": grid,
            "domainColor": faint,
            "tickColor": faint,
            "labelFontSize": 12,
            "titleFontSize": 13,
            "titleFontWeight": "normal",
            "titlePadding": 8,
        },
        "legend": {
            "labelColor": ink,
            "titleColor": ink,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "symbolOpacity": 1,
            "orient": "top",
            "columns": 2,  # more do not fit on a phone
            "labelLimit": 160,
        },
        "range": {"category": list(CATEGORIES), "diverging": DIVERGING},
        "mark": {"color": CATEGORIES[0], "tooltip": True},
        "text": {"color": ink},
        "style": {GUIDE: {"color": ink, "stroke": ink, "strokeWidth": 1.5}},
    }
