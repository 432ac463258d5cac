import { readSettings } from "./lib/settings";

/** Next calls this once, before it takes requests; an error thrown here would not stop it. */
export function register(): void {
  const { hallpassUrl } = readSettings(process.env);
  const built = process.env.HALLPASS_URL_OF_BUILD;
  if (built !== hallpassUrl) {
    console.error(
      `This build forwards /api to ${built}, and HALLPASS_URL is ${hallpassUrl}. ` +
        "Build again with the HALLPASS_URL that it is to run with.",
    );
    process.exit(1);
  }
}
