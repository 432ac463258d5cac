// What a Better Auth server has of itself, and Hallpass has not yet.

import type { Accepted } from "../support/compare";
import { ABSENT, type Json } from "../support/json";

/** What upstream answers by default, where Hallpass has no such path yet. */
function notYet(
  step: string,
  status: number,
  body: Json,
  more: Accepted["differences"] = {},
): Accepted {
  return {
    why: "Not yet: an empty 404, as upstream answers for what is not set up.",
    steps: [`others: ${step}`],
    differences: {
      "1.status": [status, 404],
      "1.headers.content-type": ["application/json", ABSENT],
      "1.body": [body, ""],
      ...more,
    },
  };
}

function refusal(code: string, message: string): Json {
  return { code, message };
}

function redirected(step: string, location: string): Accepted {
  const accepted = notYet(step, 302, "", { "1.headers.location": [location, ABSENT] });
  delete accepted.differences["1.body"];
  return accepted;
}

const NO_ACCOUNT = refusal("ACCOUNT_NOT_FOUND", "Account not found");
const NO_PROVIDER = refusal("PROVIDER_NOT_FOUND", "Provider not found");
const NO_TOKEN = refusal("INVALID_TOKEN", "Invalid token");

export const NOT_YET: Accepted[] = [
  notYet("GET /account-info?accountId=x", 400, NO_ACCOUNT),
  redirected("GET /callback/github?code=x", "<origin>/api/auth/error?error=state_not_found"),
  notYet("GET /delete-user/callback?token=x", 404, refusal("NOT_FOUND", "Not found")),
  {
    why: "Not yet: an empty 404, as upstream answers for what is not set up.",
    steps: ["others: POST /delete-user"],
    differences: { "1.headers.content-type": ["application/json", ABSENT] },
  },
  notYet("GET /list-accounts", 200, [
    {
      id: "<id>",
      providerId: "credential",
      accountId: "<id of ann>",
      userId: "<id of ann>",
      createdAt: "<time>",
      updatedAt: "<time>",
      scopes: [],
    },
  ]),
  redirected("GET /reset-password/x?callbackURL=%2F", "<origin>/?error=INVALID_TOKEN"),
  notYet("GET /verify-email?token=x", 401, NO_TOKEN, {
    "1.headers.www-authenticate": [ABSENT, ABSENT],
  }),
  notYet("POST /change-email", 400, refusal("CHANGE_EMAIL_DISABLED", "Change email is disabled")),
  notYet("POST /change-password", 400, refusal("INVALID_PASSWORD", "Invalid password")),
  notYet("POST /get-access-token", 400, NO_ACCOUNT),
  notYet("POST /link-social", 404, NO_PROVIDER),
  notYet("POST /refresh-token", 400, NO_ACCOUNT),
  notYet(
    "POST /request-password-reset",
    400,
    refusal("RESET_PASSWORD_DISABLED", "Reset password isn't enabled"),
  ),
  notYet("POST /reset-password", 400, NO_TOKEN),
  notYet(
    "POST /send-verification-email",
    400,
    refusal("VERIFICATION_EMAIL_NOT_ENABLED", "Verification email isn't enabled"),
  ),
  notYet("POST /sign-in/social", 404, NO_PROVIDER),
  notYet(
    "POST /unlink-account",
    400,
    refusal("FAILED_TO_UNLINK_LAST_ACCOUNT", "You can't unlink your last account"),
  ),
  notYet("POST /update-session", 400, { message: "No fields to update" }),
  notYet("POST /verify-password", 200, { status: true }),
];
