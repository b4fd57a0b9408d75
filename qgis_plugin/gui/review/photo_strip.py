"""The photos of what is to be decided: small ones in a row, each large on a click."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication, QSize, Qt
from qgis.PyQt.QtGui import QIcon, QImage, QImageReader, QPixmap
from qgis.PyQt.QtWidgets import QDialog, QLabel, QListWidget, QListWidgetItem, QVBoxLayout
from xiangtu.merge.evidence import Photo

translate = QCoreApplication.translate

_SMALL, _LARGE = QSize(112, 84), QSize(1200, 900)
#: So many photos are shown; a record seldom has more than a dozen.
_SHOWN = 40
_PHOTO = Qt.ItemDataRole.UserRole


class Thumbnail(NamedTuple):
    """A photo with its small picture, null where the file is lost or is no picture."""

    photo: Photo
    picture: QImage


def thumbnails(photos: Sequence[Photo]) -> list[Thumbnail]:
    """Small pictures of photos; slow, so not for the main thread."""
    return [Thumbnail(each, _read(each, _SMALL)) for each in photos[:_SHOWN]]


class PhotoStrip(QListWidget):
    """One picture each with what is said below it."""

    def __init__(self) -> None:
        super().__init__()
        self.setViewMode(QListWidget.ViewMode.IconMode)
        self.setFlow(QListWidget.Flow.LeftToRight)
        self.setWrapping(False)
        self.setMovement(QListWidget.Movement.Static)
        self.setIconSize(_SMALL)
        self.setFixedHeight(_SMALL.height() + 48)
        self.itemClicked.connect(self._open)
        self.hide()

    def fill(self, pictures: Sequence[tuple[Thumbnail, str]]) -> None:
        """Show pictures with their words; nothing is seen where there are none."""
        self.clear()
        for thumbnail, words in pictures:
            item = QListWidgetItem(words)
            if thumbnail.picture.isNull():
                item.setText(words + "\n" + translate("Xiangtu", "(no picture)"))
            else:
                item.setIcon(QIcon(QPixmap.fromImage(thumbnail.picture)))
            item.setToolTip(thumbnail.photo.caption or words)
            item.setData(_PHOTO, thumbnail.photo)
            self.addItem(item)
        self.setVisible(bool(pictures))

    def _open(self, item: QListWidgetItem) -> None:
        picture = _read(item.data(_PHOTO), _LARGE)
        if picture.isNull():
            return
        dialog = QDialog(self)
        dialog.setObjectName("photo")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(item.text().replace("\n", " · "))
        label = QLabel()
        label.setPixmap(QPixmap.fromImage(picture))
        QVBoxLayout(dialog).addWidget(label)
        dialog.open()


def _read(photo: Photo, within: QSize) -> QImage:
    """The picture, upright, no larger than that; it is made small while it is decoded."""
    if photo.path is None:
        return QImage()
    reader = QImageReader(str(photo.path))
    # An attachment bears its hash as its name: nothing says what it is but its first bytes.
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and (size.width() > within.width() or size.height() > within.height()):
        reader.setScaledSize(size.scaled(within, Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()
