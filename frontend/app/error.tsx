"use client";

import { Button } from "@/components/ui/Button";

/** The cause is in the server's log, under the digest. */
export default function Failed({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <>
      <h1>Something went wrong on our side</h1>
      <p className="lead">It is not your fault, and it is in our log. Please try again.</p>
      <div className="actions">
        <Button type="button" onClick={reset}>
          Try again
        </Button>
      </div>
      {error.digest && (
        <p className="aside">
          If you report this, quote <code>{error.digest}</code>.
        </p>
      )}
    </>
  );
}
