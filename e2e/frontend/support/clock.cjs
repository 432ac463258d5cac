// Loaded into Next's server before anything else: its clock stands still until a
// line on its standard input says which time it is, in milliseconds.
//
//   > clock 1800000000000
//   < clock 1800000000000

const { createInterface } = require("node:readline");

let now = Date.now();

globalThis.Date = new Proxy(Date, {
  construct: (date, given, target) =>
    Reflect.construct(date, given.length > 0 ? given : [now], target),
  get: (date, name) => (name === "now" ? () => now : Reflect.get(date, name)),
});

createInterface({ input: process.stdin }).on("line", (line) => {
  now = Number(line.replace(/^clock /, ""));
  process.stdout.write(`clock ${now}\n`);
});
