"use client";

import { useEffect, useRef } from "react";

import type { Problem } from "@/lib/messages";

/** All that is amiss, above a form: it takes the focus, and leads to the fields. */
export function Summary({ problems }: { problems: readonly Problem[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), [problems]);
  if (problems.length === 0) {
    return null;
  }
  return (
    <div
      className="summary"
      id="summary"
      role="alert"
      tabIndex={-1}
      autoFocus
      ref={box}
      aria-labelledby="summary-title"
    >
      <h2 id="summary-title">There is a problem</h2>
      <ul>
        {problems.map(({ field, text }) => (
          <li key={text}>{field ? <a href={`#${field}`}>{text}</a> : text}</li>
        ))}
      </ul>
    </div>
  );
}
