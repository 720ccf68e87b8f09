/** The environment variables that the construct sets on the handler's function and the handler reads. */
export const ENVIRONMENT = {
  /** Name of the DynamoDB table that is the ledger. */
  ledgerTableName: 'LEDGER_TABLE_NAME',
} as const;
