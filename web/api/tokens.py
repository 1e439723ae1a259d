"""API tokens: one's own, for programs."""

from __future__ import annotations

from flask import Response
from pydantic import BaseModel

from common.models import ApiToken
from common.queries import accounts
from web.api.account_schemas import SecretAnswer, TokensAnswer, TokenView
from web.api.blueprint import answer, create_blueprint
from web.api.inputs import CreateToken
from web.api.schemas import ErrorAnswer
from web.auth.identity import asker
from web.runtime import current_runtime

blueprint = create_blueprint("tokens", "One's own keys for programs.", "/api/tokens")


class TokenPath(BaseModel):
    """The id of a token in an address."""

    token_id: str


@blueprint.get("", responses={200: TokensAnswer})
def list_tokens() -> Response:
    """List one's own tokens, newest first, without their secrets."""
    with current_runtime().database.read() as db:
        tokens = [_view(token) for token in accounts.list_tokens(db, asker().email)]
    return answer(TokensAnswer(tokens=tokens))


@blueprint.post("", responses={201: SecretAnswer, **dict.fromkeys((413, 415), ErrorAnswer)})
def create_token(body: CreateToken) -> Response:
    """Make a token; its secret is in this answer and nowhere else."""
    with current_runtime().database.write() as db:
        secret = accounts.create_token(db, asker().email, body.name)
    return answer(SecretAnswer(secret=secret), 201)


@blueprint.delete("/<token_id>", responses={204: None})
def revoke_token(path: TokenPath) -> Response:
    """Revoke one's own token; it stops working at once."""
    with current_runtime().database.write() as db:
        accounts.revoke_token(db, path.token_id, owner=asker())
    return Response(status=204)


def _view(token: ApiToken) -> TokenView:
    return TokenView(id=token.id, name=token.name, created_at=token.created_at, last_used_at=token.last_used_at)
