import type { Metadata } from "next";
import { redirect } from "next/navigation";

import { SignoutButton } from "@/components/auth/SignoutButton";
import { Account } from "@/components/dashboard/Account";
import { LocalTime } from "@/components/dashboard/LocalTime";
import { TimeLeft } from "@/components/dashboard/TimeLeft";
import { currentSession } from "@/lib/session";

export const metadata: Metadata = { title: "Your pass" };

/** Address and end are what the token says, verified here; the rest is asked for live. */
export default async function Dashboard() {
  const session = await currentSession();
  if (!session) {
    redirect("/signin?reason=expired");
  }
  return (
    <>
      <h1>Your pass</h1>
      <dl className="facts">
        <div>
          <dt>Email address</dt>
          <dd>{session.email}</dd>
        </div>
        <div>
          <dt>Valid until</dt>
          <dd>
            <LocalTime at={session.expiresAt.toISOString()} id="expires" />
          </dd>
        </div>
      </dl>
      <TimeLeft seconds={session.secondsLeft} key={session.expiresAt.getTime()} />
      <Account userId={session.userId} />
      <noscript>
        <p className="aside">
          With script on, this page also shows your name and lets you change it.
        </p>
      </noscript>
      <SignoutButton />
    </>
  );
}
