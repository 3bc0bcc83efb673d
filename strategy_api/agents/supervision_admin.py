"""Supervisions for reviewers: every iteration with its diff, what was found and proposed, and the equity."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from strategy_api.agents.models import Supervision, SupervisionIteration
from strategy_api.common.admin_display import Record, link, table

_WIDTH, _HEIGHT = 640, 160


@admin.register(Supervision)
class SupervisionAdmin(Record):
    """Read only: what was tried is not changed afterwards."""

    list_display = ["__str__", "owner", "strategy_page", "symbol", "ending", "created_at"]
    list_filter = ["ending", "symbol", "created_at"]
    list_select_related = ["owner", "strategy", "run"]
    search_fields = ["id", "strategy__name", "symbol"]
    ordering = ["-created_at"]
    fields = readonly_fields = (
        "strategy_page",
        "run_page",
        "ending",
        "sentence",
        "about",
        "equity_picture",
        "iteration_list",
        "evidence_table",
        "picture_list",
        "request",
    )

    @admin.display(description="strategy")
    def strategy_page(self, supervision: Supervision) -> SafeString | str:
        """Return a link to the strategy."""
        return link(supervision.strategy) if supervision.strategy else "–"

    @admin.display(description="run")
    def run_page(self, supervision: Supervision) -> SafeString | str:
        """Return a link to the run."""
        return link(supervision.run) if supervision.run else "–"

    @admin.display(description="bars")
    def about(self, supervision: Supervision) -> SafeString:
        """Return which bars were used."""
        return table(
            {
                "symbol": supervision.symbol,
                "interval": supervision.interval,
                "sealed from": supervision.sealed_from,
                "fingerprint": supervision.dataset_fingerprint,
            }
        )

    @admin.display(description="equity against buying and holding")
    def equity_picture(self, supervision: Supervision) -> SafeString | str:
        """Return the account of the strategy as it stands, and that of holding, as lines."""
        rows: list[dict[str, Any]] = next((one["rows"] for one in supervision.insights if one["name"] == "equity"), [])
        if not rows:
            return "–"
        values = [row["equity"] for row in rows]
        low, high = min(values), max(values)
        lines = []
        for what, colour in (("buy and hold", "#999"), ("strategy", "#1f77b4")):
            curve = [row["equity"] for row in rows if row["what"] == what]
            step = _WIDTH / max(len(curve) - 1, 1)
            height = (high - low) or 1.0
            points = " ".join(
                f"{place * step:.1f},{_HEIGHT - (value - low) / height * _HEIGHT:.1f}"
                for place, value in enumerate(curve)
            )
            lines.append((points, colour))
        drawn = format_html_join("", '<polyline points="{}" fill="none" stroke="{}" stroke-width="1.5"/>', lines)
        return format_html(
            '<svg viewBox="0 0 {} {}" width="{}" role="img" aria-label="equity">{}</svg>'
            "<p>blue: strategy, grey: buy and hold</p>",
            _WIDTH,
            _HEIGHT,
            _WIDTH,
            drawn,
        )

    @admin.display(description="iterations")
    def iteration_list(self, supervision: Supervision) -> SafeString | str:
        """Return every iteration."""
        rows: list[tuple[SafeString]] = [(_iteration(row),) for row in supervision.iterations.order_by("number")]
        return format_html_join("", "{}", rows) if rows else "–"

    @admin.display(description="evidence")
    def evidence_table(self, supervision: Supervision) -> SafeString:
        """Return what the strategy was worth before and after."""
        shown = {"before": supervision.evidence_before, "after": supervision.evidence_after}
        return table({name: found["sentence"] if found else "–" for name, found in shown.items()})

    @admin.display(description="pictures that help")
    def picture_list(self, supervision: Supervision) -> SafeString | str:
        """Return the pictures by name, with the reason for each."""
        rows = ((one["title"], one["why"]) for one in supervision.insights)
        return format_html("<ul>{}</ul>", format_html_join("", "<li><b>{}</b>: {}</li>", rows))


def _iteration(row: SupervisionIteration) -> SafeString:
    change = row.change
    title = "as it came" if change is None else f"{change['kind']}: {change['words']}"
    findings = format_html_join(
        "", "<li><b>{}</b> ({}): {}</li>", ((one["code"], one["severity"], one["sentence"]) for one in row.findings)
    )
    proposals = format_html_join(
        "",
        "<li><b>{}</b>: {}. {}{}</li>",
        (
            (one["kind"], one["words"], one["reason"], " (alters what was said)" if one["changes_meaning"] else "")
            for one in row.proposals
        ),
    )
    shown = {name: value for name, value in row.metrics.items() if value is not None}
    diff = format_html("<pre>{}</pre>", change["diff"]) if change else ""
    kept = "" if row.kept is None else (" · kept" if row.kept else " · not kept")
    return format_html(
        "<h3>{}. {}{}</h3><p>{}</p>{}{}<p>found</p><ul>{}</ul><p>proposed</p><ul>{}</ul>",
        *(row.number, title, kept, row.why, diff, table(shown), findings, proposals),
    )
