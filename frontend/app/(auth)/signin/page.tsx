import type { Metadata } from "next";
import Link from "next/link";

import { SigninForm } from "@/components/auth/SigninForm";
import { Notice } from "@/components/ui/Notice";
import { BRAND } from "@/components/ui/Pass";
import { TEXT } from "@/lib/messages";
import { returnPath, via } from "@/lib/return-path";

export const metadata: Metadata = { title: "Sign in" };

/** proxy.ts has led on whoever is signed in. */
export default async function SignIn({ searchParams }: PageProps<"/signin">) {
  const { next: asked, reason } = await searchParams;
  const next = returnPath(asked);
  return (
    <>
      <h1>Sign in</h1>
      <p className="lead">Welcome back to {BRAND}.</p>
      {reason === "expired" && <Notice>{TEXT.expired}</Notice>}
      {reason === "signed-out" && <Notice>{TEXT.signedOut}</Notice>}
      <SigninForm next={next} />
      <p className="aside">
        New here?{" "}
        <Link href={via("/signup", next)} prefetch={false}>
          Create account
        </Link>
      </p>
    </>
  );
}
