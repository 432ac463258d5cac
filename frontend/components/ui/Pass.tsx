import Link from "next/link";
import type { ReactNode } from "react";

export const BRAND = "Hallpass";

/** The paper pass that every page is printed on. */
export function Pass({ children }: { children: ReactNode }) {
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <div className="pass">
        <header className="stub">
          <span className="hole" />
          <span className="notch" />
          <span className="notch" />
          <Link className="brand" href="/" prefetch={false}>
            <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
              <path d="M6 2h20a4 4 0 0 1 4 4v5a4.5 4.5 0 0 0 0 9v6a4 4 0 0 1-4 4H6a4 4 0 0 1-4-4v-6a4.5 4.5 0 0 0 0-9V6a4 4 0 0 1 4-4Z" />
              <path className="tick" d="m10 16.2 4.2 4.3L22.5 11" />
            </svg>
            <span>{BRAND}</span>
          </Link>
        </header>
        <main id="main" tabIndex={-1}>
          {children}
        </main>
      </div>
    </>
  );
}
