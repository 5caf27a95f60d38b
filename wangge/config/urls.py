"""Every address of the site, by door."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery
from allauth.mfa.totp import views as totp
from django.urls import URLPattern, URLResolver, include, path

from wangge.config import edge, health
from wangge.doors.api.urls import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", edge.home, name="home"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("language", edge.set_language, name="set_language"),
    path("account/login/", account.login, name="account_login"),
    path("account/logout/", account.logout, name="account_logout"),
    path("account/inactive/", account.account_inactive, name="account_inactive"),
    path("account/password/", account.password_change, name="account_change_password"),
    path("account/password/set/", account.password_set, name="account_set_password"),
    path("account/reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("account/2fa/", mfa.index, name="mfa_index"),
    path("account/2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("account/2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/2fa/totp/activate/", totp.activate_totp, name="mfa_activate_totp"),
    path("account/2fa/totp/deactivate/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/2fa/recovery-codes/", recovery.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/2fa/recovery-codes/new/", recovery.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("desk/files/", include("wangge.doors.files.urls")),
    path("desk/", include("wangge.doors.desk.urls")),
    path("field/", include("wangge.doors.field.urls")),
    path("p/", include("wangge.doors.portal.urls")),
    path("api/v1/", api.urls),
]

handler400 = "wangge.config.edge.bad_request"
handler403 = "wangge.config.edge.forbidden"
handler404 = "wangge.config.edge.not_found"
handler500 = "wangge.config.edge.server_error"
