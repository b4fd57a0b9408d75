"""What a form shows beside its questions: the record's parts, its photos, what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.gridlayout import MDGridLayout
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.form_page import FormPage, Part, Parts
from ..controllers.questions import Problem
from ..local_time import local_time
from .answers import problem_words
from .buttons import WideButton, action
from .panel import Panel
from .photo import PhotoTile, Thumbnail
from .pick_list import Pick, pick_one

if TYPE_CHECKING:
    from ..app import XiangtuApp
    from ..screens.form_photos import FormPhotos

#: More parts than these are a list of their own: a parcel may have a hundred boundary points.
_MOST_ROWS = 12
_PHOTOS_ABREAST = 3

Open = Callable[..., Any]


def parts_panel(app: XiangtuApp, page: FormPage, parts: Parts, open_part: Open) -> Panel:
    """Records of one kind that name this one, each leading to its form, and a button for one
    more."""
    kind = parts.layer.label.in_language(app.language)
    panel = Panel(app, app.say("app.form.parts", kind=kind, count=len(parts.records)))
    words = [_part_words(app, each, kind, number) for number, each in enumerate(parts.records, 1)]

    def show(record: str) -> None:
        open_part(layer=parts.layer.name, record=record)

    def add() -> None:
        given = {parts.field: page.record}
        if page.village:
            given["village"] = page.village
        open_part(layer=parts.layer.name, record=None, **given)

    if len(words) > _MOST_ROWS:
        picks = [Pick(each.record, text) for each, text in zip(parts.records, words, strict=True)]
        text = app.say("app.form.all_parts", kind=kind, count=len(picks))
        panel.add_widget(WideButton(app, text, lambda: pick_one(app, kind, picks, show)))
    else:
        for each, text in zip(parts.records, words, strict=True):
            panel.add_widget(WideButton(app, text, lambda each=each: show(each.record)))
    if parts.may_add:
        panel.add_widget(action(app, "app.form.add", "plus", add, quiet=True, kind=kind))
    return panel


def names_panel(app: XiangtuApp, page: FormPage, open_record: Open) -> Panel:
    """What this record belongs to or names, each leading to its form."""
    panel = Panel(app, app.say("app.form.names"))
    for each in page.names:
        kind, title = (words.in_language(app.language) for words in (each.layer.label, each.title))
        panel.add_widget(
            WideButton(
                app, kind if title == kind else f"{kind} {title}",
                lambda each=each: open_record(layer=each.layer.name, record=each.record),
            )
        )  # fmt: skip
    return panel


def photos_step(app: XiangtuApp, page: FormPage, work: FormPhotos) -> MDBoxLayout:
    """Which photos are missing, buttons for more, and those that are there."""
    box = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(12))
    photos = page.photos
    names = {each.code: each.label.in_language(app.language) for each in photos.roles}
    _add_missing(box, app, "app.photo.missing", photos.missing, names)
    if photos.without_role:
        text = app.say("app.photo.without_role", count=photos.without_role)
        box.add_widget(_coloured(text, look.colours(app.settings.theme).warning))
    box.add_widget(action(app, "app.photo.take", "camera-outline", work.take))
    box.add_widget(
        action(app, "app.photo.from_files", "image-multiple-outline", work.from_files, quiet=True)
    )
    grid = MDGridLayout(cols=_PHOTOS_ABREAST, adaptive_height=True, spacing=dp(12))
    for photo in photos.photos:
        grid.add_widget(PhotoTile(app, photo, work))
    box.add_widget(grid)
    return box


def signatures_step(app: XiangtuApp, page: FormPage, sign: Callable[[], Any]) -> MDBoxLayout:
    """Whose signatures are missing, a button to sign, and what was signed."""
    box = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(12))
    signatures = page.signatures
    names = {each.code: each.label.in_language(app.language) for each in signatures.kinds}
    _add_missing(box, app, "app.sign.missing", signatures.missing, names)
    box.add_widget(action(app, "app.sign.sign", "signature-freehand", sign))
    for each in signatures.signatures:
        panel = Panel(app)
        panel.add_widget(Thumbnail(app, each.sha256))
        kind = each.signed_as.label.in_language(app.language) if each.signed_as else "—"
        at = local_time(each.signed_at) if each.signed_at else "—"
        panel.add_widget(
            _coloured(f"{each.name} · {kind}", look.fixed(app.theme_cls.onSurfaceColor))
        )
        panel.add_widget(
            _coloured(app.say("app.sign.at", at=at), look.fixed(app.theme_cls.onSurfaceColor))
        )
        box.add_widget(panel)
    return box


def _add_missing(
    box: MDBoxLayout,
    app: XiangtuApp,
    code: str,
    missing: Mapping[str, int],
    names: Mapping[str, str],
) -> None:
    warning = look.colours(app.settings.theme).warning
    for role, count in missing.items():
        box.add_widget(_coloured(app.say(code, role=names[role], count=count), warning))


def check_step(
    app: XiangtuApp,
    page: FormPage,
    go_to: Callable[[Problem], Any],
    despite: Callable[[], Any],
    throw_away: Callable[[], Any],
) -> MDBoxLayout:
    """What is wrong, each line leading to its field; and the ways to confirm it all the same, or to
    forget it."""
    box = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(12))
    colours = look.colours(app.settings.theme)
    if not page.problems:
        box.add_widget(_coloured(app.say("app.form.nothing_wrong"), colours.good))
    by_severity = {"error": colours.bad, "warning": colours.warning}
    weight = ("error", "warning", "note")
    for each in sorted(page.problems, key=lambda problem: weight.index(problem.severity)):
        colour = by_severity.get(each.severity, look.fixed(app.theme_cls.onSurfaceColor))
        box.add_widget(_ProblemRow(app, page, each, colour, go_to))
    if page.errors:
        box.add_widget(action(app, "app.form.despite", "alert-outline", despite, quiet=True))
    if page.begun or page.is_new:
        box.add_widget(action(app, "app.form.throw_away", "delete-outline", throw_away, quiet=True))
    return box


class _ProblemRow(ButtonBehavior, MDBoxLayout):
    def __init__(
        self,
        app: XiangtuApp,
        page: FormPage,
        problem: Problem,
        colour: Sequence[float],
        go_to: Callable[[Problem], Any],
    ) -> None:
        super().__init__(adaptive_height=True)
        section = page.section_of(problem.field)
        asked = (
            next((each for each in section.asked if each.field.name == problem.field), None)
            if section
            else None
        )
        codes = (*page.photos.roles, *page.signatures.kinds)
        roles = {each.code: each.label.in_language(app.language) for each in codes}
        words = problem_words(app, problem, asked.field if asked else None, roles)
        panel = Panel(app)
        panel.add_widget(_coloured(words, colour))
        self.add_widget(panel)
        self._go = lambda: go_to(problem)

    def on_release(self) -> None:
        self._go()


def _part_words(app: XiangtuApp, part: Part, kind: str, number: int) -> str:
    title = part.title.in_language(app.language) or f"{kind} {number}"
    return f"{title} · {app.say('app.form.begun')}" if part.begun else title


def _coloured(text: str, colour: Sequence[float]) -> MDLabel:
    return MDLabel(
        text=text, adaptive_height=True, font_style="Body", role="large",
        theme_text_color="Custom", text_color=colour,
    )  # fmt: skip
