import type { Metadata } from "next";
import Link from "next/link";
import { connection } from "next/server";

export const metadata: Metadata = { title: "There is no such page" };

export default async function NotFound() {
  // The policy's nonce is new for each request, so no page is made beforehand.
  await connection();
  return (
    <>
      <h1>There is no such page</h1>
      <p className="lead">The address is mistyped, or what was here is gone.</p>
      <div className="actions">
        <Link className="button" href="/" prefetch={false}>
          Back to the start
        </Link>
      </div>
    </>
  );
}
