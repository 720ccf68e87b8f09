/**
 * Small scenarios in which a simpler protocol fails: what is searched for W1 to W16 (docs/adr/0004).
 */
import { ACCOUNTS, type EventSpec, type Scenario, type Script } from './world';

const [A, B] = ACCOUNTS;
const create = (...accounts: string[]): EventSpec => ({ type: 'Create', accounts });
const update = (oldAccounts: string[], accounts: string[]): EventSpec => ({ type: 'Update', oldAccounts, accounts });
const remove = (...accounts: string[]): EventSpec => ({ type: 'Delete', accounts });

/** Create, then Delete, whatever the Create was answered. */
const createDelete =
  (...accounts: string[]): Script =>
    (history) =>
      [create(...accounts), remove(...accounts)][history.length] ?? 'done';
const createDeleteCreate =
  (account: string): Script =>
    (history) =>
      [create(account), remove(account), create(account)][history.length] ?? 'done';
/** Create, then an Update; when that fails or is given up, its rollback. */
const createUpdate =
  (from: string[], to: string[]): Script =>
    (history) => {
      if (history.length === 0) return create(...from);
      if (history[0].answer !== 'SUCCESS') return history.length === 1 ? remove(...from) : 'done';
      if (history.length === 1) return update(from, to);
      return history.length === 2 && history[1].answer !== 'SUCCESS' ? update(to, from) : 'done';
    };
/** The same, and the Update is rolled back though it succeeded: another resource failed. */
const createUpdateRollback =
  (from: string[], to: string[]): Script =>
    (history) => {
      if (history.length === 0) return create(...from);
      if (history[0].answer !== 'SUCCESS') return history.length === 1 ? remove(...from) : 'done';
      if (history.length === 1) return update(from, to);
      return history.length === 2 ? update(to, from) : 'done';
    };
const createUpdateDelete =
  (from: string[], to: string[]): Script =>
    (history) => {
      if (history.length === 0) return create(...from);
      if (history[0].answer !== 'SUCCESS') return history.length === 1 ? remove(...from) : 'done';
      if (history.length === 1) return update(from, to);
      if (history.length === 2) return history[1].answer === 'SUCCESS' ? remove(...to) : update(to, from);
      return 'done';
    };

export const SCENARIOS: readonly (Scenario & { readonly shows: string })[] = [
  { name: 'crash after a call', shows: 'W4 G6 F1 F2 D3', script: createDelete(A), crashes: 1 },
  { name: 'a copy and a crash', shows: 'W7 D2', script: createDelete(A), crashes: 1, duplicates: 1 },
  { name: 'stale reads at a redelivery', shows: 'W4 F8', script: createDelete(A), crashes: 1, staleReads: 2 },
  { name: 'stale reads at a Delete', shows: 'W5 F8', script: createDelete(A), staleReads: 3 },
  { name: 'a Delete races its Create', shows: 'W6 D5', script: createDelete(A), giveUps: 1 },
  { name: 'a late Create after its Delete', shows: 'W2 D4', script: createDelete(A), giveUps: 1, duplicates: 1 },
  {
    name: 'a late Create and a genuine second one',
    shows: 'W3',
    script: createDeleteCreate(A),
    giveUps: 1,
    duplicates: 1,
  },
  { name: 'an Update is redelivered', shows: 'W1 D8', script: createUpdate([A], [B]), duplicates: 1 },
  { name: 'a rollback races its Update', shows: 'W1 L7', script: createUpdate([A], [B]), giveUps: 1 },
  { name: 'a rollback with stale reads', shows: 'W5 L8 F8', script: createUpdateRollback([A], [B]), staleReads: 2 },
  {
    name: 'a call on the wire outlives its sender',
    shows: 'W6',
    script: createDelete(A),
    crashes: 1,
    giveUps: 1,
    wire: true,
  },
  { name: 'a broken connection after the effect', shows: 'W4 F3 R06', script: createDelete(A), resets: 2 },
  { name: 'a refused account', shows: 'W4 L5 R05', script: createDelete(A, B), refused: [B], crashes: 1 },
  {
    name: 'answers are recorded before they are sent',
    shows: 'W9 D1',
    script: createUpdateDelete([A], [B]),
    crashes: 1,
    duplicates: 1,
  },
  {
    name: 'a member from before',
    shows: 'G1 S7 R32',
    script: createUpdateDelete([A, B], [A]),
    members: [B],
    crashes: 1,
  },
  {
    name: 'somebody else adds the account',
    shows: 'W10 G1 L15',
    script: createDelete(A),
    thirdParty: 1,
    duplicates: 1,
    preemptions: 0,
  },
  { name: 'no time in the response URL', shows: 'W1 D8', script: createUpdate([A], [B]), duplicates: 1, url: 'none' },
  {
    name: 'the older form of the response URL',
    shows: 'W2 D4',
    script: createDelete(A),
    giveUps: 1,
    duplicates: 1,
    url: 'Expires',
  },
  { name: 'equal times', shows: 'W2 W1', script: createDelete(A), giveUps: 1, secondsApart: 0 },
  {
    name: 'one resource removes what another begins to want',
    shows: 'W8 L23',
    script: () => 'done',
    setUp: [{ type: 'Create', resource: 0, accounts: [A] }],
    atOnce: [
      { type: 'Delete', resource: 0, accounts: [A] },
      { type: 'Create', resource: 1, accounts: [A] },
    ],
  },
  {
    name: 'the same with a crash',
    shows: 'W8 W6 L23',
    script: () => 'done',
    setUp: [{ type: 'Create', resource: 0, accounts: [A] }],
    atOnce: [
      { type: 'Delete', resource: 0, accounts: [A] },
      { type: 'Create', resource: 1, accounts: [A] },
    ],
    crashes: 1,
    wire: true,
  },
  {
    name: 'two resources add one account',
    shows: 'W4 W8',
    script: () => 'done',
    atOnce: [
      { type: 'Create', resource: 0, accounts: [A] },
      { type: 'Create', resource: 1, accounts: [A] },
    ],
    crashes: 1,
  },
  {
    name: 'two resources give up one account',
    shows: 'W8 L23',
    script: () => 'done',
    setUp: [
      { type: 'Create', resource: 0, accounts: [A] },
      { type: 'Create', resource: 1, accounts: [A] },
    ],
    atOnce: [
      { type: 'Delete', resource: 0, accounts: [A] },
      { type: 'Delete', resource: 1, accounts: [A] },
    ],
  },
];
