"""index.html: the journey told with what it made, in Chinese and English."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import jinja2
import numpy as np
import shapely
from PIL import Image
from xiangtu import catalogue, store
from xiangtu.catalogue import Label
from xiangtu.geo import blobs, gauss_kruger
from xiangtu.gnss.fix import Fix
from xiangtu.merge.conflicts import Conflict
from xiangtu.validate.registry import rules_of

if TYPE_CHECKING:
    from .journey import Journey

_FIX_COLOURS = {"rtk_fixed": "#1a9850", "rtk_float": "#f2a51c", "single": "#4575b4"}
_SHOWN_RELICS = 8


@dataclass(frozen=True)
class _Side:
    """One side of a conflict."""

    author: str
    value: str
    taken: bool


@dataclass(frozen=True)
class _Row:
    """A conflict or a finding as the page shows it."""

    title: str
    what: Label
    sides: tuple[_Side, ...] = ()
    drawing: str = ""
    reason: str = ""


def write_page(made: Journey, language: str) -> Path:
    """Write index.html and its small pictures; the path."""
    folder = made.folder
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True,
        undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters["thousands"] = lambda number: f"{number:,}"
    template = environment.get_template("page.html.j2")
    path = folder / "index.html"
    path.write_text(template.render(_values(made, language)), encoding="utf-8")
    return path


def _values(made: Journey, language: str) -> dict[str, Any]:
    desk, known = made.desk, catalogue.load()
    assert desk.figures is not None and desk.checked is not None
    rules = rules_of(known)
    by_rule = Counter(each.rule for each in desk.findings)
    severity = {each.rule: each.severity for each in desk.findings}
    order = {"error": 0, "warning": 1, "note": 2}
    findings = [
        {"count": count, "severity": severity[code], "code": code,
         "title": rules[code].title, "remedy": rules[code].remedy,
         "example": next(desk.titles[f.record] for f in desk.findings if f.rule == code)}
        for code, count in sorted(by_rule.items(), key=lambda x: (order[severity[x[0]]], -x[1]))
    ]  # fmt: skip
    walk = next((each for each in made.diaries if each.walk), None)
    return {
        "language": language,
        "made": made,
        "desk": desk,
        "teams": list(zip(made.plans, made.diaries, made.handed_over, desk.assignments,
                          desk.inspected, desk.merges, strict=True)),
        "fix_types": known.code_lists["fix_type"].codes,
        "layers": known.layers,
        "conflicts": [_conflict_row(each, made, known) for each in desk.conflicts],
        "pairs": desk.pairs,
        "joined": {each.title for each in desk.decisions if each.unit == "@pair"},
        "findings": findings,
        "walk": _walk_drawing(walk.walk, walk.walked, made.registered.srid) if walk else "",
        "summary": _summary(made),
        "photos": _field_photos(made),
        "relics": _relic_photos(made),
        "has_map": (made.folder / "one_map.png").is_file(),
        "sizes": {each.name: _size(each) for each in made.folder.iterdir() if each.is_file()},
        "icon": _icon(),
    }  # fmt: skip


def _summary(made: Journey) -> dict[str, Any]:
    """Villages as rows, with the layers that have areas or are counted."""
    figures = made.desk.figures
    assert figures is not None
    groups = {each.code: each for each in figures.summary.groups}
    rows = [
        (town, village, {name: group.amount(village.code) for name, group in groups.items()})
        for town in figures.townships
        for village in town.villages
    ]
    return {"rows": rows, "total": {name: group.total() for name, group in groups.items()}}


def _conflict_row(conflict: Conflict, made: Journey, known: catalogue.Catalogue) -> _Row:
    decisions = {(each.title, each.unit): each for each in made.desk.decisions}
    title = made.desk.titles[conflict.record]
    decision = decisions.get((title, conflict.unit))
    field = known.field_of(conflict.layer, conflict.unit)
    what = field.label if field else Label("界线", "Outline")
    sides = []
    for head in conflict.heads:
        if conflict.unit == "geometry":
            accuracy = head.values.get("horizontal_accuracy_m")
            value = f"RTK ±{accuracy} m"
        else:
            value = "、".join(str(each) for each in head.values.values())
            if field and field.code_list:
                code = known.code_lists[field.code_list].codes.get(value)
                value = f"{value} {code.label.zh}" if code else value
        taken = decision is not None and decision.choice == head.author
        sides.append(_Side(head.author, value, taken))
    drawing = _outlines_drawing(conflict) if conflict.unit == "geometry" else ""
    return _Row(title, what, tuple(sides), drawing, decision.reason if decision else "")


def _svg(width: float, height: float, body: str) -> str:
    return (
        f'<svg viewBox="0 0 {width:.1f} {height:.1f}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg">{body}</svg>'
    )


def _fitted(shapes: list[shapely.Geometry], width: float) -> tuple[Any, float]:
    """A function from metres to the drawing's units, y down, and the drawing's height."""
    left, bottom, right, top = shapely.total_bounds(shapes)
    margin = 0.06 * max(right - left, top - bottom)
    scale = width / (right - left + 2 * margin)

    def to_drawing(points: np.ndarray) -> list[str]:
        x = (points[:, 0] - left + margin) * scale
        y = (top + margin - points[:, 1]) * scale
        return [f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]

    return to_drawing, (top - bottom + 2 * margin) * scale


def _outlines_drawing(conflict: Conflict) -> str:
    """The outlines that were measured, one over the other."""
    shapes = [blobs.decode_one(cast(bytes, each.values["geometry"])) for each in conflict.heads]
    to_drawing, height = _fitted(shapes, 420)
    body = ""
    for shape, colour in zip(shapes, ("#d7191c", "#2c7bb6", "#1a9850"), strict=False):
        for ring in shapely.get_rings(shapely.get_parts(shape)):
            points = " ".join(to_drawing(shapely.get_coordinates(ring)))
            body += (
                f'<polygon points="{points}" fill="{colour}" fill-opacity="0.12" '
                f'stroke="{colour}" stroke-width="2"/>'
            )
    return _svg(420, height, body)


def _walk_drawing(fixes: tuple[Fix, ...], outline: Any, srid: int) -> str:
    """Every epoch of a walk, coloured by fix type, and the outline that came of it."""
    known = [each for each in fixes if each.fix_type in _FIX_COLOURS]
    x, y = gauss_kruger.forward(
        [each.longitude_deg for each in known], [each.latitude_deg for each in known], srid
    )
    points = np.column_stack([x, y])
    to_drawing, height = _fitted([outline, shapely.multipoints(points)], 420)
    ring = shapely.get_coordinates(shapely.get_parts(outline)[0].exterior)
    body = (
        f'<polygon points="{" ".join(to_drawing(ring))}" fill="#f3e17e" stroke="#a38a35" '
        'stroke-width="1.5"/>'
    )
    for place, fix in zip(to_drawing(points), known, strict=True):
        cx, cy = place.split(",")
        body += f'<circle cx="{cx}" cy="{cy}" r="3" fill="{_FIX_COLOURS[fix.fix_type]}"/>'
    return _svg(420, height, body)


def _field_photos(made: Journey) -> list[dict[str, str]]:
    """A photo of each layer that the teams photographed, without what EXIF says of the place."""
    with store.open(made.folder / "county.sqlite", readonly=True) as file:
        rows = list(
            file.select("attachment", "longitude_deg IS NOT NULL AND taken_at > '2025' "
                        "ORDER BY taken_at")
        )  # fmt: skip
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        first.setdefault(row["layer"], row)
    chosen = list(first.values())[:4]
    return [_thumbnail(made, row, f"field-{number}") for number, row in enumerate(chosen, 1)]


def _relic_photos(made: Journey) -> list[dict[str, str]]:
    with store.open(made.folder / "county.sqlite", readonly=True) as file:
        rows = list(
            file.select("attachment", "layer = 'relic' AND role = 'overview' "
                        "AND taken_at < '2025' ORDER BY caption")
        )  # fmt: skip
    seen: set[str] = set()
    chosen: list[dict[str, Any]] = []
    for row in rows:
        kind = str(row["caption"]).partition("（")[0][2:]
        if kind not in seen and len(chosen) < _SHOWN_RELICS:
            seen.add(kind)
            chosen.append(row)
    return [_thumbnail(made, row, f"relic-{number}") for number, row in enumerate(chosen, 1)]


def _thumbnail(made: Journey, row: dict[str, Any], name: str) -> dict[str, str]:
    target = made.folder / "pictures" / f"{name}.jpg"
    target.parent.mkdir(exist_ok=True)
    with Image.open(made.folder / "attachments" / row["sha256"]) as image:
        small = image.convert("RGB").resize((480, 320), Image.Resampling.LANCZOS)
    # A new picture: neither position nor anything else of the photo's EXIF comes along.
    small.save(target, "JPEG", quality=82)
    return {
        "path": f"pictures/{target.name}", "caption": row["caption"] or "",
        "author": row["author"] or "", "taken_at": str(row["taken_at"] or "")[:10],
    }  # fmt: skip


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{size / 1e3:.0f} kB"


def _icon() -> str:
    """A mark for the browser's tab, in the page itself."""
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
        'rx="7" fill="#2f6b4f"/><path d="M4 21q6-5 12 0t12 0v6H4zM4 14q6-5 12 0t12 0" '
        'fill="none" stroke="#f3e17e" stroke-width="2.4"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(drawing.encode()).decode()
