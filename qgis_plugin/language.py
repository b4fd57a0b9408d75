"""Which language the plugin speaks: QGIS's own."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QCoreApplication, QTranslator

#: The context of the plugin's sentences in i18n/*.ts.
CONTEXT = "Xiangtu"


def language() -> str:
    """ "zh" or "en", by the locale that QGIS was set to."""
    return "zh" if QgsApplication.instance().locale().lower().startswith("zh") else "en"


def install_translator(i18n: Path) -> QTranslator | None:
    """Have Qt look the plugin's sentences up; None where English, the source, is spoken.

    Parameters
    ----------
    i18n : Path
        The folder with xiangtu_zh_CN.qm.
    """
    if language() != "zh":
        return None
    translator = QTranslator()
    if not translator.load(str(i18n / "xiangtu_zh_CN.qm")):
        return None
    QCoreApplication.installTranslator(translator)
    return translator
