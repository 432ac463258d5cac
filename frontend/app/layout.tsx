import type { Metadata, Viewport } from "next";
import type { ReactNode } from "react";

import { BRAND, Pass } from "@/components/ui/Pass";

import "./globals.css";

export const metadata: Metadata = {
  title: { default: `Welcome to ${BRAND}`, template: `%s · ${BRAND}` },
  description: `One sign-in for everything at ${BRAND}.`,
};

export const viewport: Viewport = { colorScheme: "light dark" };

export default function RootLayout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Pass>{children}</Pass>
      </body>
    </html>
  );
}
