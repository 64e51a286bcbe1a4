"""The addresses of tenancy."""

from django.urls import path

from tenants.views import audit, invitations, joining, keys, people, security, settings, switch

urlpatterns = [
    path("clinic/", switch.switch_clinic, name="switch_clinic"),
    path("settings/", settings.show_clinic, name="settings_clinic"),
    path("settings/change/", settings.change_clinic, name="settings_clinic_change"),
    path("settings/hours/", settings.show_hours, name="settings_hours"),
    path("settings/hours/change/", settings.change_hours, name="settings_hours_change"),
    path("settings/security/", security.show_security, name="settings_security"),
    path("settings/security/change/", security.change_security, name="settings_security_change"),
    path("support/end/", security.end_support, name="support_end"),
    path("settings/people/", people.show_people, name="settings_people"),
    path("settings/people/invite/", invitations.invite, name="invite"),
    path("settings/people/leave/", people.leave_clinic, name="leave_clinic"),
    path("settings/people/<uuid:user_id>/role/", people.change_role, name="change_role"),
    path("settings/people/<uuid:user_id>/remove/", people.remove_member, name="remove_member"),
    path("settings/people/invitations/<uuid:invitation_id>/again/", invitations.send_again, name="invitation_again"),
    path("settings/people/invitations/<uuid:invitation_id>/withdraw/", invitations.withdraw, name="invitation_end"),
    path("settings/keys/", keys.show_keys, name="settings_keys"),
    path("settings/keys/make/", keys.make_key, name="make_key"),
    path("settings/keys/<uuid:key_id>/revoke/", keys.revoke_key, name="revoke_key"),
    path("settings/audit/", audit.show_trail, name="settings_audit"),
    path("settings/audit/export/", audit.export_trail, name="audit_export"),
    path("settings/audit/proof/", audit.take_proof, name="audit_proof"),
    path("invitations/", joining.show_invitation, name="invitation"),
    path("invitations/fresh/", joining.ask_for_link, name="invitation_fresh"),
    path("invitations/sent/", joining.show_sent, name="invitation_sent"),
    path("invitations/sign-out/", joining.sign_out, name="invitation_sign_out"),
    path("invitations/<str:token>/", joining.open_link, name="invitation_link"),
]
