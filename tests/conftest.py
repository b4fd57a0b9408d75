"""Fixtures every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# QGIS is started before the first test, on machines without a screen too.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files nobody here made; they lie beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real test data is not beside the checkout ({SHARED_DATA})")
    return SHARED_DATA
