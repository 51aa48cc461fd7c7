from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def clip_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Clips are encoded once for all tests of this process."""
    return tmp_path_factory.mktemp("clips")
