"""Behaviour of real processes; the slowest stories first, so that at the end no worker waits for one of them."""

from pathlib import Path

import pytest

BEHAVIOUR = Path(__file__).parent
WHOLE_TOWNS = (BEHAVIOUR / "town", BEHAVIOUR / "demo")  # a minute or two each


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Workers take files in this order (`--no-loadscope-reorder`); by number of tests the longest would come last."""
    items.sort(key=lambda item: not any(item.path.is_relative_to(folder) for folder in WHOLE_TOWNS))


@pytest.fixture(scope="session")
def clip_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips are encoded once for all tests of this process."""
    return tmp_path_factory.mktemp("clips")
