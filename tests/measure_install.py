"""`make measure-install`: what an installation takes, in a fresh clone, with an empty cache and a home of its own.

Runs with any Python 3.11 and nothing installed. The last line is JSON.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("markets", "models", "parquet", "fast")
MEGABYTE = 1_000_000


def run(*command: str, environment: Mapping[str, str], cwd: Path) -> tuple[float, float]:
    """Run a command; return the seconds it took, and those of a processor, which other work does not change."""
    start, used = time.monotonic(), processor_seconds()
    subprocess.run(command, cwd=cwd, env=dict(environment), check=True, stdout=subprocess.DEVNULL)
    return round(time.monotonic() - start, 1), round(processor_seconds() - used, 1)


def processor_seconds() -> float:
    """Return what ended child processes used so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def size(folder: Path) -> float:
    """Return megabytes of all files below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return round(sum(path.stat().st_size for path in files) / MEGABYTE, 1)


def download(python: str, lock: str, into: Path, environment: Mapping[str, str], clone: Path) -> dict[str, float]:
    """Fetch the wheels of a lock; return their size and how long that took."""
    pip = (python, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", "--no-cache-dir")
    seconds, _ = run(*pip, "-r", lock, "-d", str(into), environment=environment, cwd=clone)
    return {"downloaded_mb": size(into), "download_seconds": seconds}


def measure(folder: Path) -> dict[str, object]:
    """Clone, install and run the demo below an empty folder."""
    clone, home = folder / "clone", folder / "home"
    home.mkdir()
    # PIP_*: how this machine reaches its package index.
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_")) or name == "LANG"}
    environment = {**kept, "HOME": str(home), "PATH": os.environ["PATH"], "PIP_CACHE_DIR": str(folder / "cache")}
    run("git", "clone", "--quiet", str(ROOT), str(clone), environment=environment, cwd=folder)
    setup = run("make", "setup", f"PYTHON={sys.executable}", environment=environment, cwd=clone)
    venv, python = clone / ".venv", str(clone / ".venv" / "bin" / "python")
    demo = run("make", "demo", environment=environment, cwd=clone)
    figures: dict[str, object] = {
        "setup_seconds": setup[0],
        "setup_cpu_seconds": setup[1],
        "demo_seconds": demo[0],
        "demo_cpu_seconds": demo[1],
        "installed_mb": size(venv),
        "packages": sum(line[:1].isalnum() for line in (clone / "requirements.txt").open()),
        **download(python, "requirements.txt", folder / "runtime", environment, clone),
    }
    for extra in EXTRAS:
        before = size(venv)
        fetched = download(python, f"requirements-{extra}.txt", folder / extra, environment, clone)
        run("make", f"add-{extra}", environment=environment, cwd=clone)
        figures[extra] = {**fetched, "installed_mb": round(size(venv) - before, 1)}
    return figures


def main() -> None:
    """Print what it took."""
    with tempfile.TemporaryDirectory(prefix="algoagent-install-") as folder:
        figures = measure(Path(folder))
    print(f"make setup    {figures['setup_seconds']} s ({figures['setup_cpu_seconds']} s of one processor)")
    print(f"              {figures['packages']} packages, {figures['downloaded_mb']} MB downloaded", end=", ")
    print(f"{figures['installed_mb']} MB in .venv")
    print(f"make demo     {figures['demo_seconds']} s after that ({figures['demo_cpu_seconds']} s of one processor)")
    for extra in EXTRAS:
        added = figures[extra]
        assert isinstance(added, dict)
        print(f"add-{extra:9} {added['downloaded_mb']} MB downloaded, {added['installed_mb']} MB more in .venv")
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
