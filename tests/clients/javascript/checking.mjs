// Checks that print one line each, and waiting for what a server does.

import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

/** A name that no other check uses. */
export const fresh = (stem) => `${stem}_${randomBytes(5).toString("hex")}`;

/** The first truthy value of `probe`; an Error naming `what` after `seconds`. */
export async function until(probe, what, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(50);
  }
}

/** The message of a promise that has to be rejected. */
export async function refused(promise) {
  let answer;
  try {
    answer = await promise;
  } catch (error) {
    return String(error.message);
  }
  throw new Error(`expected an error, got ${JSON.stringify(answer)}`);
}

/** Run every check, print a line for each, and return how many failed. */
export async function run(checks, connection) {
  let failed = 0;
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(connection);
      console.log(`ok      ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}: ${error.message}`);
      console.error(error);
    }
  }
  return failed;
}
