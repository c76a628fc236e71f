// CONDUCTOR_SERVER_URL=... node program.mjs: a line for every check; exit status 0 when all passed.

import { readFileSync } from "node:fs";

import { run } from "./checking.mjs";
import { Connection } from "./connection.mjs";
import { checks as definitions } from "./definitions.mjs";
import { checks as executions } from "./executions.mjs";
import { checks as scheduling } from "./scheduling.mjs";

const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url)));
console.log(`@io-orkes/conductor-javascript ${lock.packages["node_modules/@io-orkes/conductor-javascript"].version}`);
const failed = await run({ ...definitions, ...executions, ...scheduling }, await Connection.open());
process.exit(failed ? 1 : 0);
