"""The files of production, read as compose reads them."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

HOME = Path(__file__).resolve().parents[2]
VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def filled_in(text: str, environment: Mapping[str, str]) -> str:
    """``${NAME:-default}`` replaced, as compose does; a variable without default and value stays empty."""
    return VARIABLE.sub(lambda found: environment.get(found[1]) or found[2] or "", text)


@pytest.fixture(scope="session")
def text() -> str:
    return (HOME / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def composed(text) -> dict:
    return yaml.safe_load(filled_in(text, {}))


@pytest.fixture(scope="session")
def services(composed) -> dict[str, dict]:
    return composed["services"]


@pytest.fixture(scope="session")
def dockerfiles() -> dict[str, str]:
    return {
        path.parent.name: path.read_text(encoding="utf-8") for path in sorted((HOME / "deploy").glob("*/Dockerfile"))
    }


@pytest.fixture(scope="session")
def engine() -> None:
    """Skips, and says so, where no engine of containers answers."""
    import shutil
    import subprocess

    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        pytest.skip(
            f"no engine of containers answers here (DOCKER_HOST={os.environ.get('DOCKER_HOST', '')}); make compose-test starts one"
        )
