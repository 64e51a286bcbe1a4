"""Geometry of the charts: turns figures into coordinates and words; it draws nothing and picks no colour.

Horizontal positions are percentages and vertical ones pixels, so that a chart follows the width of its page while its
text keeps its size. Paths cannot hold percentages: they use the units of a view box that is stretched over the plot.
All coordinates are text already, so that no language setting of a template can put a comma into them.
"""

from attribution.charts.bars import LABEL_BESIDE, Bars, FunnelBars, delay_bars, funnel_bars, reason_bars
from attribution.charts.days import Sparkline, TrendChart, sparkline, trend_chart
from attribution.charts.scales import nice_ticks, percentage, short_count
from attribution.charts.week import HeatMap, heat_map

__all__ = [
    "LABEL_BESIDE",
    "Bars",
    "FunnelBars",
    "HeatMap",
    "Sparkline",
    "TrendChart",
    "delay_bars",
    "funnel_bars",
    "heat_map",
    "nice_ticks",
    "percentage",
    "reason_bars",
    "short_count",
    "sparkline",
    "trend_chart",
]
