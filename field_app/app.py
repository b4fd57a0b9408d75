"""The app: its screens in one window, the desk behind them, the receiver beside them."""

from __future__ import annotations

import logging
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.modalview import ModalView
from kivymd.app import MDApp
from xiangtu.errors import BadInput, SurveyError
from xiangtu.gnss.pushed import NO_PERMISSION
from xiangtu.gnss.receiver import Receiver
from xiangtu.store.faults import refusal
from xiangtu.words import explain, phrase

from . import fonts, look
from .absence import Absence, commit_typing
from .controllers import settings as kept_settings
from .controllers.map_session import MapSession
from .controllers.measuring_at_work import AtWork
from .controllers.pin import Pin
from .controllers.records import Filter, Order
from .controllers.settings import Settings
from .controllers.start import Fieldwork
from .desk import Desk
from .platform.camera import camera_port
from .platform.compass import CompassPort, compass_port
from .platform.device import DevicePort, device_port
from .platform.files import SystemFiles, system_files
from .platform.position import PositionPort, position_port
from .platform.track_service import track_service
from .screens.capture import CaptureScreen
from .screens.draw import DrawScreen
from .screens.form import FormScreen
from .screens.hand_over import HandOverScreen
from .screens.map import MapScreen
from .screens.new import NewScreen
from .screens.records import RecordsScreen
from .screens.screen import AppScreen
from .screens.settings import SettingsScreen
from .screens.start import StartScreen
from .screens.today import TodayScreen
from .shell import Shell
from .shooting import Shooting
from .tidying import Tidying
from .tile_desk import TileDesk
from .tracking import Tracking

#: Every screen by its name, and those of them that the bar at the bottom leads to, each with its
#: icon (Material Design's) in the order of the day.
SCREENS: dict[str, type[AppScreen]] = {
    "start": StartScreen,
    "today": TodayScreen,
    "new": NewScreen,
    "form": FormScreen,
    "capture": CaptureScreen,
    "draw": DrawScreen,
    "map": MapScreen,
    "records": RecordsScreen,
    "hand_over": HandOverScreen,
    "settings": SettingsScreen,
}
TABS = {
    "today": "clipboard-list-outline",
    "map": "map-outline",
    "records": "format-list-bulleted",
    "hand_over": "package-up",
    "settings": "cog-outline",
}

_REPORT = "fault.txt"


