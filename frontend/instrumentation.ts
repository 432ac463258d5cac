/** Next calls this once, before it takes requests. */
export async function register(): Promise<void> {
  if (process.env.NEXT_RUNTIME === "nodejs") {
    const { stopUnlessBuiltForThis } = await import("./lib/build");
    stopUnlessBuiltForThis();
  }
}
