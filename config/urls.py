"""Every address of the product, by floor; webhooks are answered earlier, by `calls.middleware`."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from config import about, public
from config.csp_reports import receive_report
from config.health import healthz, readyz
from tenants.admin import site as platform_admin

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include("config.account_urls")),
    path(settings.ADMIN_PATH, platform_admin.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("privacy", public.show_privacy, name="privacy"),
    path("cookies", public.show_cookies, name="cookies"),
    path("security", public.show_security, name="security"),
    path("sub-processors", public.show_sub_processors, name="sub_processors"),
    path("about/", about.show_about, name="about"),
    path("status", public.show_status, name="status"),
    path(".well-known/security.txt", public.show_security_txt, name="security_txt"),
    path("csp-reports/", receive_report, name="csp_reports"),
    path("api/v1/", include("config.api_urls")),
    path("", include("tenants.urls")),
    path("", include("calls.urls")),
    path("", include("attribution.urls")),
]

handler400 = "config.errors.bad_request"
handler500 = "config.errors.server_error"
