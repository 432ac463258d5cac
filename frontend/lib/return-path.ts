// Where a person goes after signing in.

export const DASHBOARD = "/dashboard";

const MAX_LENGTH = 1024;

/** Segments that are neither empty nor dots, of characters that mean the same everywhere. */
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+,;=:@-]+)+\/?$/;
const PLAIN_QUERY = /^[\w.~!$&'()*+,;=:@/?%-]*$/;

/**
 * A path of this very site, or the dashboard. Whoever could name another site
 * here would send people from our own page to a copy of it (CWE-601), so this
 * is a list of what is allowed: browsers and servers disagree about the rest.
 */
export function returnPath(asked: unknown): string {
  if (typeof asked !== "string" || asked.length > MAX_LENGTH) {
    return DASHBOARD;
  }
  const [path = "", query = ""] = splitOnce(asked, "?");
  return PLAIN_PATH.test(path) && PLAIN_QUERY.test(query) ? asked : DASHBOARD;
}

/** A page of ours that leads on to `target`; the dashboard goes without saying. */
export function via(page: string, target: string, reason?: "expired"): string {
  const query = new URLSearchParams();
  if (reason) {
    query.set("reason", reason);
  }
  if (target !== DASHBOARD) {
    query.set("next", target);
  }
  return query.size > 0 ? `${page}?${query}` : page;
}

function splitOnce(text: string, sign: string): string[] {
  const at = text.indexOf(sign);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
