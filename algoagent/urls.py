"""All addresses: the admin, the API, and what operators probe."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

handler400 = "strategy_api.common.error_views.bad_request"
handler403 = "strategy_api.common.error_views.forbidden"
handler404 = "strategy_api.common.error_views.not_found"
handler500 = "strategy_api.common.error_views.failed"

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs"), name="home"),
    path("admin/", admin.site.urls),
    path("", include("strategy_api.urls")),
]
