"""Strategies: what was written, how it reads, and a verdict with its reason."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from strategy_api.common import highlighting
from strategy_api.common.admin_display import ReadOnlyInline, link, tags
from strategy_api.strategies import services
from strategy_api.strategies.choices import StrategyStatus
from strategy_api.strategies.models import Execution, Review, Strategy, StrategyVersion
from strategy_api.strategies.reviews import review_strategy

MOST_TAGS, LONGEST_TAG = 20, 50
VERDICTS = [
    StrategyStatus.APPROVED,
    StrategyStatus.CHANGES_REQUESTED,
    StrategyStatus.IN_REVIEW,
    StrategyStatus.ARCHIVED,
]


class CommentedActionForm(ActionForm):
    """An action with a reason."""

    comment = forms.CharField(required=False, max_length=5_000, label="Comment:")


class VersionsInline(ReadOnlyInline):
    """A strategy's versions."""

    model = StrategyVersion
    fk_name = "strategy"
    fields = readonly_fields = (
        "page",
        "origin",
        "parent_number",
        "change",
        "created_at",
    )
    ordering = ["-number"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[StrategyVersion]:
        """Leave the code where it is."""
        rows: QuerySet[StrategyVersion] = super().get_queryset(request).select_related("parent", "strategy")
        return rows.defer("code", "spec", "parent__code", "parent__spec")

    @admin.display(description="version")
    def page(self, version: StrategyVersion) -> SafeString | str:
        """Return a link to the version."""
        return link(version, f"v{version.number}")

    @admin.display(description="parent")
    def parent_number(self, version: StrategyVersion) -> str:
        """Return the parent's number."""
        return f"v{version.parent.number}" if version.parent else "–"

    @admin.display(description="change")
    def change(self, version: StrategyVersion) -> SafeString:
        """Return a link to what it changed."""
        address = reverse("admin:strategies_strategyversion_compare", args=[version.pk])
        return format_html('<a href="{}">compare</a>', address)


class ReviewsInline(admin.TabularInline):
    """Verdicts so far, and room for one more."""

    model = Review
    fields = ["status", "comment", "version_number", "reviewer", "created_at"]
    readonly_fields = ["version_number", "reviewer", "created_at"]
    extra = 1
    max_num = 100
    can_delete = False
    verbose_name_plural = "verdicts"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        """Fetch who and on what in the same query."""
        rows: QuerySet[Review] = super().get_queryset(request).select_related("version", "reviewer")
        return rows.defer("version__code", "version__spec")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A verdict stays as it was given."""
        return False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who may change a strategy may judge it."""
        return bool(request.user.has_perm("strategies.change_strategy"))

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer what a reviewer can say."""
        if db_field.name == "status":
            kwargs["choices"] = [("", "–"), *((verdict.value, verdict.label) for verdict in VERDICTS)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @admin.display(description="version")
    def version_number(self, review: Review) -> str:
        """Return the version that it is on."""
        return f"v{review.version.number}" if review.version else "–"


class StrategyForm(forms.ModelForm):
    """Name and tags; tags are written with commas between them."""

    tags = forms.CharField(required=False, max_length=1_100, help_text="With commas between them.")

    class Meta:
        model = Strategy
        fields = ["name", "tags"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tags"] = ", ".join(self.instance.tags)

    def clean_tags(self) -> list[str]:
        """Return the words; refuse what the API refuses too."""
        words = [word.strip() for word in self.cleaned_data["tags"].split(",") if word.strip()]
        if len(words) > MOST_TAGS or any(len(word) > LONGEST_TAG for word in words):
            raise forms.ValidationError(f"At most {MOST_TAGS} tags, each of at most {LONGEST_TAG} characters.")
        return list(dict.fromkeys(words))


@admin.register(Strategy)
class StrategyAdmin(admin.ModelAdmin):
    """Strategies, to judge, archive and run again."""

    list_display = ["isolated_name", "owner", "status", "labels", "version_number", "execution_count", "created_at"]
    form = StrategyForm
    list_filter = ["status", "created_at", "current_version__origin"]
    search_fields = ["name", "description", "owner__username", "id"]
    list_select_related = ["owner", "current_version"]
    ordering = ["-created_at"]
    show_full_result_count = False
    readonly_fields = ["id", "owner", "status", "asked_for", "current_version_code", "explanation", "assumptions"]
    readonly_fields += ["created_at", "updated_at"]
    fields = ["name", "tags", *readonly_fields]
    inlines = [ReviewsInline, VersionsInline]
    actions = ["approve", "request_changes", "archive", "execute_again"]
    action_form = CommentedActionForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Strategies come from the API, which also makes their first version."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Strategy]:
        """Count executions of the rows on the page alone."""
        made = Execution.objects.filter(strategy=OuterRef("pk")).order_by().values("strategy").annotate(n=Count("pk"))
        count = Coalesce(Subquery(made.values("n"), output_field=IntegerField()), 0)
        rows: QuerySet[Strategy] = super().get_queryset(request).annotate(executions_made=count)
        return rows

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Give the verdicts that were filled in."""
        if formset.model is not Review:
            super().save_formset(request, form, formset, change)
            return
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for filled in formset.extra_forms:
            if filled.has_changed():
                said = filled.cleaned_data
                formset.new_objects.append(
                    review_strategy(
                        strategy=form.instance,
                        reviewer=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
                        status=said["status"],
                        comment=said.get("comment", ""),
                    )
                )

    @admin.display(description="name", ordering="name")
    def isolated_name(self, strategy: Strategy) -> SafeString:
        """Return the name, which may run from right to left."""
        return format_html("<bdi>{}</bdi>", strategy.name)

    @admin.display(description="tags")
    def labels(self, strategy: Strategy) -> SafeString:
        """Return the tags as labels."""
        return tags(strategy.tags)

    @admin.display(description="description")
    def asked_for(self, strategy: Strategy) -> SafeString | str:
        """Return the description, in its own direction, with what turns the direction showing."""
        return format_html('<bdi dir="auto">{}</bdi>', highlighting.visible(strategy.description) or "–")

    @admin.display(description="version")
    def version_number(self, strategy: Strategy) -> str:
        """Return the current version's number."""
        return f"v{strategy.current_version.number}" if strategy.current_version else "–"

    @admin.display(description="executions")
    def execution_count(self, strategy: Strategy) -> SafeString:
        """Return how often it ran, as a link to the runs."""
        address = reverse("admin:strategies_execution_changelist")
        count = strategy.executions_made  # type: ignore[attr-defined]  # annotated above
        return format_html('<a href="{}?strategy__id__exact={}">{}</a>', address, strategy.pk, count)

    @admin.display(description="code")
    def current_version_code(self, strategy: Strategy) -> SafeString | str:
        """Return the current version, highlighted."""
        return highlighting.code(strategy.current_version.code) if strategy.current_version else "–"

    @admin.display
    def explanation(self, strategy: Strategy) -> str:
        """Return what the code does, in words."""
        return (strategy.current_version and strategy.current_version.explanation) or "–"

    @admin.display
    def assumptions(self, strategy: Strategy) -> SafeString | str:
        """Return what was assumed when the description did not say."""
        version = strategy.current_version
        if version is None or not version.assumptions:
            return "–"
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((a,) for a in version.assumptions)))

    @admin.action(description="Approve", permissions=["change"])
    def approve(self, request: HttpRequest, chosen: QuerySet[Strategy]) -> None:
        """Say that it may be used."""
        self._judge(request, chosen, StrategyStatus.APPROVED)

    @admin.action(description="Request changes", permissions=["change"])
    def request_changes(self, request: HttpRequest, chosen: QuerySet[Strategy]) -> None:
        """Give it back to its owner, with the reason."""
        self._judge(request, chosen, StrategyStatus.CHANGES_REQUESTED)

    @admin.action(description="Archive", permissions=["change"])
    def archive(self, request: HttpRequest, chosen: QuerySet[Strategy]) -> None:
        """Put it away."""
        self._judge(request, chosen, StrategyStatus.ARCHIVED)

    def _judge(self, request: HttpRequest, chosen: QuerySet[Strategy], verdict: StrategyStatus) -> None:
        comment = request.POST.get("comment", "").strip()[:5_000]
        for strategy in chosen:
            review_strategy(
                strategy=strategy,
                reviewer=request.user,  # type: ignore[arg-type]  # the admin lets nobody else in
                status=verdict,
                comment=comment,
            )
            self.log_change(request, strategy, f"{verdict.label}. {comment}".strip())
        self.message_user(request, f"{verdict.label}: {len(chosen)}.", messages.SUCCESS)

    @admin.action(description="Execute again, as last time", permissions=["change"])
    def execute_again(self, request: HttpRequest, chosen: QuerySet[Strategy]) -> None:
        """Queue a backtest each, on the data of the latest one."""
        for strategy in chosen:
            services.execute_again(strategy=strategy)
            self.log_change(request, strategy, "Executed again.")
        self.message_user(request, f"{len(chosen)} queued.", messages.SUCCESS)
