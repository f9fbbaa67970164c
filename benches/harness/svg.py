"""Plots as SVG: bars and lines that can be read at the width of a page, on light and on dark backgrounds."""

import math
from html import escape

WIDTH = 840
STYLE = """
  .page { fill: #ffffff; stroke: #d0d7de; } .title { font-weight: 600; font-size: 16px; } .note { fill: #57606a; font-size: 12px; }
  text { font: 13px -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; }
  .grid { stroke: #d8dee4; stroke-width: 1; } .base { stroke: #57606a; stroke-width: 1.5; stroke-dasharray: 4 3; }
  .peer { fill: #afb8c1; } .ours { fill: #1a7f64; } .reference { fill: #6e7781; } .range { stroke: #1f2328; stroke-opacity: .55; }
  .line { fill: none; stroke-width: 1.8; } .line.strong { stroke-width: 3.2; } .strong { font-weight: 600; }
  .c0 { stroke: #1a7f64; } .c1 { stroke: #57606a; } .c2 { stroke: #0969da; } .c3 { stroke: #bc4c00; } .c4 { stroke: #8250df; }
  .c5 { stroke: #bf3989; } .c6 { stroke: #9a6700; } .c7 { stroke: #1b7c83; } .c8 { stroke: #cf222e; } .c9 { stroke: #4d9375; }
  .c10 { stroke: #6f42c1; } .c11 { stroke: #d4a72c; }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #30363d; } text { fill: #e6edf3; stroke: #0d1117; } .note { fill: #9198a1; } .grid { stroke: #2a313a; }
    .base { stroke: #9198a1; } .peer { fill: #484f58; } .ours { fill: #3fb68b; } .reference { fill: #8b949e; } .range { stroke: #e6edf3; }
    .c0 { stroke: #3fb68b; } .c1 { stroke: #9198a1; } .c2 { stroke: #58a6ff; } .c3 { stroke: #f0883e; } .c4 { stroke: #bc8cff; }
    .c5 { stroke: #f778ba; } .c6 { stroke: #d29922; } .c7 { stroke: #39c5cf; } .c8 { stroke: #ff7b72; } .c9 { stroke: #7ee2b8; }
    .c10 { stroke: #a371f7; } .c11 { stroke: #e3b341; }
  }
"""


class Page:
    def __init__(self, height, label):
        self.height, self.label, self.parts = height, label, []

    def text(self, x, y, words, kind="", anchor="start"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>')

    def line(self, x1, y1, x2, y2, kind):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}"/>')

    def box(self, x, y, width, height, kind):
        self.parts.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 1):.1f}" height="{height:.1f}" rx="2" class="{kind}"/>'
        )

    def path(self, points, kind):
        steps = " ".join(f"{'M' if i == 0 else 'L'}{x:.1f} {y:.1f}" for i, (x, y) in enumerate(points))
        self.parts.append(f'<path d="{steps}" class="{kind}"/>')

    def __str__(self):
        body = "\n".join(self.parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" width="{WIDTH}" '
            f'height="{self.height}" role="img" aria-label="{escape(self.label, quote=True)}">\n<style>{STYLE}</style>\n'
            f'<rect x="0.5" y="0.5" width="{WIDTH - 1}" height="{self.height - 1}" rx="8" class="page"/>\n{body}\n</svg>\n'
        )


def nice_step(span):
    """A round step that gives four to eight lines."""
    rough = span / 5
    power = 10 ** math.floor(math.log10(rough))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= rough)


def number(value):
    if value >= 10000:
        return f"{value / 1000:.0f}k"
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}" if value >= 10 else f"{value:.2f}"


ROW, TOP, LABELS = 22, 62, 236
KINDS = {True: "ours", False: "peer", None: "reference"}


