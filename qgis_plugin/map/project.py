"""A QGIS project over a survey file: groups, styled layers, forms with code lists, relations."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from qgis.core import (
    Qgis,
    QgsCoordinateReferenceSystem,
    QgsDataSourceUri,
    QgsEditorWidgetSetup,
    QgsHillshadeRenderer,
    QgsLayerTree,
    QgsLayerTreeGroup,
    QgsMapLayer,
    QgsProject,
    QgsRasterLayer,
    QgsRelation,
    QgsVectorLayer,
    QgsVirtualLayerDefinition,
    QgsWkbTypes,
)
from xiangtu.catalogue.model import Catalogue, Layer

from .fonts import chinese_family
from .labels import labelling
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
    _add_relations(project, catalogue, made, language)
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
    _describe_fields(layer, catalogue, description, language)
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


def _describe_fields(
    layer: QgsVectorLayer, catalogue: Catalogue, description: Layer, language: str
) -> None:
    """Column names in the person's language, code lists as drop-downs, derived ones locked."""
    form = layer.editFormConfig()
    for index, column in enumerate(layer.fields().names()):
        field = catalogue.field_of(description.name, column)
        if field is None:
            if column in ("fid", "uuid"):
                form.setReadOnly(index, True)
            elif column.endswith("_secret"):
                layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("Hidden", {}))
            continue
        layer.setFieldAlias(index, field.label.in_language(language))
        if field.derived:
            form.setReadOnly(index, True)
        if field.code_list and field.type == "code":
            codes = catalogue.code_lists[field.code_list].codes.values()
            entries = [{f"{each.code} {each.label.in_language(language)}": each.code}
                       for each in codes]  # fmt: skip
            layer.setEditorWidgetSetup(index, QgsEditorWidgetSetup("ValueMap", {"map": entries}))
    layer.setEditFormConfig(form)
    if description.title_field:
        layer.setDisplayExpression(f'"{description.title_field}"')


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
    definition.setGeometryWkbType(QgsWkbTypes.Point)
    definition.setGeometrySrid(srid)
    points = QgsVectorLayer(definition.toString(), "检查发现" if chinese else "Findings", "virtual")
    points.setRenderer(findings_renderer(chinese))
    project.addMapLayer(points, False)
    group = root.insertGroup(0, "质量检查" if chinese else "Check")
    group.addLayer(points)
    hidden = group.addLayer(table)
    hidden.setName("检查发现表" if chinese else "Table of findings")
    group.setExpanded(False)


def _add_relations(
    project: QgsProject, catalogue: Catalogue, made: dict[str, QgsVectorLayer], language: str
) -> None:
    manager = project.relationManager()
    for name, layer in made.items():
        description = catalogue.layers[name]
        for each in description.relations:
            parent = made.get(each.parent)
            if parent is None:
                continue
            relation = QgsRelation()
            relation.setId(f"{name}_{each.field}")
            relation.setName(
                f"{catalogue.layers[each.parent].label.in_language(language)} → "
                f"{description.label.in_language(language)}"
            )
            relation.setReferencingLayer(layer.id())
            relation.setReferencedLayer(parent.id())
            relation.addFieldPair(each.field, "uuid")
            if relation.isValid():
                manager.addRelation(relation)


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


def invalid_layers(project: QgsProject) -> list[str]:
    """Names of the project's layers that cannot be read."""
    layers: Iterable[QgsMapLayer] = project.mapLayers().values()
    return sorted(each.name() for each in layers if not each.isValid())
