"""A line for a number, with its unit; what is typed counts once the line is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .text_input import TextInput

if TYPE_CHECKING:
    from ..app import XiangtuApp


class NumberInput(TextInput):
    """A TextInput on which a tablet opens its keyboard of digits; `left` is told the text."""

    def __init__(
        self,
        app: XiangtuApp,
        *,
        label: str,
        unit: str,
        value: float | None,
        left: Callable[[str], Any],
    ) -> None:
        super().__init__(
            app,
            hint=f"{label} ({unit})",
            left=left,
            text="" if value is None else f"{value:g}",
            input_type="number",
        )
