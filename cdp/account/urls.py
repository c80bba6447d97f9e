"""The addresses at the operators' door."""

from django.urls import path

from cdp.account import confirm, signin

app_name = "account"
urlpatterns = [
    path("signin/", signin.sign_in, name="signin"),
    path("signout/", signin.sign_out, name="signout"),
    path("confirm/", confirm.confirm, name="confirm"),
    path("confirm/onward/", confirm.go_on, name="go_on"),
]
