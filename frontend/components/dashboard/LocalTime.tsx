"use client";

import { useSyncExternalStore } from "react";

interface Props {
  /** ISO 8601. */
  at: string;
  id?: string;
  /** Without the time of day. */
  dayOnly?: boolean;
}

/** As it is written, and the clock is set, where the reader is; without script in UTC. */
export function LocalTime({ at, id, dayOnly = false }: Props) {
  const isHere = useSyncExternalStore(
    never,
    () => true,
    () => false,
  );
  const style: Intl.DateTimeFormatOptions = { dateStyle: "long" };
  if (!dayOnly) {
    style.timeStyle = "short";
  }
  const date = new Date(at);
  const text = isHere
    ? date.toLocaleString(navigator.language, style)
    : `${date.toLocaleString("en-GB", { ...style, timeZone: "UTC" })}${dayOnly ? "" : " UTC"}`;
  return (
    <time id={id} dateTime={at}>
      {text}
    </time>
  );
}

function never(): () => void {
  return () => {};
}
