"""A study as one self-contained page: the verdict first, then its pictures."""

from html import escape
from typing import Any

from backtest_engine.research import pictures
from strategy_api.research.models import Study


def study_page(study: Study) -> str:
    """Return the page; it needs nothing from anywhere and runs no script."""
    title = f"{study.strategy.name}: {study.kind.replace('_', ' ')}"
    about = f"version {study.version} on {study.symbol} {study.interval}".strip()
    return (
        f"<!doctype html><html lang='en'><head><meta charset='utf-8'><title>{escape(title)}</title>"
        f"<style>body{{margin:16px;font-family:system-ui,sans-serif}}{pictures.STYLE}</style></head><body>"
        f"<h1 style='font:600 22px system-ui;margin:8px 0 0'><bdi>{escape(title)}</bdi></h1>"
        f"<p style='font:14px system-ui;color:#5b6472;margin:2px 0 12px'>{escape(about)}</p>{body(study)}</body></html>"
    )


def body(study: Study) -> str:
    """Return the evidence and the pictures of a study."""
    result: dict[str, Any] | None = study.result
    if not result:
        return "<p>There is no result yet.</p>"
    parts = [pictures.evidence((result.get("best") or {}).get("evidence"))]
    parts += [f"<p>{escape(str(result[name]))}</p>" for name in ("sentence", "seal") if result.get(name)]
    parts += [pictures.heat_map(picture) for picture in result.get("heat_maps", ())]
    if result.get("windows"):
        parts.append(pictures.windows(result["windows"], result.get("equity", ())))
    if result.get("readings"):
        rows = [(row["sentence"], row["return_pct"], row["used"]) for row in result["readings"]]
        parts.append(pictures.strips(rows, "Return of each reading in percent"))
    if result.get("costs"):
        rows = [(f"costs × {row['times']:g}", row["return_pct"], row["times"] == 1) for row in result["costs"]]
        parts.append(pictures.strips(rows, "Return at other costs in percent"))
    if result.get("years"):
        rows = [(str(row["year"]), row["return_pct"], False) for row in result["years"]]
        parts.append(pictures.strips(rows, "Return of each year in percent"))
    if result.get("symbols"):
        rows = [(f"{row['symbol']} {row['interval']}", row["return_pct"], False) for row in result["symbols"]]
        parts.append(pictures.strips(rows, "Return of each market in percent"))
    return "".join(parts)
