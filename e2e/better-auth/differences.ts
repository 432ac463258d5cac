// Where Hallpass answers otherwise than Better Auth, on purpose, and why.
//
// The values are compared exactly, after ids, times and tokens were replaced by
// words. What is not here fails the test, and so does what is here in vain.

import { OF_CLIENT } from "./differences/by-client";
import { BY_HAND } from "./differences/by-hand";
import { EVERYWHERE } from "./differences/everywhere";
import { NOT_YET } from "./differences/not-yet";
import { OF_PATHS } from "./differences/paths";

export const DIFFERENCES = [...EVERYWHERE, ...OF_CLIENT, ...BY_HAND, ...OF_PATHS, ...NOT_YET];
