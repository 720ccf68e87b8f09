/**
 * Client tokens: what makes a call that is repeated have its effect once.
 */
import type { Clock } from '../clock';
import { AwsError } from '../core';

export interface ClientTokensOptions {
  /** Milliseconds after the first call for which its token is remembered. */
  readonly lifetime: number;
  /** Milliseconds after the first call for which a repetition is told that the call is still under way. */
  inUseFor(): number;
  /** Whether the refusal of a first call is repeated; otherwise the call has left no trace. */
  keepsRefusals(): boolean;
  inUse(): AwsError;
  mismatch(): AwsError;
}

interface Remembered {
  readonly at: number;
  readonly parameters: string;
  readonly outcome: { readonly answer: unknown } | { readonly refusal: AwsError };
}

export class ClientTokens {
  private readonly remembered = new Map<string, Remembered>();

  constructor(private readonly clock: Clock, private readonly options: ClientTokensOptions) {}

  /** Serves the call, or repeats what came of it before. `parameters` is the call without its token, as text. */
  public once<T>(token: string, parameters: string, serve: () => T): T {
    const now = this.clock.now();
    const before = this.remembered.get(token);
    if (before !== undefined && now < before.at + this.options.lifetime) {
      if (before.parameters !== parameters) throw this.options.mismatch();
      if (now < before.at + this.options.inUseFor()) throw this.options.inUse();
      if ('refusal' in before.outcome) throw before.outcome.refusal;
      return before.outcome.answer as T;
    }
    try {
      const answer = serve();
      this.remembered.set(token, { at: now, parameters, outcome: { answer } });
      return answer;
    } catch (error) {
      if (!(error instanceof AwsError) || !this.options.keepsRefusals()) throw error;
      this.remembered.set(token, { at: now, parameters, outcome: { refusal: error } });
      throw error;
    }
  }
}
