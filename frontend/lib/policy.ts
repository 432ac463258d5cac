// The content security policy of a page.

/**
 * Scripts run that the server has put into this very answer, and those that
 * they load. In development, React and Next's tools evaluate text as code and
 * write styles into the page.
 */
export function contentSecurityPolicy(nonce: string, apiUrl: string, mode: string): string {
  const isDevelopment = mode === "development";
  return [
    "default-src 'none'",
    `script-src 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ""}`,
    `style-src 'self'${isDevelopment ? " 'unsafe-inline'" : ""}`,
    "img-src 'self'",
    "font-src 'self'",
    `connect-src 'self'${apiUrl ? ` ${apiUrl}` : ""}`,
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}
