import type { Clock } from './clock';
import { ConnectionReset, type Fault } from './core';

/** Names a fault for the journal. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'delay': return `delay ${fault.milliseconds} ms`;
    case 'error': return `${fault.error.code} ${fault.when}`;
    default: return `${fault.kind} ${fault.when}`;
  }
}

/** Runs `serve` as the fault orders. `garbage` concerns the encoded answer only, so it passes here. */
export async function underFault<T>(fault: Fault | undefined, clock: Clock, serve: () => Promise<T>): Promise<T> {
  if (fault === undefined || fault.kind === 'garbage') return serve();
  if (fault.kind === 'delay') {
    await clock.sleep(fault.milliseconds);
    return serve();
  }
  if (fault.when === 'after') {
    // the effect counts, whatever the service said of it
    await serve().catch(() => undefined);
  }
  switch (fault.kind) {
    case 'reset': throw new ConnectionReset('socket hang up');
    case 'hang': return new Promise<never>(() => undefined);
    case 'error': throw fault.error;
  }
}

/** The first half of an answer's body, as a connection that breaks in the middle leaves it. */
export function truncated(body: Uint8Array): Uint8Array {
  return body.length === 0 ? new TextEncoder().encode('{') : body.slice(0, Math.ceil(body.length / 2));
}
