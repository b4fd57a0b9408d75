"""What a form does with signatures: who signs, and the signing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..controllers.form import Form
from ..controllers.form_page import FormPage
from ..controllers.pen import Stroke
from ..controllers.signatures import Signer, keep_signature, possible_signers
from ..widgets.pick_list import Pick, pick_one
from ..widgets.question import ask_text
from ..widgets.signature_pad import SignaturePad

if TYPE_CHECKING:
    from ..app import XiangtuApp

Change = Callable[..., Any]


class FormSignatures:
    """`page` gives the form as it stands; `change` is `FormScreen.change`; `title` its title."""

    def __init__(
        self,
        app: XiangtuApp,
        page: Callable[[], FormPage],
        change: Change,
        title: Callable[[], str],
    ) -> None:
        self._app, self._page, self._change, self._title = app, page, change, title

    def ask_who(self) -> None:
        """One of those who are known to have a say, or somebody else."""
        known: list[Signer] = []

        def task(form: Form) -> None:
            known[:] = possible_signers(form)

        self._change(task, lambda: self._offer(known))

    def _offer(self, known: Sequence[Signer]) -> None:
        if not known:
            self._ask_name()
            return
        app, names = self._app, self._kinds()
        picks = [Pick(each, each.name, names[each.signed_as]) for each in known]
        picks.append(Pick(None, app.say("app.sign.somebody_else")))

        def picked(signer: Signer | None) -> None:
            if signer is None:
                self._ask_name()
            else:
                self._sign(signer)

        pick_one(app, app.say("app.sign.who"), picks, picked)

    def _ask_name(self) -> None:
        say = self._app.say
        ask_text(
            self._app, say("app.sign.who"), "app.sign.go_on", self._ask_kind,
            hint=say("app.sign.name"),
        )  # fmt: skip

    def _ask_kind(self, name: str) -> None:
        picks = [Pick(code, text) for code, text in self._kinds().items()]
        pick_one(
            self._app, self._app.say("app.sign.as"), picks,
            lambda code: self._sign(Signer(name, code)),
        )  # fmt: skip

    def _sign(self, signer: Signer) -> None:
        app = self._app

        def keep(
            strokes: Sequence[Stroke], size: tuple[float, float], kept: Callable[[], Any]
        ) -> None:
            fix = app.receiver.here

            def done() -> None:
                app.tell(app.say("app.sign.kept", name=signer.name))
                kept()

            self._change(
                lambda form: keep_signature(
                    form.survey, form.layer, form.record, signer, strokes, size, fix
                ),
                done,
            )

        who = f"{signer.name} · {self._kinds()[signer.signed_as]}"
        SignaturePad(app, self._title(), who, keep).open()

    def _kinds(self) -> dict[str, str]:
        language = self._app.language
        kinds = self._page().signatures.kinds
        return {each.code: each.label.in_language(language) for each in kinds}
