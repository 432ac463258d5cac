import type { Metadata } from "next";
import Link from "next/link";

import { SignupForm } from "@/components/auth/SignupForm";
import { BRAND } from "@/components/ui/Pass";
import { returnPath, via } from "@/lib/return-path";

export const metadata: Metadata = { title: "Create your account" };

/** proxy.ts has led on whoever is signed in. */
export default async function SignUp({ searchParams }: PageProps<"/signup">) {
  const next = returnPath((await searchParams)["next"]);
  return (
    <>
      <h1>Create your account</h1>
      <p className="lead">It takes a minute, and opens everything at {BRAND}.</p>
      <SignupForm next={next} />
      <p className="aside">
        Already have an account?{" "}
        <Link href={via("/signin", next)} prefetch={false}>
          Sign in
        </Link>
      </p>
    </>
  );
}
