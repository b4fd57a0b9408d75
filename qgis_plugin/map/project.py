"""A QGIS project over a survey file: groups, styled layers, forms with code lists, relations."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsBookmark,
    QgsCoordinateReferenceSystem,
    QgsDataProvider,
    QgsDataSourceUri,
    QgsHillshadeRenderer,
    QgsLayerTree,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsReferencedRectangle,
    QgsRelation,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
    QgsWkbTypes,
)
from xiangtu.catalogue.model import COMMON_FIELDS, Catalogue, Label, Layer

from .fonts import chinese_family
from .forms import Surroundings, make_form
from .labels import labelling
from .marks import mark, marked
from .sheet_items import SCALES
from .symbols import SymbolMaker, colour, findings_renderer

#: Groups in drawing order, the topmost first: (name in zh, name in en, layers).
GROUPS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("文物", "Relics", ("relic", "relic_point", "relic_extent")),
    ("地名与设施", "Names and facilities", ("place_name", "facility", "route", "works")),
    ("房屋宅基地", "Houses and homesteads", ("house", "homestead")),
    ("承包地", "Contracted land", ("boundary_point", "boundary_line", "farmland")),
    ("行政村", "Villages", ("village",)),
)
#: Outlines are drawn from this scale on, 1 to …; what is smaller, from the catalogue's scale on,
#: which is the one that labels of outlines begin at too (see labels).
_AREAS_FROM = 50_000
#: What the layer of findings is marked with.
FINDINGS = "findings"
#: Metres around a village that its bookmark shows.
_AROUND_M = 50
#: Layers that are listed but not drawn until someone ticks them.
_UNTICKED = ("boundary_point", "boundary_line", "relic_point", "track")


@dataclass(frozen=True)
class ProjectLayers:
    """The layers of a built project by catalogue name, and the backdrop if there is one."""

    project: QgsProject
    layers: dict[str, QgsVectorLayer]
    backdrop: QgsRasterLayer | None


def build_project(
    survey: Path,
    srid: int,
    catalogue: Catalogue,
    resources: Path,
    *,
    title: str,
    language: str,
    project: QgsProject | None = None,
    elevation: Path | None = None,
) -> ProjectLayers:
    """Put every layer of a survey file into a project.

    Parameters
    ----------
    survey : Path
        The SpatiaLite file; layers are read from it as they are, nothing is copied.
    srid : int
        EPSG code of its geometries, which becomes the project's CRS.
    resources : Path
        The folder with styles/ and icons/.
    project : QgsProject, optional
        Where to build; by default a new one, which the caller keeps.
    elevation : Path, optional
        A raster of heights, shaded beneath everything.
    """
    project = project or QgsProject()
    project.setTitle(title)
    project.setCrs(QgsCoordinateReferenceSystem.fromEpsgId(srid))
    project.setEllipsoid("EPSG:7024")
    project.setFilePathStorage(Qgis.FilePathType.Relative)
    project.viewSettings().setUseProjectScales(True)
    project.viewSettings().setMapScales([float(each) for each in reversed(SCALES)])
    makers = SymbolMaker(catalogue, resources, language)
    family = chinese_family()
    made: dict[str, QgsVectorLayer] = {}
    root = project.layerTreeRoot()
    chinese = language.startswith("zh")
    placed = {name for _, _, names in GROUPS for name in names}
    others = [each.name for each in catalogue.layers.values() if each.name not in placed]
    rest_geometry = [n for n in others if catalogue.layers[n].geometry]
    rest_tables = [
        n
        for n in others
        if not catalogue.layers[n].geometry and not catalogue.layers[n].append_only
    ]
    groups = [
        *GROUPS,
        ("其他图层", "Other layers", tuple(rest_geometry)),
        ("表格", "Tables", tuple(rest_tables)),
    ]
    for chinese_name, english_name, names in groups:
        known = [name for name in names if name in catalogue.layers]
        if not known:
            continue
        group = root.addGroup(chinese_name if chinese else english_name)
        for name in known:
            made[name] = _add_layer(project, group, survey, catalogue, name, language)
        if english_name == "Tables":
            group.setExpanded(False)
    for name, layer in made.items():
        description = catalogue.layers[name]
        renderer = makers.renderer(description)
        if renderer is not None:
            layer.setRenderer(renderer)
            _scale_range(layer, description)
        labels = labelling(description, family)
        if labels is not None:
            layer.setLabeling(labels)
            layer.setLabelsEnabled(True)
    _add_findings(project, root, survey, srid, chinese)
    around = _add_relations(project, catalogue, made, language)
    for name, layer in made.items():
        make_form(layer, catalogue.layers[name], catalogue, around, language)
    if "attachment" in made:
        # A photo is a file and a row: only the program keeps the two together.
        made["attachment"].setReadOnly(True)
    if "village" in made:
        _add_bookmarks(project, made["village"], "行政村" if chinese else "Villages")
    backdrop = _add_backdrop(project, root, elevation, "地形" if chinese else "Terrain")
    return ProjectLayers(project, made, backdrop)


def _add_layer(
    project: QgsProject,
    group: QgsLayerTreeGroup,
    survey: Path,
    catalogue: Catalogue,
    name: str,
    language: str,
) -> QgsVectorLayer:
    description = catalogue.layers[name]
    uri = QgsDataSourceUri()
    uri.setDatabase(str(survey))
    current = '"ended_on" IS NULL' if description.surveyed else ""
    uri.setDataSource("", name, "geometry" if description.geometry else "", current, "fid")
    layer = QgsVectorLayer(uri.uri(), description.label.in_language(language), "spatialite")
    mark(layer, name)
    project.addMapLayer(layer, False)
    node = group.addLayer(layer)
    node.setExpanded(False)
    if name in _UNTICKED:
        node.setItemVisibilityChecked(False)
    return layer


def _scale_range(layer: QgsVectorLayer, description: Layer) -> None:
    scale = description.style.minimum_scale
    if scale:
        if description.geometry == "MULTIPOLYGON":
            scale = max(scale, _AREAS_FROM)
        layer.setScaleBasedVisibility(True)
        layer.setMinimumScale(scale)


def _add_findings(
    project: QgsProject, root: QgsLayerTree, survey: Path, srid: int, chinese: bool
) -> None:
    """The open findings of the last check as points, coloured by how grave they are."""
    uri = QgsDataSourceUri()
    uri.setDatabase(str(survey))
    uri.setDataSource("", "finding", "", "", "")
    table = QgsVectorLayer(uri.uri(), "finding", "spatialite")
    project.addMapLayer(table, False)
    query = (
        "SELECT id, rule, severity, layer, record, measured, detail, "
        f"make_point(x, y, {srid}) AS geometry FROM finding WHERE state = 'open' AND x IS NOT NULL"
    )
    definition = QgsVirtualLayerDefinition()
    definition.addSource("finding", table.id())
    definition.setQuery(query)
    definition.setGeometryField("geometry")
    definition.setGeometryWkbType(QgsWkbTypes.Type.Point)
    definition.setGeometrySrid(srid)
    points = QgsVectorLayer(definition.toString(), "问题" if chinese else "Findings", "virtual")
    points.setRenderer(findings_renderer(chinese))
    mark(points, FINDINGS)
    mark(table, "finding")
    project.addMapLayer(points, False)
    group = root.insertGroup(0, "质量检查" if chinese else "Check")
    group.addLayer(points)
    hidden = group.addLayer(table)
    hidden.setName("问题表" if chinese else "Table of findings")
    group.setExpanded(False)


def _add_relations(
    project: QgsProject, catalogue: Catalogue, made: dict[str, QgsVectorLayer], language: str
) -> Surroundings:
    """Who names whom by uuid, and photos by the record they show; what forms make of it."""
    references: dict[tuple[str, str], QgsRelation] = {}
    parts: dict[str, list[tuple[Label, QgsRelation]]] = {}
    named = [
        (child, field.name, field.references)
        for child in made
        for field in map(partial(catalogue.field_of, child), made[child].fields().names())
        if field is not None and field.references
    ]
    photos = [("attachment", "record", name) for name in made if catalogue.layers[name].surveyed]
    for child, column, parent in [*named, *(photos if "attachment" in made else [])]:
        if parent not in made:
            continue
        photo = (child, column) == ("attachment", "record")
        relation = QgsRelation()
        relation.setId(f"{child}_{column}_{parent}" if photo else f"{child}_{column}")
        label = catalogue.layers[child].label
        relation.setName(
            f"{catalogue.layers[parent].label.in_language(language)} → "
            f"{label.in_language(language)}"
        )
        relation.setReferencingLayer(made[child].id())
        relation.setReferencedLayer(made[parent].id())
        relation.addFieldPair(column, "uuid")
        if not relation.isValid():
            continue
        project.relationManager().addRelation(relation)
        if not photo:
            references[child, column] = relation
        if photo or column not in COMMON_FIELDS:
            parts.setdefault(parent, []).append((label, relation))
    return Surroundings(made, references, parts)


def _add_bookmarks(project: QgsProject, villages: QgsVectorLayer, group: str) -> None:
    """A bookmark a village, by code."""
    for village in sorted(villages.getFeatures(), key=lambda each: str(each["code"])):
        if not village.hasGeometry():
            continue
        extent = village.geometry().boundingBox()
        extent.grow(_AROUND_M)
        bookmark = QgsBookmark()
        bookmark.setName(str(village["name"] or village["code"]))
        bookmark.setGroup(group)
        bookmark.setExtent(QgsReferencedRectangle(extent, villages.crs()))
        project.bookmarkManager().addBookmark(bookmark)


def _add_backdrop(
    project: QgsProject, root: QgsLayerTreeGroup, elevation: Path | None, name: str
) -> QgsRasterLayer | None:
    if elevation is None:
        return None
    layer = QgsRasterLayer(str(elevation), name, "gdal")
    shade = QgsHillshadeRenderer(layer.dataProvider(), 1, 315, 45)
    shade.setZFactor(1.0)
    shade.setMultiDirectional(True)
    layer.setRenderer(shade)
    layer.hueSaturationFilter().setColorizeOn(True)
    layer.hueSaturationFilter().setColorizeColor(colour("#8fae6b"))
    layer.hueSaturationFilter().setColorizeStrength(55)
    layer.brightnessFilter().setBrightness(45)
    layer.brightnessFilter().setContrast(-15)
    # Heights are smoothed before they are shaded; else the cells show as a weave.
    provider = layer.dataProvider()
    provider.enableProviderResampling(True)
    provider.setZoomedInResamplingMethod(provider.ResamplingMethod.Cubic)
    provider.setZoomedOutResamplingMethod(provider.ResamplingMethod.Bilinear)
    layer.setResamplingStage(Qgis.RasterResamplingStage.Provider)
    project.addMapLayer(layer, False)
    root.addLayer(layer)
    return layer


def save_project(project: QgsProject, path: Path) -> bool:
    """Write a .qgz that can be moved with the files beside it; whether it worked.

    QGIS writes the sources of layers relative, but repeats them in full in layer tree, layouts and
    relations, where they would only tell others about this machine.
    """
    if not project.write(str(path)):
        return False
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    beside = f"{path.parent.as_posix()}/".encode()
    fresh = path.with_name(f"{path.name}.new")
    with zipfile.ZipFile(fresh, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content.replace(beside, b"./"))
    fresh.replace(path)
    return True


def note_county(project: QgsProject, county: str) -> None:
    """Note with a project of which county it is, by code."""
    project.writeEntry("xiangtu", "county", county)


def noted_county(project: QgsProject) -> str:
    """The code of the county a project was built for; "" for another project."""
    return str(project.readEntry("xiangtu", "county", "")[0])


def layers_of(project: QgsProject) -> dict[str, QgsVectorLayer]:
    """The county's layers that a project has, by catalogue name, and the findings as FINDINGS."""
    return {
        str(marked(each)): each for each in project.mapLayers().values() if marked(each) is not None
    }


