// What differs in the answers to what no client sends.

import type { Accepted } from "../support/compare";

export const BY_HAND: Accepted[] = [];
