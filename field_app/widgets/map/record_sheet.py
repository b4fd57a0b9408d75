"""What was pointed at, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from xiangtu.geo import area

from ...controllers.map_content import Found
from ..buttons import action
from ..panel import Sheet
from ..within_reach import hand_row

if TYPE_CHECKING:
    from ...app import XiangtuApp


class RecordSheet(Sheet):
    """Name, village, state and area of a record, with buttons that lead on."""

    def __init__(
        self, app: XiangtuApp, *, go_to: Callable[[Found], Any], closed: Callable[[], Any]
    ) -> None:
        super().__init__(app)
        self._app, self._go_to, self._closed = app, go_to, closed

    def show(self, found: Found, others: Callable[[], Any] | None = None) -> None:
        """Tell of a record; `others` offers those that lie at the same place."""
        app = self._app
        layer = found.layer_label.in_language(app.language)
        self.clear_widgets()
        self.add_widget(
            MDLabel(
                text=found.title or layer, adaptive_height=True, font_style="Title", role="large"
            )
        )
        self.add_widget(
            MDLabel(
                text=" · ".join(self._facts(found, layer)), adaptive_height=True,
                font_style="Body", role="large",
            )
        )  # fmt: skip
        if others is not None:
            self.add_widget(
                action(app, "app.map.more_here", "layers-search-outline", others, quiet=True)
            )
        buttons = [
            action(app, "app.map.close", "close", self._closed, quiet=True),
            action(app, "app.map.go_to", "navigation-variant", lambda: self._go_to(found)),
        ]
        if app.shell.has("form"):
            buttons.append(action(app, "app.map.open", "form-select", lambda: self._open(found)))
        self.add_widget(hand_row(app, *buttons))
        if found.shape.geom_type in ("Polygon", "MultiPolygon"):
            self.add_widget(self._changes(found))

    def _changes(self, found: Found) -> MDBoxLayout:
        """What changes its shape."""
        wanted = [("shape", "app.map.reshape", "vector-polyline-edit")]
        if found.mark != "draft":
            wanted.append(("split", "app.map.divide", "content-cut"))
        buttons = [
            action(
                self._app, code, icon, lambda purpose=purpose: self._draw(found, purpose),
                quiet=True,
            )
            for purpose, code, icon in wanted
        ]  # fmt: skip
        return hand_row(self._app, *buttons)

    def _draw(self, found: Found, purpose: str) -> None:
        self._app.shell.show("draw", purpose=purpose, layer=found.layer, record=found.record)

    def _facts(self, found: Found, layer: str) -> list[str]:
        facts = [layer, found.village]
        if found.state is not None:
            facts.append(found.state.in_language(self._app.language))
        if found.mark:
            facts.append(self._app.say(f"app.map.mark.{found.mark}"))
        if found.area_m2 is not None:
            facts.append(
                self._app.say(
                    "app.map.area",
                    area_m2=area.rounded_m2(found.area_m2),
                    mu=area.mu(found.area_m2),
                )
            )
        return [each for each in facts if each]

    def _open(self, found: Found) -> None:
        self._app.shell.show("form", layer=found.layer, record=found.record)
