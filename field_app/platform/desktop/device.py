"""Signals on a desktop: a sound, where it has a loudspeaker."""

from __future__ import annotations

from kivy.core.audio import Sound, SoundLoader
from xiangtu.catalogue.loader import resources_folder

from ..device import DevicePort


class DesktopDevice(DevicePort):
    """Plays the sounds of resources/sounds."""

    def __init__(self) -> None:
        self._sounds: dict[str, Sound | None] = {}

    def taken(self) -> None:
        self._play("taken")

    def lost(self) -> None:
        self._play("lost")

    def _play(self, name: str) -> None:
        if name not in self._sounds:
            path = resources_folder() / "sounds" / f"{name}.wav"
            self._sounds[name] = SoundLoader.load(str(path))
        sound = self._sounds[name]
        if sound is not None:
            sound.play()
