"""The reviewers' desk: what was written, how it ran, and a verdict."""

from django.contrib import admin

# Each registers its pages.
from strategy_api import admin_models as admin_models
from strategy_api.admin import accounts as accounts
from strategy_api.admin import executions as executions
from strategy_api.admin import runs as runs
from strategy_api.admin import strategies as strategies
from strategy_api.admin import versions as versions

admin.site.site_header = "AlgoAgent"
admin.site.site_title = "AlgoAgent"
admin.site.index_title = "Review"
