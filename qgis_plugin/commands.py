"""Commands of the core run inside QGIS, as they would be typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xiangtu.cli.command import Call, Outcome, Progress
from xiangtu.cli.language import Translation
from xiangtu.cli.main import build_parser, login_name, program_version
from xiangtu.cli.refusals import as_refusal, written_down
from xiangtu.errors import SurveyError


def run_command(
    words: Sequence[str],
    translation: Translation,
    progress: Progress,
    note: Callable[[str], None],
) -> Outcome:
    """Run a command in this process.

    Parameters
    ----------
    words : Sequence[str]
        What would be typed after `xiangtu`.
    note : callable
        Gets a line that is worth knowing and is not the result.

    Raises
    ------
    SurveyError
        Whatever goes wrong: a refusal, a fault of the machine, or of the program (written down
        in a file that it names).
    """
    try:
        arguments = build_parser(translation).parse_args(list(words))
        author = arguments.author if arguments.author is not None else login_name()
        outcome: Outcome = arguments.run(
            Call(arguments, translation, progress, author, arguments.key, note)
        )
    except SurveyError:
        raise
    except Exception as fault:
        doing = " ".join(["xiangtu", *words])
        raise (
            as_refusal(fault, words[-1]) or written_down(fault, doing, program_version())
        ) from fault
    return outcome
