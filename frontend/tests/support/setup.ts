import "@testing-library/jest-dom/vitest";

import { cleanup } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";

import { network } from "./network";

// Before anything keeps the real one for itself, as authClient does.
globalThis.fetch = network.fetch;

beforeEach(() => network.reset());

afterEach(() => {
  cleanup();
  network.check();
});
