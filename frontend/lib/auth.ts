import { jwtClient } from "better-auth/client/plugins";
import { createAuthClient } from "better-auth/react";

/** Talks to `/api/auth` on the page's own origin; next.config.ts forwards that to Hallpass. */
export const authClient = createAuthClient({ plugins: [jwtClient()] });
