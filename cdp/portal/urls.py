"""The portal's pages."""

from django.urls import path

from cdp.portal import data, history, overview, permissions, reasons, scores, signin

app_name = "portal"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("signin/", signin.sign_in, name="signin"),
    path("enter/", signin.enter, name="enter"),
    path("signout/", signin.sign_out, name="signout"),
    path("permissions/", permissions.permissions, name="permissions"),
    path("permissions/stop/", permissions.stop_everything, name="stop"),
    path("permissions/restore/", permissions.restore, name="restore"),
    path("permissions/kind/<slug:name>/", permissions.switch_category, name="category"),
    path("permissions/<str:purpose>/", permissions.switch, name="permission"),
    path("reasons/", reasons.reasons, name="reasons"),
    path("reasons/<uuid:explanation_id>/", reasons.reason, name="reason"),
    path("history/", history.history, name="history"),
    path("history/<int:index>/proof/", history.proof, name="proof"),
    path("data/", data.data, name="data"),
    path("data/show/", data.reveal, name="reveal"),
    path("scores/", scores.scores, name="scores"),
]
