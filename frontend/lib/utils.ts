/** The classes that apply. */
export function cx(...classes: (string | false | undefined)[]): string {
  return classes.filter(Boolean).join(" ");
}

let leaving = false;

/**
 * Leaves this document for another one of ours, and with it everything that is
 * kept in memory: the bearer token, and the router's copies of pages. The first
 * reason to leave is the one that counts: the others follow from it.
 */
export function leaveFor(path: string): void {
  if (!leaving) {
    leaving = true;
    window.addEventListener("pageshow", returned, { once: true });
    window.location.assign(path);
  }
}

export function isLeaving(): boolean {
  return leaving;
}

/** By the back button, to a page that the browser had kept as it was. */
function returned(): void {
  leaving = false;
}

/** Two digits each: `59:07`. */
export function minutesAndSeconds(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
