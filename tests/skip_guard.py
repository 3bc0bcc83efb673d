"""CI is not green by skipping: what is skipped without an excuse fails the run."""

import os

import pytest

# Tests that CI may skip: the beginning of their node id, and why. Whatever else they skip fails the run.
EXCUSED: dict[str, str] = {}


class SkipGuard:
    """Fails a run in which a test was skipped that nobody excused."""

    def __init__(self) -> None:
        self._skipped: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Notice a skipped test; an expected failure is reported as skipped, too."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._notice(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Notice a module that skips itself."""
        if report.skipped:
            self._notice(report)

    def _notice(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.nodeid.startswith(tuple(EXCUSED)):
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            self._skipped[report.nodeid] = reason

    # After pytest's own, which sets the status of an interrupted or empty run.
    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn the run red."""
        if self._skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name the tests and what they lacked."""
        if self._skipped:
            terminalreporter.section("skipped without an excuse", red=True)
            for test, reason in self._skipped.items():
                terminalreporter.line(f"{test}: {reason}")


def guard_skips(config: pytest.Config) -> None:
    """Watch over the run if it is CI's."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        config.pluginmanager.register(SkipGuard())
