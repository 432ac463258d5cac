import type { ComponentProps } from "react";

import { cx } from "@/lib/utils";

interface Props extends ComponentProps<"button"> {
  look?: "filled" | "quiet";
  /** What is going on, like `Signing in…`; the button then does nothing. */
  busy?: string | false;
}

/**
 * While it is busy it keeps its place and its focus: a disabled button would
 * lose both, and screen readers would not say what is going on.
 */
export function Button({
  look = "filled",
  busy = false,
  children,
  className,
  onClick,
  ...rest
}: Props) {
  return (
    <button
      {...rest}
      className={cx("button", look === "quiet" && "quiet", className)}
      aria-disabled={busy ? true : undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    >
      {busy ? (
        <span className="busy">
          <span className="spinner" aria-hidden="true" />
          <span role="status">{busy}</span>
        </span>
      ) : (
        children
      )}
    </button>
  );
}