def bars(panels, title, note):
    """Panels one below the other. A panel is (heading, unit, baseline or None, rows); a row is
    (label, ours, median, low, high), where `ours` is None for the baseline."""
    height = TOP + sum(len(rows) * ROW + 44 for _, _, _, rows in panels)
    page = Page(height, title)
    page.text(20, 28, title, "title")
    page.text(20, 47, note, "note")
    y = TOP
    for heading, unit, baseline, rows in panels:
        page.text(20, y + 18, heading, "strong")
        y += 28
        # One slow peer must not make all other bars too short, so a bar that is much longer is cut off and marked.
        medians = sorted(row[2] for row in rows)
        longest = min(medians[-1], 3 * medians[len(medians) // 2]) * 1.02
        scale = (WIDTH - LABELS - 120) / longest
        if baseline:
            page.line(LABELS + baseline * scale, y, LABELS + baseline * scale, y + len(rows) * ROW + 2, "base")
        for label, ours, median, low, high in rows:
            length = min(median, longest) * scale
            page.text(LABELS - 10, y + 15, label, "strong" if ours else "", "end")
            page.box(LABELS, y + 3, length, ROW - 6, KINDS[ours])
            if median <= longest:
                right = min(high, longest * 1.04) * scale
                page.line(LABELS + low * scale, y + 11, LABELS + right, y + 11, "range")
                length = max(length, right)
            page.text(LABELS + length + 8, y + 15, number(median) + unit + ("" if median <= longest else " »"), "strong" if ours else "")
            y += ROW
        y += 16
    return str(page)


def lines(series, ticks, title, note, unit, log_y=False, zero=False):
    """Lines over a logarithmic x axis. `series` is a list of (label, ours, colour, {x: value}); `ticks` {x: text}."""
    height, left, right, top, bottom = 440, 66, 250, 82, 36
    page = Page(height, title)
    page.text(20, 28, title, "title")
    page.text(20, 47, note, "note")
    values = [value for _, _, _, points in series for value in points.values()]
    low, high = (0 if zero else min(values)), max(values)
    if log_y:
        low, high = math.log10(min(values)), math.log10(max(values))
    pad = (high - low) * 0.04 or 0.1
    low, high = (low if zero else low - pad), high + pad
    xs = [math.log10(x) for x in ticks]

    def place(x, value):
        value = math.log10(value) if log_y else value
        along = (math.log10(x) - xs[0]) / (xs[-1] - xs[0])
        up = (value - low) / (high - low)
        return left + along * (WIDTH - left - right), height - bottom - up * (height - top - bottom)

    if log_y:
        levels = [m * 10.0**p for p in range(math.floor(low), math.ceil(high) + 1) for m in (1, 2, 5)]
        levels = [level for level in levels if low <= math.log10(level) <= high]
    else:
        step = nice_step(high - low)
        levels = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    for level in levels:
        _, y = place(next(iter(ticks)), level)
        page.line(left, y, WIDTH - right, y, "grid")
        page.text(left - 8, y + 4, number(level), "note", "end")
    page.text(20, top - 12, unit, "note")
    for x, text in ticks.items():
        at, _ = place(x, 10**low if log_y else low)
        page.line(at, height - bottom, at, height - bottom + 4, "grid")
        page.text(at, height - bottom + 20, text, "note", "middle")
    ends = []
    for label, ours, colour, points in series:
        path = [place(x, value) for x, value in sorted(points.items())]
        kind = f"line c{colour}" + (" strong" if ours else "")
        page.path(path, kind)
        ends.append([path[-1][1], path[-1], label, ours, kind])
    # The labels are at the ends of their lines, and are moved apart if they overlap.
    ends.sort(key=lambda end: end[0])
    for i, end in enumerate(ends):
        end[0] = max(end[0], ends[i - 1][0] + 17 if i else top)
    overflow = ends[-1][0] - (height - bottom)
    for i in reversed(range(len(ends))):
        if overflow > 0:
            limit = height - bottom if i == len(ends) - 1 else ends[i + 1][0] - 17
            ends[i][0] = min(ends[i][0], limit)
    for y, (x, end_y), label, ours, kind in ends:
        page.path([(x + 3, end_y), (WIDTH - right + 18, y), (WIDTH - right + 30, y)], kind.replace(" strong", ""))
        page.text(WIDTH - right + 36, y + 4, label, "strong" if ours else "")
    return str(page)
