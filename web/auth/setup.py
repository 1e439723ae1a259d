"""Sets up Flask-Security: the sign-in page and the page to change a password, nothing by mail, nobody registers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask, Response
from flask_security import MailUtil, Security
from flask_wtf.csrf import CSRFProtect
from passlib.exc import PasswordSizeError  # type: ignore[import-untyped]

from common.settings import Settings
from web.api.errors import answer_error
from web.auth.gate import register_gate
from web.auth.secret_key import read_secret_key
from web.auth.user_store import UserStore
from web.runtime import Runtime

#: Says nothing of which of the two was wrong, or whether there is such a person.
WRONG_SIGN_IN = "This email address and this password do not belong together."


class PlainAddress(MailUtil):
    """Reads the address of the sign-in form by the rule of `common.queries.accounts`; no mail is ever sent."""

    def normalize(self, email: str) -> str:
        """Run by Flask-Security: lower case, and something on both sides of the one `@`."""
        address = email.strip().lower()
        if address.count("@") != 1 or not all(address.split("@")):
            raise ValueError("not an email address")
        return address


def security_configuration(settings: Settings) -> dict[str, Any]:
    """Return the settings of Flask, Flask-WTF, Flask-Login and Flask-Security."""
    cookie = {"HTTPONLY": True, "SAMESITE": "Lax", "SECURE": settings.secure_cookies}
    return {
        "SECRET_KEY": read_secret_key(settings),
        **{f"SESSION_COOKIE_{name}": value for name, value in cookie.items()},
        **{f"REMEMBER_COOKIE_{name}": value for name, value in cookie.items()},
        "SESSION_COOKIE_NAME": "ollama_flow_session",
        "REMEMBER_COOKIE_NAME": "ollama_flow_remember",
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: pages stay open for days
        "WTF_CSRF_CHECK_DEFAULT": False,  # the gate asks, and not where a token came
        # Accounts keep plain argon2id hashes (`common.queries.accounts.hash_password`).
        "SECURITY_PASSWORD_HASH": "argon2",
        "SECURITY_PASSWORD_SCHEMES": ["argon2"],
        "SECURITY_DEPRECATED_PASSWORD_SCHEMES": [],
        "SECURITY_PASSWORD_SINGLE_HASH": ["argon2"],
        "SECURITY_PASSWORD_NORMALIZE_FORM": None,
        "SECURITY_FRESHNESS": dt.timedelta(seconds=-1),  # nothing asks for the password again
        "SECURITY_CACHE_CONTROL": None,  # `web.app` says it for all pages
        "SECURITY_CHANGEABLE": True,
        "SECURITY_SEND_PASSWORD_CHANGE_EMAIL": False,
        "SECURITY_RETURN_GENERIC_RESPONSES": True,
        "SECURITY_MSG_GENERIC_AUTHN_FAILED": (WRONG_SIGN_IN, "error"),
        "SECURITY_POST_LOGIN_VIEW": "/",
        "SECURITY_POST_LOGOUT_VIEW": "/login",
        "SECURITY_POST_CHANGE_VIEW": "/",
    }


def set_up_sign_in(app: Flask, runtime: Runtime) -> None:
    """Give `app` its sign-in and its gate."""
    app.config.update(security_configuration(runtime.settings))
    csrf = CSRFProtect(app)
    Security(app, UserStore(runtime.database), mail_util_cls=PlainAddress)
    # Programs sign in by our tokens alone, not by those that Flask-Security would hand out.
    app.login_manager.request_loader(lambda _request: None)  # type: ignore[attr-defined]  # Flask-Login adds it
    app.register_error_handler(PasswordSizeError, _refuse_password)
    register_gate(app, csrf)


def _refuse_password(error: PasswordSizeError) -> Response:
    return answer_error(400, "bad_request", f"A password has at most {error.max_size} characters.")
