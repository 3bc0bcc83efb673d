"""The locks install as they are: complete, with nothing left to resolve, by the pip that comes with Python."""

import base64
import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = ("markets", "models", "parquet")
PIN = re.compile(r"^([a-z0-9.-]+)(\[[^\]]*\])?==(\S+)", re.MULTILINE)


def pins(*locks: str) -> dict[str, str]:
    """Return the version of each package in the locks."""
    return {name: version for lock in locks for name, _, version in PIN.findall((ROOT / lock).read_text())}


def needs(name: str, extras: Sequence[str]) -> Iterator[Requirement]:
    """Yield what an installed package needs here, with these of its extras."""
    for line in importlib.metadata.requires(name) or ():
        requirement = Requirement(line)
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
            yield requirement


class TestLocks:
    @pytest.mark.parametrize(
        "locks",
        [
            ("requirements.txt",),
            *(("requirements.txt", f"requirements-{extra}.txt") for extra in EXTRAS),
            ("requirements-dev.txt",),
        ],
        ids=lambda locks: locks[-1],
    )
    def test_hold_everything_that_their_packages_need(self, locks: tuple[str, ...]) -> None:
        pinned = pins(*locks)
        seen: set[tuple[str, str]] = set()
        ahead = [(name, "") for name in pinned]
        while ahead:
            name, extra = ahead.pop()
            for requirement in needs(name, [extra] if extra else []):
                needed = canonicalize_name(requirement.name)
                assert needed in pinned, f"{name} needs {requirement}, which {locks} lacks"
                assert requirement.specifier.contains(pinned[needed], prereleases=True), f"{name} needs {requirement}"
                ahead += [(needed, wanted) for wanted in requirement.extras if (needed, wanted) not in seen]
                seen.update((needed, wanted) for wanted in requirement.extras)

    def test_name_one_version_of_each_package(self) -> None:
        everything = pins("requirements-dev.txt")

        for lock in ("requirements.txt", *(f"requirements-{extra}.txt" for extra in EXTRAS)):
            assert pins(lock).items() <= everything.items(), lock

    def test_hold_a_hash_of_every_package(self) -> None:
        for lock in ROOT.glob("requirements*.txt"):
            entries = re.split(r"\n(?=[a-z0-9])", lock.read_text().strip())

            assert [entry for entry in entries if "--hash=sha256:" not in entry] == [], lock.name

    def test_what_is_tested_is_what_is_locked(self) -> None:
        installed = {name: importlib.metadata.version(name) for name in pins("requirements.txt")}

        assert installed == pins("requirements.txt"), "run `make tools`"

    @pytest.mark.parametrize("file", ["Makefile", "Dockerfile", "backtest_engine/extras.py"])
    def test_are_installed_without_resolving_anything(self, file: str) -> None:
        text = (ROOT / file).read_text().replace("\\\n", " ")
        commands = re.findall(r"pip install\b.*", text)

        assert commands
        assert all("--no-deps" in command and "--require-hashes" in command for command in commands)


def wheel(index: Path, name: str, version: str, *needs: str) -> str:
    """Put a tiny package into an index of files; return its line of a lock."""
    file = index / f"{name}-{version}-py3-none-any.whl"
    extras = sorted(set(re.findall(r"extra == '(\w+)'", " ".join(needs))))
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    metadata += [f"Provides-Extra: {extra}" for extra in extras] + [f"Requires-Dist: {need}" for need in needs]
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(metadata) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with zipfile.ZipFile(file, "w") as archive:
        record = []
        for path, text in files.items():
            archive.writestr(path, text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip("=")
            record.append(f"{path},sha256={digest},{len(text)}")
        archive.writestr(f"{info}/RECORD", "\n".join([*record, f"{info}/RECORD,,"]) + "\n")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The Makefile beside a lock of made-up packages, of which the index has newer releases that need more."""
    index, clone = tmp_path / "index", tmp_path / "clone"
    clone.mkdir()
    index.mkdir()
    shutil.copy(ROOT / "Makefile", clone)
    for folder in ("algoagent", "strategy_api", "backtest_engine"):
        (clone / folder).mkdir()
    (clone / "algoagent" / "environment.py").touch()
    (clone / ".env.example").touch()
    lock = [
        wheel(index, "client", "1.0", "auth[online]>=1.0"),
        wheel(index, "auth", "1.0", "transport>=1.0; extra == 'online'"),
        wheel(index, "transport", "1.0"),
    ]
    # What a lock of yesterday knows nothing of.
    wheel(index, "auth", "2.0", "transport>=2.0; extra == 'online'", "other; extra == 'online'")
    wheel(index, "transport", "2.0")
    wheel(index, "other", "1.0")
    (clone / "requirements.txt").write_text("\n".join(lock) + "\n")
    return clone


def run(clone: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command that can reach the made-up index and nothing else."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "MAKE", "VIRTUAL_ENV"))}
    own |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(clone.parent / "index"),
        "PIP_CACHE_DIR": str(clone.parent / "cache"),
    }
    return subprocess.run(command, cwd=clone, env=own, capture_output=True, text=True, check=False)


class TestOwnPip:
    """What `make setup` does with the pip that Python brings along: 23.2.1 with Python 3.11.5 to 3.11.7."""

    # It makes a whole environment, as a newcomer does.
    @pytest.mark.timeout(900)
    def test_installs_a_lock_that_newer_releases_would_not_satisfy_and_notices_what_it_lacks(self, clone: Path) -> None:
        make = ("make", "setup", f"PYTHON={Path(sys.base_prefix, 'bin', 'python3.11')}")
        python = str(clone / ".venv" / "bin" / "python")
        lock, stamp = clone / "requirements.txt", clone / ".venv" / ".runtime"
        whole = lock.read_text()
        lock.write_text("".join(line for line in whole.splitlines(keepends=True) if not line.startswith("auth")))

        lacking = run(clone, *make)
        assert lacking.returncode != 0
        assert "client 1.0 requires auth, which is not installed" in lacking.stdout + lacking.stderr
        assert not stamp.exists()

        lock.write_text(whole)
        made = run(clone, *make)
        assert made.returncode == 0, made.stdout + made.stderr
        assert stamp.exists()
        listed = run(clone, python, "-m", "pip", "freeze", "--all").stdout.split()
        assert {"client==1.0", "auth==1.0", "transport==1.0"} <= set(listed)

        # The fault that this guards against, with a pip that has it.
        resolving = ("install", "--dry-run", "--ignore-installed", "--require-hashes", "-r", "requirements.txt")
        resolved = run(clone, python, "-m", "pip", *resolving)
        if "pip==23.2.1" in listed:
            assert "must have their versions pinned with ==" in resolved.stderr
