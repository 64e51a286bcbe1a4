"""Every address of the product, by floor; webhooks are answered earlier, by `calls.middleware`."""

from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz
from tenants.admin import site as platform_admin

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("allauth.account.urls")),
    path("admin/", platform_admin.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/v1/", include("config.api_urls")),
    path("", include("tenants.urls")),
    path("", include("calls.urls")),
    path("", include("attribution.urls")),
]
