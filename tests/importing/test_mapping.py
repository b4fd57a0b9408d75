"""Mapping files, and matching by name where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xiangtu import catalogue
from xiangtu.errors import BadFile, BadInput
from xiangtu.importing import mapping as mappings
from xiangtu.importing.mapping import ImportMapping, Source

FARMLAND = catalogue.load().layer("farmland")


def resolve(mapping: ImportMapping, *columns: str) -> dict[str, Source]:
    return mappings.resolve(mapping, catalogue.load(), FARMLAND, columns)


def test_a_mapping_file_is_read_whole(tmp_path: Path):
    path = tmp_path / "map.toml"
    path.write_text(
        """
        layer = "farms"
        crs = 4527
        encoding = "GBK"
        misfits = "blank"
        [position]
        x = "东"
        y = "北"
        [fields]
        code = "DKBM"
        state = { constant = "surveyed" }
        land_use = { column = "DL", values = { "旱地" = "0103" } }
        """,
        encoding="utf-8",
    )
    assert mappings.load(path) == ImportMapping(
        "farms",
        "EPSG:4527",
        "GBK",
        "东",
        "北",
        {
            "code": Source("DKBM"),
            "state": Source(constant="surveyed"),
            "land_use": Source("DL", values={"旱地": "0103"}),
        },
        "blank",
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("crs = ", "mapping.damaged"),
        ("colour = 'red'", "mapping.key_unknown"),
        ("[position]\nx = 'E'", "mapping.position_half"),
        ("[position]\nz = 'H'\nx = 'E'\ny = 'N'", "mapping.key_unknown"),
        ("misfits = 'ignore'", "mapping.misfits"),
        ("encoding = 5", "mapping.wrong_type"),
        ("fields = 5", "mapping.wrong_type"),
        ("[fields]\ncode = 5", "mapping.wrong_type"),
        ("[fields]\ncode = { column = 'a', constant = 'b' }", "mapping.column_or_constant"),
        ("[fields]\ncode = { colum = 'a' }", "mapping.key_unknown"),
    ],
)
def test_a_mistake_in_a_mapping_file_is_refused(tmp_path: Path, text: str, code: str):
    path = tmp_path / "map.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        mappings.load(path)
    assert refused.value.code == code


def test_a_missing_mapping_file_is_named(tmp_path: Path):
    with pytest.raises(BadFile) as refused:
        mappings.load(tmp_path / "none.toml")
    assert refused.value.facts["path"].endswith("none.toml")


def test_columns_are_found_by_name_official_name_and_label():
    found = resolve(ImportMapping(), "CODE", "dkmc", "土地利用类型", "Irrigation", "unrelated")
    assert {target: source.column for target, source in found.items()} == {
        "code": "CODE",
        "name": "dkmc",
        "land_use": "土地利用类型",
        "irrigation": "Irrigation",
    }


def test_names_cut_to_ten_letters_by_a_shapefile_are_found():
    found = resolve(ImportMapping(), "slope_clas", "neighbour_")
    assert found["slope_class"].column == "slope_clas"


def test_a_column_goes_to_one_field_only():
    found = resolve(ImportMapping(), "name", "DKMC")
    assert found["name"].column == "name"
    assert [source.column for source in found.values()].count("DKMC") == 0


def test_a_field_that_the_layer_does_not_have_is_refused():
    with pytest.raises(BadInput, match=r"mapping\.target_unknown"):
        resolve(ImportMapping(fields={"colour": Source("a")}), "a")


def test_derived_fields_cannot_be_imported():
    with pytest.raises(BadInput, match=r"mapping\.target_unknown"):
        resolve(ImportMapping(fields={"area_m2": Source("a")}), "a")


def test_a_column_that_the_source_does_not_have_is_refused():
    with pytest.raises(BadInput, match=r"mapping\.column_unknown"):
        resolve(ImportMapping(fields={"code": Source("DKBM")}), "a")


_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_VALUES = _TEXTS | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
_SOURCES = st.builds(
    lambda name, values: Source(column=name, values=values),
    _TEXTS,
    st.dictionaries(_TEXTS, _VALUES, max_size=3),
) | st.builds(lambda value: Source(constant=value), _VALUES)
_SAID = st.none() | _TEXTS
_MAPPINGS = st.builds(
    lambda said, place, fields, misfits: ImportMapping(*said, *place, fields, misfits),
    st.tuples(_SAID, _SAID, _SAID),
    st.just((None, None)) | st.tuples(_TEXTS, _TEXTS),
    st.none() | st.dictionaries(st.sampled_from(list(FARMLAND.fields)), _SOURCES, max_size=5),
    st.sampled_from(["refuse", "blank"]),
)


@given(_MAPPINGS)
def test_a_saved_mapping_is_read_as_it_was(tmp_path_factory, mapping: ImportMapping):
    path = tmp_path_factory.mktemp("saved") / "map.toml"
    mappings.save(path, mapping)
    assert mappings.load(path) == mapping


def test_a_mapping_is_never_saved_over_another(tmp_path: Path):
    path = tmp_path / "map.toml"
    mappings.save(path, ImportMapping(layer="farms"))
    with pytest.raises(BadInput) as refusal:
        mappings.save(path, ImportMapping())
    assert refusal.value.code == "file.exists"
    assert mappings.load(path).layer == "farms"
