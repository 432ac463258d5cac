// Loaded into Next's server before anything else.
//
// Its clock stands still until a line on its standard input says which time it
// is, in milliseconds:
//
//   > clock 1800000000000
//   < clock 1800000000000
//
// And the port that the build knows Hallpass by, which nothing can change after
// it, is that of the Hallpass of this test: `<the build's>:<the test's>`.

const { Socket } = require("node:net");
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

const [built, actual] = process.env.HALLPASS_E2E_PORTS.split(":").map(Number);
const { connect } = Socket.prototype;

Socket.prototype.connect = function (...given) {
  // Node itself hands on the options and the callback in one list.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (Number(options?.port) === built) {
    options.port = actual;
  }
  return connect.apply(this, given);
};
