import type { ReactNode } from "react";

/** That something went well, or came to its end. */
export function Notice({ children }: { children: ReactNode }) {
  return (
    <p className="notice" id="notice" role="status">
      {children}
    </p>
  );
}
