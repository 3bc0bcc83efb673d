"""One run of a strategy and everything that is known about it afterwards."""

from dataclasses import dataclass, replace

from backtest_engine.diagnostics import Diagnosis, Finding, diagnose
from backtest_engine.domain import BacktestResult, BrokerSettings, Dataset, Limits, Notice
from backtest_engine.errors import StrategyError, StrategyRejected
from backtest_engine.ports import CancelSignal, Executor
from backtest_engine.repair.comparison import Comparison, compare
from backtest_engine.repair.readings import differs_in_definitions
from backtest_engine.scripts import execute_script
from backtest_engine.simulation.reporting import HARMLESS


@dataclass(frozen=True, kw_only=True)
class Testbed:
    """What strategies are tried on, and what they are compared with."""

    executor: Executor
    dataset: Dataset
    broker: BrokerSettings
    limits: Limits | None = None
    cancelled: CancelSignal | None = None
    intended: str | None = None
    expected: BacktestResult | None = None
    control: "Testbed | None" = None

    def run(self, code: str) -> BacktestResult:
        """Execute code; raises what the executor raises."""
        return execute_script(
            self.executor,
            code,
            dataset=self.dataset,
            broker=self.broker,
            limits=self.limits,
            cancelled=self.cancelled,
        )


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A strategy, what running it gave, and what is wrong with it.

    `compared` is None where there was nothing to compare with.
    """

    code: str
    diagnosis: Diagnosis
    result: BacktestResult | None = None
    error: StrategyError | None = None
    compared: Comparison | None = None

    @property
    def good(self) -> bool:
        """Whether it ran, nothing forbids believing it, and it trades as described where that is known."""
        return (
            self.result is not None
            and self.result.verified is not False
            and not self.diagnosis.blocking
            and (self.compared is None or self.compared.alike)
        )

    @property
    def left_out(self) -> bool:
        """Whether statements around the strategy were left out so that it could run."""
        return self.result is not None and any(item.code == "left_out" for item in self.result.warnings)

    @property
    def hostile(self) -> bool:
        """Whether it attacks its surroundings, so that it is refused and not repaired."""
        return self.diagnosis.hostile

    @property
    def trouble(self) -> str:
        """Say why it is not good."""
        if self.diagnosis.blocking:
            cause = self.diagnosis.blocking[0]
            where = f" (line {cause.line})" if cause.line else ""
            return f"{cause.message}{where}"
        if self.error is not None:
            return self.error.message
        if self.compared is not None and not self.compared.alike:
            return self.compared.difference
        doubts = [item for item in self.result.warnings if item.code not in HARMLESS] if self.result else []
        doubts = [item for item in doubts if item.details.get("severity", "error") not in ("note", "warning")]
        return f"{doubts[0].message} ({doubts[0].code})" if doubts else "Nothing is known against it."

    def shown(self, *notices: Notice) -> BacktestResult | None:
        """Return the result with everything worth knowing among its warnings."""
        if self.result is None:
            return None
        known = {(item.code, item.line) for item in self.result.warnings}
        found = [
            Notice(code=item.code, message=item.message, line=item.line, details=item.details)
            for item in self.diagnosis.findings
            if item.severity != "note" and (item.code, item.line) not in known
        ]
        return replace(self.result, warnings=(*self.result.warnings, *found, *notices))

    def refusal(self) -> StrategyError:
        """Return the error that says why it is not good."""
        cause = self.diagnosis.blocking[0] if self.diagnosis.blocking else None
        if cause is None:
            return self.error or StrategyRejected(
                f"The strategy could not be repaired: {self.trouble}", code="not_mended"
            )
        if self.error is not None and cause.code == self.error.code:
            return self.error
        details = {"family": cause.family, **(self.error.details if self.error else {}), **cause.details}
        return StrategyRejected(cause.message, code=cause.code, line=cause.line, hint=cause.hint, details=details)


def try_out(
    code: str, testbed: Testbed, *, error: StrategyError | None = None, result: BacktestResult | None = None
) -> Trial:
    """Run a strategy, unless what it gave is known or its code alone shows an attack, and say what is wrong with it."""
    if error is not None:
        return Trial(code=code, diagnosis=diagnose(code, error=error), error=error)
    looked = diagnose(code)
    if looked.hostile:
        return Trial(code=code, diagnosis=looked)
    try:
        result = result or testbed.run(code)
    except StrategyError as raised:
        return Trial(code=code, diagnosis=diagnose(code, error=raised), error=raised)
    compared = compare(result, testbed.expected) if testbed.expected is not None else None
    if compared is not None and compared.alike:
        compared = _on_other_bars(code, testbed) or compared
    if compared is None or compared.alike:
        return Trial(code=code, diagnosis=diagnose(code, result=result), result=result, compared=compared)
    meant = testbed.intended
    if meant is not None and _as_busy(result, testbed.expected) and differs_in_definitions(code, meant):
        return Trial(code=code, diagnosis=_defined_otherwise(code, result, compared), result=result, compared=None)
    diagnosis = diagnose(code, result=result, intended=testbed.intended)
    return Trial(code=code, diagnosis=_with_parting(diagnosis, compared), result=result, compared=compared)


def _on_other_bars(code: str, testbed: Testbed) -> Comparison | None:
    """Compare on bars that the strategy's author did not have in mind; None where the trades are alike there too."""
    if testbed.control is None or testbed.control.expected is None:
        return None
    try:
        compared = compare(testbed.control.run(code), testbed.control.expected)
    except StrategyError as error:
        return Comparison(difference=f"On longer data it stops with an error: {error.message}")
    if compared.alike:
        return None
    return replace(compared, difference=f"On longer data it trades otherwise than described. {compared.difference}")


def _as_busy(result: BacktestResult, expected: BacktestResult | None) -> bool:
    """Whether two runs trade about as often; another smoothing changes that a little, another scale altogether."""
    mine, meant = len(result.trades), len(expected.trades) if expected is not None else 0
    return bool(mine and meant) and 1 / _MOST_OFTEN <= mine / meant <= _MOST_OFTEN


_MOST_OFTEN = 4


def _defined_otherwise(code: str, result: BacktestResult, compared: Comparison) -> Diagnosis:
    found = diagnose(code, result=result)
    said = f"The rules are those of the description, and an indicator is defined otherwise. {compared.difference}"
    note = Finding(
        code="indicator_defined_otherwise",
        family="semantics",
        severity="warning",
        title="An indicator with another definition",
        message=said,
        hint="Compare the smoothing and the first values of the indicators.",
    )
    return Diagnosis(findings=(*found.findings, note))


def _with_parting(diagnosis: Diagnosis, compared: Comparison) -> Diagnosis:
    """Let the general finding say where the trades part."""
    findings = tuple(
        replace(item, message=f"{item.message} {compared.difference}", details={**item.details, "bar": compared.bar})
        if item.family == "semantics" and item.blocking
        else item
        for item in diagnosis.findings
    )
    return Diagnosis(findings=findings)
