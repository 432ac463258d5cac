import { readSettings } from "./settings";

/**
 * Next writes the addresses of its rewrites into the build: with another one in
 * the settings, browsers and this server would talk to two different Hallpasses.
 */
export function stopUnlessBuiltForThis(): void {
  const { hallpassUrl } = readSettings(process.env);
  const built = process.env.HALLPASS_URL_OF_BUILD;
  if (built !== hallpassUrl) {
    console.error(
      `This build forwards /api to ${built}, and HALLPASS_URL is ${hallpassUrl}. ` +
        "Build again with the HALLPASS_URL that it is to run with.",
    );
    // Thrown, Next would log it and answer every request with an error.
    process.exit(1);
  }
}
