"""How values look in the admin; all of it escaped, names kept from turning their neighbours round."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def link(instance: Any, text: str | None = None) -> SafeString | str:
    """Return a link to an object's page in the admin."""
    if instance is None:
        return "–"
    address = reverse(f"admin:{instance._meta.app_label}_{instance._meta.model_name}_change", args=[instance.pk])
    return format_html('<a href="{}"><bdi>{}</bdi></a>', address, text or str(instance))


def subject_link(model_name: str, pk: Any, text: str) -> SafeString | str:
    """Return a link to an object that is known by the name of its model and its id."""
    for model, _ in admin.site._registry.items():
        if model._meta.model_name == model_name:
            address = reverse(f"admin:{model._meta.app_label}_{model_name}_change", args=[pk])
            return format_html('<a href="{}"><bdi>{}</bdi></a>', address, text)
    return "–"


def table(rows: dict[str, Any]) -> SafeString:
    """Return names and values as a small table."""
    body = format_html_join("", "<tr><th>{}</th><td>{}</td></tr>", ((name, shown(rows[name])) for name in rows))
    return format_html('<table class="figures">{}</table>', body)


def shown(value: Any) -> str:
    """Return a value as people read it."""
    if isinstance(value, float):
        return f"{value:,.4f}"
    return "–" if value is None else str(value)


def number(value: float | None) -> str:
    """Return a figure with two decimals."""
    return "–" if value is None else f"{value:,.2f}"


def percent(value: float | None, *, sign: bool = False) -> str:
    """Return a share in percent with two decimals."""
    return "–" if value is None else f"{value:{'+' if sign else ''},.2f} %"


def tags(words: list[str]) -> SafeString:
    """Return words as small labels."""
    return format_html_join("", '<span class="tag"><bdi>{}</bdi></span>', ((word,) for word in words))


class Record(admin.ModelAdmin):
    """History is looked at, not edited; and counted once a page at most, since there is much of it."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only runs make records."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Records stay as they were written."""
        return False


class ReadOnlyInline(admin.TabularInline):
    """Rows that others write."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nothing is changed here."""
        return False


class FailureFilter(admin.SimpleListFilter):
    """By what went wrong."""

    title = "failure"
    parameter_name = "failure"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the codes that occur, from the index of failures alone."""
        failed = model_admin.model.objects.exclude(error_code="").order_by("error_code")
        return [(code, code) for code in failed.values_list("error_code", flat=True).distinct()[:100]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Narrow down."""
        return queryset.filter(error_code=self.value()) if self.value() else queryset
