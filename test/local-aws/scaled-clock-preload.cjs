/**
 * Puts a function's process on the clock of `scaled-clock.ts` before its code is loaded.
 *
 * Time-outs inside Node.js itself, such as those of sockets, keep the machine's time.
 */
const [origin, factor] = process.env.LOCAL_AWS_CLOCK.split('/').map(Number);
const MachineDate = Date;
const machine = {
  performanceNow: performance.now.bind(performance),
  setTimeout,
  setInterval,
};

const now = () => Math.floor(origin + (MachineDate.now() - origin) * factor);

globalThis.Date = class Date extends MachineDate {
  constructor(...values) {
    super(...(values.length === 0 ? [now()] : values));
  }

  static now() {
    return now();
  }
};
performance.now = () => machine.performanceNow() * factor;
globalThis.setTimeout = (action, delay = 0, ...values) => machine.setTimeout(action, delay / factor, ...values);
globalThis.setInterval = (action, delay = 0, ...values) => machine.setInterval(action, delay / factor, ...values);
