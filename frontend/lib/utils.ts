/** The classes that apply. */
export function cx(...classes: (string | false | undefined)[]): string {
  return classes.filter(Boolean).join(" ");
}

/**
 * Leaves this document for another one of ours, and with it everything that is
 * kept in memory: the bearer token, and the router's copies of pages.
 */
export function leaveFor(path: string): void {
  window.location.assign(path);
}

/** Two digits each: `59:07`. */
export function minutesAndSeconds(seconds: number): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
