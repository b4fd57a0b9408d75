"""Fixtures every test may use."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real files nobody here made; they lie beside the checkout."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"real test data is not beside the checkout ({SHARED_DATA})")
    return SHARED_DATA