def county_of(project: QgsProject) -> Path | None:
    """The survey file that a project's layers read, None where it has none of a county."""
    village = layers_of(project).get("village")
    return None if village is None else Path(QgsDataSourceUri(village.source()).database())


def read_from(project: QgsProject, survey: Path) -> list[str]:
    """Have a project's layers read another survey file: the county has been moved.

    Returns the names of the layers that cannot be read there either. What a person has changed of
    the project (styles, order, layouts) stays.
    """
    found = layers_of(project)
    # A virtual layer reads another one: it comes to life once that one has.
    for layer in sorted(found.values(), key=lambda each: each.providerType() == "virtual"):
        source = layer.source()
        if layer.providerType() == "spatialite":
            uri = QgsDataSourceUri(source)
            uri.setDatabase(str(survey))
            source = uri.uri()
        elif layer.providerType() != "virtual":
            continue
        options = QgsDataProvider.ProviderOptions()
        layer.setDataSource(source, layer.name(), layer.providerType(), options)
    return [name for name, layer in found.items() if not layer.isValid()]


def invalid_layers(project: QgsProject) -> list[str]:
    """Names of the project's layers that cannot be read."""
    layers: Iterable[QgsMapLayer] = project.mapLayers().values()
    return sorted(each.name() for each in layers if not each.isValid())
