"use client";

import { useEffect, useRef, useState } from "react";

import { Button } from "@/components/ui/Button";
import { apiJson, forgetToken } from "@/lib/api-client";
import { attempt } from "@/lib/attempt";
import { authClient } from "@/lib/auth";
import { TEXT } from "@/lib/messages";
import { isLeaving, leaveFor } from "@/lib/utils";

import { LocalTime } from "./LocalTime";
import { NameForm } from "./NameForm";

/** UserResponse of Hallpass's API. */
interface Me {
  id: string;
  email: string;
  name: string | null;
  created_at: string;
}

/** What the token does not say: the name by `useSession`, and more by the API. */
export function Account({ userId }: { userId: string }) {
  const { data, error, isPending, isRefetching, refetch } = authClient.useSession();
  const settled = !isPending && !isRefetching && !error;
  const signedIn = data?.user.id;

  const isUnderWay = useRef(false);
  useEffect(() => {
    // To sign out changes the session too, which must not begin it anew.
    if (settled && signedIn !== userId && !isUnderWay.current && !isLeaving()) {
      isUnderWay.current = true;
      void leaveForWhoIsHere(signedIn === undefined).then((hasLeft) => {
        isUnderWay.current = hasLeft;
      });
    }
  }, [settled, signedIn, userId]);

  if (!data) {
    return error ? (
      <Failure onRetry={() => void refetch()} />
    ) : (
      <p className="loading script-only" role="status">
        Loading your account…
      </p>
    );
  }
  return (
    <>
      <dl className="facts">
        {data.user.name && (
          <div>
            <dt>Issued to</dt>
            <dd>{data.user.name}</dd>
          </div>
        )}
        <MemberSince />
      </dl>
      <NameForm name={data.user.name} key={data.user.id} />
    </>
  );
}

/** Asked by a bearer token, as any other service would be. */
function MemberSince() {
  const [me, setMe] = useState<Me>();
  const [tries, setTries] = useState(1);
  const [failedTry, setFailedTry] = useState(0);

  useEffect(() => {
    let isWanted = true;
    apiJson<Me>("/api/v1/auth/me").then(
      (answer) => isWanted && setMe(answer),
      (error: unknown) => {
        console.warn(error);
        if (isWanted) {
          setFailedTry(tries);
        }
      },
    );
    return () => {
      isWanted = false;
    };
  }, [tries]);

  const hasFailed = failedTry === tries;
  return (
    <div>
      <dt>Member since</dt>
      <dd aria-busy={!me && !hasFailed}>
        {me && <LocalTime at={me.created_at} dayOnly />}
        {!me && hasFailed && <Failure onRetry={() => setTries(tries + 1)} />}
        {!me && !hasFailed && "…"}
      </dd>
    </div>
  );
}

function Failure({ onRetry }: { onRetry: () => void }) {
  return (
    <div className="failure" role="alert">
      <p>{TEXT.unavailable}</p>
      <Button type="button" look="quiet" onClick={onRetry}>
        Try again
      </Button>
    </div>
  );
}

/**
 * Somebody signed out or in by another tab, or the account is gone. Without a
 * session the cookie goes too: a token of an account that is no more would open
 * this page again and again.
 */
async function leaveForWhoIsHere(isNobody: boolean): Promise<boolean> {
  forgetToken();
  if (isNobody) {
    const problems = await attempt((fetchOptions) => authClient.signOut({ fetchOptions }));
    if (problems.length > 0) {
      return false;
    }
  }
  leaveFor("/dashboard");
  return true;
}
