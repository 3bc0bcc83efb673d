"""Backtests: metrics, a picture of equity and drawdown, trades and warnings."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from backtest_engine.research import pictures
from strategy_api.common.admin_display import FailureFilter, Record, link, number, percent, shown, table
from strategy_api.strategies import charts, equity_curves
from strategy_api.strategies.models import Execution
from strategy_api.strategies.selectors import HEAVY


@admin.register(Execution)
class ExecutionAdmin(Record):
    """Backtests with metrics, the equity curve, trades and warnings."""

    list_display = ["__str__", "strategy_page", "version_number", "status", "verdict", "path", "returned"]
    list_display += ["sharpe", "drawdown", "trade_count", "created_at"]
    list_filter = ["status", "verified", "path", "path_reason", "symbol", "interval", FailureFilter, "created_at"]
    list_select_related = ["strategy", "version"]
    search_fields = ["id", "strategy__name", "symbol", "dataset_fingerprint"]
    ordering = ["-created_at"]
    fields = readonly_fields = (
        "strategy_page",
        "version_page",
        "run_page",
        "status",
        "evidence_block",
        "verified",
        "path",
        "path_reason",
        "path_differences",
        "check_table",
        "data",
        "equity_picture",
        "metric_table",
        "warning_list",
        "trade_table",
        "error_text",
        "log",
        "broker",
        "parameters",
        "timings",
        "versions",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Execution]:
        """Leave the heavy columns where they are until a page needs them."""
        rows: QuerySet[Execution] = super().get_queryset(request).defer(*HEAVY)
        return rows

    @admin.display(description="return", ordering="return_pct")
    def returned(self, execution: Execution) -> str:
        """Return the return in percent, as people read it."""
        return percent(execution.return_pct, sign=True)

    @admin.display(description="Sharpe", ordering="sharpe_ratio")
    def sharpe(self, execution: Execution) -> str:
        """Return the Sharpe ratio."""
        return number(execution.sharpe_ratio)

    @admin.display(description="max. drawdown", ordering="max_drawdown_pct")
    def drawdown(self, execution: Execution) -> str:
        """Return the largest drawdown in percent."""
        return percent(execution.max_drawdown_pct)

    @admin.display(description="version")
    def version_number(self, execution: Execution) -> str:
        """Return the version's number."""
        return f"v{execution.version.number}"

    @admin.display(description="version")
    def version_page(self, execution: Execution) -> SafeString | str:
        """Return a link to the version."""
        return link(execution.version, f"v{execution.version.number}")

    @admin.display(description="run")
    def run_page(self, execution: Execution) -> SafeString | str:
        """Return a link to the run."""
        return link(execution.run)

    @admin.display(description="strategy")
    def strategy_page(self, execution: Execution) -> SafeString | str:
        """Return a link to the strategy."""
        return link(execution.strategy)

    @admin.display
    def data(self, execution: Execution) -> SafeString:
        """Return which bars it ran on."""
        return table(
            {
                "symbol": execution.symbol,
                "interval": execution.interval,
                "source": execution.source,
                "bars": execution.bars,
                "from": execution.first_bar_at,
                "to": execution.last_bar_at,
                "fingerprint": execution.dataset_fingerprint,
            }
        )

    @admin.display(description="equity and drawdown")
    def equity_picture(self, execution: Execution) -> SafeString:
        """Return the picture and the way to the interactive one."""
        address = reverse("execution-report", args=[execution.pk])
        picture = charts.equity(equity_curves.unpack(execution.equity))
        return format_html(
            '{}<p><a href="{}" target="_blank" rel="noopener">Interactive report</a></p>', picture, address
        )

    @admin.display(description="evidence")
    def evidence_block(self, execution: Execution) -> SafeString | str:
        """Return the verdict and what it rests on."""
        # Made of escaped texts alone.
        return mark_safe(pictures.evidence(execution.evidence)) or "–"  # noqa: S308

    @admin.display(description="evidence")
    def verdict(self, execution: Execution) -> str:
        """Return the verdict in words."""
        return pictures.VERDICTS[execution.evidence["verdict"]][1] if execution.evidence else "–"

    @admin.display(description="what was checked")
    def check_table(self, execution: Execution) -> SafeString | str:
        """Return each check with its scope."""
        if not execution.checks:
            return "–"
        rows = ((name, check["status"], check["scope"]) for name, check in execution.checks.items())
        body = format_html_join("", "<tr><th>{}</th><td>{}</td><td>{}</td></tr>", rows)
        return format_html('<table class="figures">{}</table>', body)

    @admin.display(description="metrics")
    def metric_table(self, execution: Execution) -> SafeString | str:
        """Return every metric."""
        return table(execution.metrics) if execution.metrics else "–"

    @admin.display(description="warnings")
    def warning_list(self, execution: Execution) -> SafeString | str:
        """Return the reasons to be careful."""
        rows = ((warning["code"], warning["message"]) for warning in execution.warnings)
        return (
            format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b> {}</li>", rows))
            if execution.warnings
            else "–"
        )

    @admin.display(description="trades")
    def trade_table(self, execution: Execution) -> SafeString | str:
        """Return the first hundred trades."""
        if not execution.trades:
            return "–"
        names = ["entry_time", "exit_time", "size", "entry_price", "exit_price", "pnl", "return_pct"]
        head = format_html_join("", "<th>{}</th>", ((name,) for name in names))
        rows = format_html_join(
            "",
            "<tr>{}</tr>",
            (
                (format_html_join("", "<td>{}</td>", ((shown(trade[name]),) for name in names)),)
                for trade in execution.trades[:100]
            ),
        )
        return format_html("<table><tr>{}</tr>{}</table>", head, rows)

    @admin.display(description="error")
    def error_text(self, execution: Execution) -> SafeString | str:
        """Return why the strategy failed."""
        return table(execution.error) if execution.error else "–"
