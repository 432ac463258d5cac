"use client";

import { useEffect, useState } from "react";

import { leaveFor, minutesAndSeconds } from "@/lib/utils";

const LIFE = 3600;
const WARNING = 120;

/**
 * Counts by the browser's clock how much is left of what the server's had left,
 * so that it does not matter whether the two agree. At the end the server is
 * asked again: it knows.
 */
export function TimeLeft({ seconds }: { seconds: number }) {
  const [left, setLeft] = useState<number>();

  useEffect(() => {
    const started = Date.now();
    let isLeaving = false;
    const tick = () => {
      const now = Math.max(0, seconds - Math.floor((Date.now() - started) / 1000));
      setLeft(now);
      if (now === 0 && !isLeaving) {
        isLeaving = true;
        leaveFor("/dashboard");
      }
    };
    tick();
    const timer = setInterval(tick, 1000);
    // Timers stop in the dark, and a page that the browser kept may be of before.
    document.addEventListener("visibilitychange", tick);
    window.addEventListener("pageshow", tick);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", tick);
      window.removeEventListener("pageshow", tick);
    };
  }, [seconds]);

  if (left === undefined) {
    return null;
  }
  return (
    <div className="countdown">
      <p>
        <span>Time left</span>{" "}
        <span id="countdown" role="timer" aria-live="off">
          {minutesAndSeconds(left)}
        </span>
      </p>
      <progress max={LIFE} value={left} aria-hidden="true" />
      <p className="soon" role="status">
        {left <= WARNING &&
          "Your pass expires in less than two minutes. After that you will be asked to sign in again."}
      </p>
    </div>
  );
}
