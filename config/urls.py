"""Every address of the product, by floor; webhooks are answered earlier, by `calls.middleware`."""

from allauth.account import urls as account
from django.urls import URLPattern, URLResolver, include, path

from config.health import healthz, readyz
from tenants.admin import site as platform_admin

# Of allauth's pages those that have a use here: nobody adds e-mail addresses, and sign-up says that it is closed.
ACCOUNT_PAGES = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_change_password",
    "account_set_password",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_reauthenticate",
}

urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", include([page for page in account.urlpatterns if page.name in ACCOUNT_PAGES])),
    path("admin/", platform_admin.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("api/v1/", include("config.api_urls")),
    path("", include("tenants.urls")),
    path("", include("calls.urls")),
    path("", include("attribution.urls")),
]