class XiangtuApp(MDApp):
    """The app of one tablet.

    Parameters
    ----------
    folder : Path
        The tablet's folder; made at the first start.
    receiver : str, optional
        Address of the receiver in place of the one in the settings.
    assignment : Path, optional
        An assignment to take in at once, if the tablet has none.
    """

    def __init__(
        self, folder: Path, *, receiver: str | None = None, assignment: Path | None = None
    ) -> None:
        super().__init__()
        self.folder = Path(folder)
        self.offered_assignment = assignment
        self._wanted_receiver = receiver
        self.desk = Desk(_on_main_thread, self.tell_refusal, self.tell_fault)
        self.tiles = TileDesk(Desk(_on_main_thread, self.tell_refusal, self.tell_fault))
        self.map = MapSession()
        self.fieldwork: Fieldwork
        self.at_work: AtWork
        self.tracking: Tracking
        self.pin: Pin
        self.settings = Settings()
        self.port: PositionPort
        self.device: DevicePort
        self.files: SystemFiles | None
        self.compass: CompassPort
        self.shooting: Shooting
        self.receiver: Receiver
        self.shell: Shell
        self.absence: Absence
        self.tidying: Tidying
        self._awake_for: set[object] = set()
        #: What the list of records shows, for as long as the app runs.
        self.records_filter = Filter()
        self.records_order: Order = "near"

    # -- beginning and ending -----------------------------------------------------------------

    def build(self) -> Shell:
        self.title = "Xiangtu 乡图"
        self.fieldwork = Fieldwork(self.folder)
        self.at_work = AtWork(self.fieldwork)
        self.pin = Pin(self.folder)
        loaded = kept_settings.load(self.folder)
        self.settings = loaded.settings
        fonts.register()
        look.apply(self.theme_cls, self.settings.theme, self.settings.text_size)
        self.port = position_port()
        self.device = device_port()
        self.files = system_files()
        self.compass = compass_port()
        self.shooting = Shooting(self, camera_port(self.folder))
        self.receiver = Receiver(self.port.open, self.settings.declared)
        address = self._wanted_receiver or self.settings.receiver or self.port.own_receiver
        if address:
            self.receiver.switch(address)
        self.tracking = Tracking(self, track_service())
        self.shell = Shell(self, SCREENS, TABS)
        self.absence = Absence(self)
        self.tidying = Tidying()
        Window.bind(on_keyboard=self._key)
        for note in loaded.notes:
            self.tell_refusal(note)
        return self.shell

    def on_start(self) -> None:
        self.compass.start()
        self.shell.show("start")
        self.tracking.follow()
        self._ask_for_position()

    def on_pause(self) -> bool:
        self.compass.stop()
        self.absence.begins()
        return True

    def on_resume(self) -> None:
        self.compass.start()
        self.absence.ends()
        # The position may have been allowed in the system's settings meanwhile.
        error = self.receiver.state.error
        if error is not None and error.code == NO_PERMISSION and self.port.permitted():
            self.receiver.switch(self.receiver.state.address)

    def on_stop(self) -> None:
        self.tidying.end()
        self.compass.stop()
        commit_typing()
        self.receiver.close()
        self.desk.stop_steps()
        self.desk.ask(self.at_work.leave)
        self.tracking.close()
        self.tiles.close()
        self.desk.ask(self.fieldwork.close)
        self.desk.close()

    def _ask_for_position(self) -> None:
        """Ask the person to allow the device's own receiver, where that is used and not allowed."""
        if self.receiver.state.address != self.port.own_receiver or self.port.permitted():
            return

        def answered(allowed: bool) -> None:
            if allowed:
                self.receiver.switch(self.port.own_receiver)
            else:
                self.tell_refusal(BadInput(NO_PERMISSION))

        self.port.ask(lambda allowed: _on_main_thread(lambda: answered(allowed)))

    def let_go(self) -> None:
        """Before the survey file is closed or opened anew: write what waits of a measurement and
        of a track; both go on afterwards."""
        self.desk.ask(self.at_work.leave)
        self.tracking.leave()

    def keep_awake(self, for_what: object, on: bool) -> None:
        """Whether the screen stays on for something; it does while it does for anything."""
        (self._awake_for.add if on else self._awake_for.discard)(for_what)
        Window.allow_screensaver = not self._awake_for

    # -- words and messages -------------------------------------------------------------------

    @property
    def language(self) -> str:
        return self.settings.language

    def say(self, code: str, **facts: object) -> str:
        """The words of a code in the surveyor's language."""
        return phrase(code, self.language, facts)

    def tell(self, text: str) -> None:
        """A message under the top bar, for some seconds."""
        logging.getLogger("xiangtu").info("told: %s", text)
        self.shell.messages.tell(text)

    def explain(self, error: SurveyError) -> str:
        """The words of an error in the surveyor's language."""
        return explain(error, self.language)

    def tell_refusal(self, error: SurveyError) -> None:
        """Why something was not done, and what to do."""
        self.tell(self.explain(error))

    def tell_fault(self, fault: BaseException) -> None:
        """A fault of the program: a line for the surveyor, the rest into a file for those who
        mend it. What a full or failing card kept from being read is no fault of the program."""
        if isinstance(fault, sqlite3.Error):
            refused = refusal(fault, self.fieldwork.tablet.survey_path)
            if refused is not None:
                self.tell_refusal(refused)
                return
        report = self.folder / _REPORT
        # Where there is no room for it, the surveyor is told all the same.
        with suppress(OSError), report.open("a", encoding="utf-8") as stream:
            stream.write(f"\n{datetime.now().astimezone().isoformat()}\n")
            traceback.print_exception(fault, file=stream)
        self.tell(self.say("app.fault", path=str(report)))

    # -- settings -----------------------------------------------------------------------------

    def change_settings(self, settings: Settings) -> None:
        """Keep other settings, and look and listen as they say, at once."""
        before, self.settings = self.settings, settings
        self.desk.ask(lambda: kept_settings.save(self.folder, settings))
        self.receiver.declared = settings.declared
        if settings.receiver != before.receiver:
            self.receiver.switch(settings.receiver or self.port.own_receiver)
        looks = ("theme", "text_size", "language", "left_handed")
        if any(getattr(before, name) != getattr(settings, name) for name in looks):
            look.apply(self.theme_cls, settings.theme, settings.text_size)
            self.shell.build_anew()

    def _key(self, _window: object, key: int, *_rest: Any) -> bool:
        """Android's back button comes as Escape. A window that lies over the screen takes it:
        Kivy closes those that may be closed anyhow, the others know what it means."""
        if key != 27 or self.absence.locked:
            return key == 27
        window = next((each for each in Window.children if isinstance(each, ModalView)), None)
        if window is None:
            return self.shell.back()
        getattr(window, "back", lambda: None)()
        return True


def _on_main_thread(call: Callable[[], None]) -> None:
    Clock.schedule_once(lambda _dt: call(), 0)
