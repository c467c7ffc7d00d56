// @ts-check
/** What this browser remembers for alerts. */

import { isText } from "../core/stored.js";
import { remembered } from "./preferences.js";

/** The author of the last silence, where it is not the name of the key. */
export const silenceAuthor = remembered("silenceAuthor", "", isText);
