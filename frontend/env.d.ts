declare namespace NodeJS {
  /** Written into the program by the build, and therefore never read by another name. */
  interface ProcessEnv {
    readonly NEXT_RUNTIME?: "nodejs" | "edge";
    readonly HALLPASS_URL_OF_BUILD?: string;
    readonly NEXT_PUBLIC_API_URL?: string;
  }
}
