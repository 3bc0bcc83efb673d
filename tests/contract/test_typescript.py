"""A client generated from the OpenAPI document compiles, and catches what it should."""

import shutil
import subprocess
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent / "typescript"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs/api/openapi.yaml"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the front end with its packages, as the lock file names them."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "package-lock.json", "tsconfig.json", "frontend.ts"):
        shutil.copy(FOLDER / name, folder)
    command = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline"]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if installed.returncode:
        pytest.skip(f"npm cannot fetch its packages: {installed.stderr.strip()[-200:]}")
    return folder


class TestTypeScript:
    def test_compiles_against_the_document(self, packages: Path) -> None:
        generate = ["node_modules/.bin/openapi-typescript", str(DOCUMENT), "--default-non-nullable=false"]
        subprocess.run([*generate, "-o", "build/schema.d.ts"], cwd=packages, capture_output=True, check=True)

        compiled = subprocess.run(
            ["node_modules/.bin/tsc", "-p", "."], cwd=packages, capture_output=True, text=True, check=False
        )

        assert compiled.returncode == 0, compiled.stdout
