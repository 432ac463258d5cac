"""What has to be answered, in full."""

import httpx

CHALLENGE = 'Bearer error="invalid_token"'


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def says(answer: httpx.Response) -> tuple[int, object, str | None]:
    return answer.status_code, answer.json(), answer.headers.get("www-authenticate")


AUTHENTICATION_REQUIRED = (
    401,
    {"detail": "Authentication required", "code": "authentication_required"},
    "Bearer",
)
INVALID_TOKEN = (
    401,
    {"detail": "Could not validate credentials", "code": "invalid_token"},
    CHALLENGE,
)
TOKEN_EXPIRED = (
    401,
    {"detail": "Token expired. Please sign in again.", "code": "token_expired"},
    CHALLENGE,
)
ACCESS_DENIED = (403, {"detail": "Access denied", "code": "access_denied"}, None)
NOT_FOUND = (404, {"detail": "Not found", "code": "not_found"}, None)
