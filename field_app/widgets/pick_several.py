"""Picking any number of many in a window of its own: a touch marks, another takes the mark away."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

from .buttons import action
from .pick_list import Pick, PickList

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: The font has no boxes with and without a tick.
_MARK, _NO_MARK = "■  ", "□  "


class PickSeveral(PickList):
    """The window; `picked` is told the list of marked values when it is closed by its button."""

    def __init__(
        self,
        app: XiangtuApp,
        title: str,
        picks: Sequence[Pick],
        marked: Collection[Any],
        picked: Callable[[list[Any]], Any],
    ) -> None:
        self._marked = set(marked)
        self._wanted = ""
        super().__init__(app, title, picks, picked)
        done = action(app, "app.form.marked", "check", self._done)
        self.box.add_widget(done, index=1)

    def _filter(self, text: str) -> None:
        self._wanted = text
        super()._filter(text)
        for row in self.rows.data:
            value = row["value"]
            row["text"] = (_MARK if value in self._marked else _NO_MARK) + row["text"]
        self.rows.refresh_from_data()

    def _pick(self, pick: Pick) -> None:
        self._marked ^= {pick.value}
        self._filter(self._wanted)

    def _done(self) -> None:
        self.dismiss()
        self._told([each.value for each in self._picks if each.value in self._marked])
