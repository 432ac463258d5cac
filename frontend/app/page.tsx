import Link from "next/link";

import { BRAND } from "@/components/ui/Pass";
import { currentSession } from "@/lib/session";

export default async function Home() {
  const session = await currentSession();
  return (
    <>
      <h1>Welcome to {BRAND}</h1>
      <p className="lead">One sign-in for everything at {BRAND}.</p>
      <ol className="steps">
        <li>Sign in with your email address and password.</li>
        <li>You get a pass that every service here accepts.</li>
        <li>After an hour it expires by itself, and you are asked again.</li>
      </ol>
      <div className="actions">
        {session ? (
          <Link className="button" href="/dashboard" prefetch={false}>
            Go to your pass
          </Link>
        ) : (
          <>
            <Link className="button" href="/signin" prefetch={false}>
              Sign in
            </Link>
            <Link className="button quiet" href="/signup" prefetch={false}>
              Create account
            </Link>
          </>
        )}
      </div>
    </>
  );
}
