"""`make audit`: known vulnerabilities of what we depend on; where the data can't be reached, a line that says so."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PIP_AUDIT = Path(sys.executable).with_name("pip-audit")


def main() -> int:
    """Return 1 when something is known about what we run."""
    locks = [name for lock in sorted(ROOT.glob("requirements*.txt")) for name in ("--requirement", lock.name)]
    command = [str(PIP_AUDIT), *locks, "--require-hashes", "--disable-pip"]
    done = subprocess.run(
        [*command, "--format", "json", "--progress-spinner", "off", "--timeout", "10"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        print(f"audit skipped: pip-audit cannot reach its data ({reason[:200]})")
        return 0
    known = [(row["name"], row["version"], flaw["id"]) for row in dependencies for flaw in row.get("vulns", ())]
    for name, version, flaw in known:
        print(f"{name} {version}: {flaw}")
    print(f"audit: {len(dependencies)} dependencies, {len(known)} known vulnerabilities")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
