/**
 * How the SDK's clients are made: credentials from the function's environment, and one request per call.
 */

/** Lambda refreshes the variables of a function's role for each execution environment, long before they expire. */
function credentials() {
  return {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID!,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY!,
    sessionToken: process.env.AWS_SESSION_TOKEN,
  };
}

export function clientOptions(region: string) {
  // one request per call: retries are ours, because the ledger must know of every request that was sent (docs/adr/0006)
  return { region, credentials: async () => credentials(), maxAttempts: 1 };
}
