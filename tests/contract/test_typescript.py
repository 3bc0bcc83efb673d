"""Clients typed by the documents of the API and of its sockets compile, and catch what they should."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typescript"
API = Path(__file__).resolve().parents[2] / "docs/api"
# What is generated, and from which document.
TYPES = {"schema": "openapi.yaml", "sockets": "sockets.json"}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the front end with its packages, as the lock file names them."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "package-lock.json", "tsconfig.json", "frontend.ts", "sockets.ts"):
        shutil.copy(FOLDER / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"npm cannot fetch its packages: {installed.stderr.strip()[-200:]}")
    return folder


class TestTypeScript:
    def test_compiles_against_the_documents(self, packages: Path) -> None:
        for name, document in TYPES.items():
            generate = ["node_modules/.bin/openapi-typescript", str(API / document), "--default-non-nullable=false"]
            subprocess.run([*generate, "-o", f"build/{name}.d.ts"], cwd=packages, capture_output=True, check=True)

        compiled = subprocess.run(
            ["node_modules/.bin/tsc", "-p", "."], cwd=packages, capture_output=True, text=True, check=False
        )

        assert compiled.returncode == 0, compiled.stdout
