"""Which language the command speaks, and its own sentences in it (gettext)."""

from __future__ import annotations

import argparse
import contextlib
import gettext
from collections.abc import Iterator, Mapping, Sequence

from ..words import i18n_folder

DOMAIN = "xiangtu"
#: Python brings no Chinese for argparse's own sentences.
_DOMAIN_OF_ARGPARSE = "argparse"


def choose(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """ "zh" or "en": --lang if given, else LANGUAGE, LC_ALL, LC_MESSAGES or LANG.

    Looked up before the arguments are parsed, since a refusal to parse them needs words too.
    """
    for index, each in enumerate(arguments):
        if each == "--lang" and index + 1 < len(arguments):
            return _of(arguments[index + 1])
        if each.startswith("--lang="):
            return _of(each.removeprefix("--lang="))
    locale = next(
        (environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)),
        "",
    )
    # As in gettext: a preference list counts only if the locale is not plain C.
    if environment.get("LANGUAGE") and locale.split(".")[0] not in ("", "C", "POSIX"):
        return _of(environment["LANGUAGE"])
    return _of(locale)


def _of(name: str) -> str:
    return "zh" if name.lower().startswith("zh") else "en"


class Translation:
    """The command's own sentences; English is the source."""

    def __init__(self, language: str) -> None:
        self.language = language
        names = ["zh_CN"] if language == "zh" else ["en"]
        self._catalog = gettext.translation(DOMAIN, i18n_folder(), names, fallback=True)
        self._catalog.add_fallback(
            gettext.translation(_DOMAIN_OF_ARGPARSE, i18n_folder(), names, fallback=True)
        )

    def __call__(self, text: str) -> str:
        return self._catalog.gettext(text) if text else ""

    def plural(self, one: str, many: str, number: int) -> str:
        return self._catalog.ngettext(one, many, number)

    @contextlib.contextmanager
    def for_argparse(self) -> Iterator[None]:
        """Let argparse speak the language while it parses.

        It looks its sentences up through two names of its module, by the process's locale;
        there is no other door.
        """
        before = argparse._, argparse.ngettext  # type: ignore[attr-defined]
        argparse._, argparse.ngettext = self, self.plural  # type: ignore[attr-defined]
        try:
            yield
        finally:
            argparse._, argparse.ngettext = before  # type: ignore[attr-defined]
