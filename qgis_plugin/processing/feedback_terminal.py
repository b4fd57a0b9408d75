"""What a command would show on a terminal, shown in the log of an algorithm."""

from __future__ import annotations

from qgis.core import QgsProcessingFeedback
from xiangtu.cli.language import Translation
from xiangtu.cli.terminal import Terminal, one_line
from xiangtu.words import known, phrase


class FeedbackTerminal(Terminal):
    """A terminal that writes into a feedback, and says whether the person cancelled."""

    def __init__(self, translation: Translation, feedback: QgsProcessingFeedback) -> None:
        super().__init__(translation, as_json=False, quiet=False)
        self._feedback = feedback
        self._step = ""

    def line(self, text: str = "") -> None:
        """A line of the result; in a fixed width, since tables are lines too."""
        self._feedback.pushConsoleInfo(one_line(text))

    def note(self, text: str) -> None:
        """Something worth knowing that is not the result."""
        self._feedback.pushInfo(one_line(text))

    def watched(self, fraction: float, step: str) -> bool:
        """Progress of a command; False once the person cancelled."""
        self._feedback.setProgress(100 * min(max(fraction, 0.0), 1.0))
        name = f"step.{step}"
        if step != self._step and known(name):
            self._step = step
            self._feedback.setProgressText(phrase(name, self.translate.language))
        return not self._feedback.isCanceled()
