"""A new assignment: whose, where, what, and what it would hold before it is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsCollapsibleGroupBox, QgsFileWidget
from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.catalogue import Catalogue, Layer
from xiangtu.errors import Cancelled, SurveyError
from xiangtu.merge.titles import titles
from xiangtu.package.foresight import Foresight, foresee
from xiangtu.package.who_has_what import (
    Overlap,
    TabletAtWork,
    VillageAtWork,
    overlaps,
)
from xiangtu.words import explain

from ...tasks.core_task import CoreTask, Progress
from ..desk import CountyDesk
from ..words import local_time, size_text
from .basemap_dialog import BasemapDialog
from .save_button import SaveButton, file_name
from .village_picker import VillagePicker

translate = QCoreApplication.translate

#: Milliseconds without a change before what the assignment would hold is worked out.
_SETTLED_MS = 300
_LIST_PX = 110
_WITH_EVERYTHING = "village"


@dataclass(frozen=True)
class County:
    """What the form offers: tablets and villages at work, campaigns (uuid, name), layers."""

    path: Path
    srid: int
    tablets: tuple[TabletAtWork, ...]
    villages: tuple[VillageAtWork, ...]
    campaigns: Sequence[tuple[str, str]]
    catalogue: Catalogue


class AssignmentForm(QWidget):
    """Keeps what was chosen when the county is read anew."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self.desk = desk
        self._county: County | None = None
        self._task: CoreTask[object] | None = None
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._foresee)
        column = QVBoxLayout(self)
        form = QFormLayout()
        self.tablet = QComboBox()
        self.surveyor = QComboBox()
        self.surveyor.setEditable(True)
        self.campaign = QComboBox()
        form.addRow(translate("Xiangtu", "Tablet"), self.tablet)
        form.addRow(translate("Xiangtu", "Surveyor"), self.surveyor)
        form.addRow(translate("Xiangtu", "Campaign"), self.campaign)
        column.addLayout(form)
        self.villages = VillagePicker(desk.iface.mapCanvas())
        column.addWidget(self.villages, 1)
        self.layers_box = QgsCollapsibleGroupBox(translate("Xiangtu", "Layers, with their parts"))
        inside = QVBoxLayout(self.layers_box)
        self.layers = QListWidget()
        self.layers.setMinimumHeight(_LIST_PX)
        inside.addWidget(self.layers)
        self.layers_box.setCollapsed(True)
        column.addWidget(self.layers_box)
        self.basemap = QgsFileWidget()
        self.basemap.setFilter("MBTiles (*.mbtiles)")
        self.from_map = QPushButton(translate("Xiangtu", "From the map…"))
        self.from_map.clicked.connect(self._ask_for_basemap)
        row = QHBoxLayout()
        row.addWidget(QLabel(translate("Xiangtu", "Basemap")))
        row.addWidget(self.basemap, 1)
        row.addWidget(self.from_map)
        column.addLayout(row)
        self.overlaps = QLabel()
        self.holds = QLabel()
        for each in (self.overlaps, self.holds):
            each.setWordWrap(True)
            column.addWidget(each)
        font = self.overlaps.font()
        font.setBold(True)
        self.overlaps.setFont(font)
        self.sent_back = QgsCollapsibleGroupBox()
        inside = QVBoxLayout(self.sent_back)
        self.sent_back_list = QListWidget()
        self.sent_back_list.setMaximumHeight(_LIST_PX)
        inside.addWidget(self.sent_back_list)
        self.sent_back.setCollapsed(True)
        self.sent_back.hide()
        column.addWidget(self.sent_back)
        self.write = SaveButton(
            translate("Xiangtu", "Hand out"),
            translate("Xiangtu", "Assignment (*.xta)"),
            self._suggested,
        )
        self.write.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        column.addWidget(self.write)
        self.tablet.currentIndexChanged.connect(lambda _index: self._recall_surveyor())
        self.tablet.currentIndexChanged.connect(lambda _index: self._changed())
        self.surveyor.editTextChanged.connect(lambda _text: self._enable())
        self.campaign.currentIndexChanged.connect(lambda _index: self._changed())
        self.villages.changed.connect(self._changed)
        self.layers.itemChanged.connect(lambda _item: self._changed())
        self.basemap.fileChanged.connect(lambda _path: self._changed())

    def show_county(self, county: County) -> None:
        """Offer what this county has; of what was chosen, keep what is still there."""
        device, campaign = self.tablet.currentData(), self.campaign.currentData()
        surveyor = self.surveyor.currentText()
        if self._county is not None and self._county.path != county.path:
            surveyor = ""
            self.villages.pick((), only=True)
            self.basemap.setFilePath("")
        same_layers = (
            self._county is not None and self._county.catalogue.version == county.catalogue.version
        )
        self._county = None  # nothing is worked out while it is filled
        self._fill(
            self.tablet,
            [
                (each.device.id, each.device.name)
                for each in county.tablets
                if each.device.retired_at is None
            ],
            device,
        )
        self._fill(self.campaign, county.campaigns, campaign)
        people = [
            each.surveyor for tablet in county.tablets for each in reversed(tablet.assignments)
        ]
        self.surveyor.clear()
        self.surveyor.addItems(list(dict.fromkeys(people)))
        self.surveyor.setEditText(surveyor)
        if not same_layers:
            self._fill_layers(county.catalogue)
        names: dict[str, list[str]] = {}
        for tablet in county.tablets:
            for code in dict.fromkeys(
                code for each in tablet.assignments for code in each.villages
            ):
                names.setdefault(code, []).append(tablet.device.name)
        self.villages.show_villages(
            county.villages,
            QgsCoordinateReferenceSystem.fromEpsgId(county.srid),
            {code: ", ".join(each) for code, each in names.items()},
        )
        self._county = county
        if not surveyor:
            self._recall_surveyor()
        self._changed()

    def _fill(self, box: QComboBox, rows: Sequence[tuple[str, str]], chosen: object) -> None:
        box.clear()
        for data, text in rows:
            box.addItem(text, data)
        box.setCurrentIndex(max(box.findData(chosen), 0 if rows else -1))

    def _fill_layers(self, catalogue: Catalogue) -> None:
        self.layers.clear()
        language = self.desk.language
        for layer in catalogue.layers.values():
            if not layer.surveyed or layer.compositions or layer.name == _WITH_EVERYTHING:
                continue
            item = QListWidgetItem(layer.label.in_language(language))
            item.setData(Qt.ItemDataRole.UserRole, layer.name)
            item.setCheckState(Qt.CheckState.Checked)
            parts = [each.label.in_language(language) for each in _parts(catalogue, layer)]
            item.setToolTip(", ".join(parts))
            self.layers.addItem(item)

    def _recall_surveyor(self) -> None:
        """Whoever had the tablet last goes out with it again, unless the person says otherwise."""
        tablet = self._tablet()
        if tablet is not None and tablet.assignments:
            self.surveyor.setEditText(tablet.assignments[-1].surveyor)

    def _tablet(self) -> TabletAtWork | None:
        device = self.tablet.currentData()
        tablets = self._county.tablets if self._county is not None else ()
        return next((each for each in tablets if each.device.id == device), None)

    # -- what was chosen ----------------------------------------------------------------------

    def chosen_layers(self) -> list[str] | None:
        """Names of the layers that are ticked; None for all."""
        items = [self.layers.item(row) for row in range(self.layers.count())]
        ticked = [each for each in items if each.checkState() == Qt.CheckState.Checked]
        if len(ticked) == len(items):
            return None
        return [each.data(Qt.ItemDataRole.UserRole) for each in ticked]

    def words(self, out: Path) -> list[str]:
        """The command that hands out what was chosen, as it would be typed."""
        basemap, campaign = self.basemap.filePath(), self.campaign.currentData()
        return [
            "assign",
            f"--device={self.tablet.currentData()}",
            f"--surveyor={self.surveyor.currentText().strip()}",
            *(f"--village={code}" for code in self.villages.codes()),
            *(f"--layer={name}" for name in self.chosen_layers() or ()),
            *([f"--basemap={basemap}"] if basemap else []),
            *([f"--campaign={campaign}"] if campaign else []),
            f"--author={self.desk.author}",
            "--",
            str(self._county.path if self._county else ""),
            str(out),
        ]

    def written(self) -> None:
        """The assignment is written: the next one begins without villages."""
        self.villages.pick((), only=True)

    def _suggested(self) -> str:
        tablet = self._tablet()
        assert tablet is not None, "the button is off without a tablet"
        number = tablet.assignments[-1].number + 1 if tablet.assignments else 1
        return f"{file_name(tablet.device.name)}-{number}.xta"

    # -- what it would hold -------------------------------------------------------------------

    def _changed(self) -> None:
        if self._county is None:
            return
        self._say_overlaps()
        self._enable()
        self.sent_back.hide()
        if not self.villages.codes():
            self._settled.stop()
            self._leave_task()
            self.holds.setText(translate("Xiangtu", "Pick villages in the list or on the map."))
            return
        if self.chosen_layers() == []:
            self._settled.stop()
            self._leave_task()
            self.holds.setText(translate("Xiangtu", "Tick a layer at least."))
            return
        self.holds.setText(translate("Xiangtu", "Looking at what goes along…"))
        self._settled.start()

    def _enable(self) -> None:
        self.write.setEnabled(
            self._county is not None
            and self.tablet.currentData() is not None
            and bool(self.surveyor.currentText().strip())
            and bool(self.villages.codes())
            and self.chosen_layers() != []
        )

    def _say_overlaps(self) -> None:
        county = self._county
        assert county is not None
        names = {each.code: each.name for each in county.villages}
        layers = self.chosen_layers()
        found = overlaps(
            county.tablets,
            self.tablet.currentData() or "",
            self.villages.codes(),
            list(county.catalogue.layers) if layers is None else layers,
            self.campaign.currentData(),
        )
        self.overlaps.setText("\n".join(_overlap(each, names) for each in found))
        self.overlaps.setVisible(bool(found))

    def _leave_task(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _foresee(self) -> None:
        self._leave_task()
        county = self._county
        if county is None:
            return
        villages, layers = self.villages.codes(), self.chosen_layers()
        basemap = Path(self.basemap.filePath()) if self.basemap.filePath() else None

        def work(progress: Progress) -> tuple[Foresight, dict[str, str]]:
            with store.open(county.path) as file:
                seen = foresee(file, villages, layers, basemap, progress)
                return seen, titles(file, [(each.layer, each.uuid) for each in seen.sent_back])

        def done(found: tuple[Foresight, dict[str, str]]) -> None:
            if self._task is task:
                self._task = None
                self._show(county, *found)

        def refused(refusal: SurveyError) -> None:
            if self._task is task and not isinstance(refusal, Cancelled):
                self._task = None
                self.holds.setText(explain(refusal, self.desk.language))

        task = self.desk.run(
            translate("Xiangtu", "What goes along"), work, done, refused=refused
        )  # fmt: skip
        self._task = task

    def _show(self, county: County, seen: Foresight, called: dict[str, str]) -> None:
        self.holds.setText(
            translate(
                "Xiangtu", "{records} records and {findings} findings go along, about {size}."
            ).format(
                records=sum(seen.counts.values()),
                findings=seen.findings,
                size=size_text(seen.size_bytes),
            )
        )
        self.holds.setToolTip(
            "\n".join(
                f"{county.catalogue.layers[name].label.in_language(self.desk.language)}: {count}"
                for name, count in seen.counts.items()
            )
        )
        self.sent_back.setTitle(
            translate("Xiangtu", "Records returned: {count}").format(count=len(seen.sent_back))
        )
        self.sent_back_list.clear()
        for each in seen.sent_back:
            layer = county.catalogue.layers[each.layer].label.in_language(self.desk.language)
            self.sent_back_list.addItem(
                translate("Xiangtu", "{layer} {title} · findings: {count}").format(
                    layer=layer, title=called.get(each.uuid, each.uuid[:8]), count=each.findings
                )
            )
        self.sent_back.setVisible(bool(seen.sent_back))

    # -- the basemap --------------------------------------------------------------------------

    def _ask_for_basemap(self) -> None:
        if self._county is None:
            return
        degrees = QgsCoordinateReferenceSystem.fromEpsgId(4326)
        codes = self.villages.codes()
        name = file_name("-".join([*codes[:1], *codes[1:][-1:]]) or "basemap")
        dialog = BasemapDialog(
            self,
            self.desk,
            self.villages.around(degrees),
            self._county.path.with_name(f"{name}.mbtiles"),
        )
        dialog.made.connect(lambda path: self.basemap.setFilePath(str(path)))
        dialog.open()


def _parts(catalogue: Catalogue, layer: Layer) -> list[Layer]:
    """The layers of a layer's parts, to any depth."""
    found: list[Layer] = []
    for each in catalogue.layers.values():
        if any(relation.parent == layer.name for relation in each.compositions):
            found += [each, *_parts(catalogue, each)]
    return found


def _overlap(each: Overlap, villages: dict[str, str]) -> str:
    facts = {
        "tablet": each.tablet.name,
        "surveyor": each.assignment.surveyor,
        "villages": ", ".join(villages.get(code, code) for code in each.villages),
        "day": local_time(each.assignment.made_at)[:10],
    }
    if each.assignment.came_back_at is None:
        return translate(
            "Xiangtu", "{tablet} ({surveyor}) has {villages} since {day}; nothing came back yet."
        ).format(**facts)
    return translate(
        "Xiangtu", "{tablet} ({surveyor}) has {villages} since {day}; its last package: {back}."
    ).format(back=local_time(each.assignment.came_back_at)[:10], **facts)
